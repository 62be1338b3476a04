"""Receipts, the contact ledger and pauses, on the real database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, select, update

from outreach.care import commands as care
from outreach.consent import commands as consent
from outreach.patients import commands as patients
from outreach.patients import queries as people
from outreach.policy import commands, models, queries, rules
from outreach.staff import models as staff
from outreach.why.receipts import explain
from tests.consent.make import House, house
from tests.patients import make


@pytest.fixture
def home(uow) -> House:
    built = house(uow)
    patients.update(uow, patient_id=built.patient_id, zone="America/New_York", us_state="NY")
    return built


def facts(home: House, **asked) -> rules.Facts:
    known = {
        "phone_id": home.phone_id,
        "sender_id": home.sender_id,
        "team_id": home.team_id,
        "patient_id": home.patient_id,
    }
    return queries.facts_for(home.uow, **{**known, "purpose": "care", "kind": "program", **asked})


def decide(home: House, subject_id, **asked) -> commands.StoredDecision:
    return commands.decide(
        home.uow,
        subject_kind="touchpoint",
        subject_id=subject_id,
        phone_id=home.phone_id,
        facts=facts(home, **asked),
    )


def send(home: House, **asked) -> None:
    commands.count(home.uow, message_id=home.uow.new_id(), phone_id=home.phone_id, facts=facts(home, **asked))


def test_a_text_that_may_go_is_sent_and_its_receipt_says_so(uow, home):
    touchpoint = uow.new_id()

    stored = decide(home, touchpoint)

    (receipt,) = queries.receipts(uow, subject_kind="touchpoint", subject_id=touchpoint)
    assert stored.decision.outcome == "send"
    assert receipt.decision == stored.decision == rules.judge(receipt.facts)
    assert receipt == queries.receipt(uow, decision_id=stored.id)
    assert explain(receipt) == ["Sent: no rule spoke against it."]


def test_a_receipt_is_kept_per_change_of_outcome_not_per_scan(begin, clock):
    with begin() as uow:
        home = house(uow)
        touchpoint = uow.new_id()
        commands.pause(uow, scope="team", scope_id=home.team_id, reason="training")
        hold = clock.now() + timedelta(hours=3)
    first = []
    for _ in range(3):
        with begin() as uow:
            home.uow = uow
            first.append(decide(home, touchpoint, hold_until=hold).id)
        clock.move(minutes=1)

    with begin() as uow:
        home.uow = uow
        commands.resume(uow, scope="team", scope_id=home.team_id)
        clock.move(hours=4)
    with begin() as uow:
        home.uow = uow
        sent = decide(home, touchpoint, hold_until=hold)
        receipts = queries.receipts(uow, subject_kind="touchpoint", subject_id=touchpoint)

    assert len(set(first)) == 1
    assert [one.decision.outcome for one in receipts] == ["defer", "send"]
    assert receipts[-1].id == sent.id


def test_a_receipt_is_sealed(uow, home):
    stored = decide(home, uow.new_id())

    row = uow.session.get(models.DecisionRow, stored.id)
    assert b"America/New_York" not in bytes(row.receipt_enc)


def test_what_was_sent_counts_for_every_sender_and_program(uow, home):
    send(home)

    assert rules.judge(facts(home, program="other", sender_id=home.another_sender())).rule == "budget"


def test_what_is_free_is_in_the_ledger_and_binds_nothing(uow, home):
    for kind in ("staff", "safety", "reply"):
        send(home, kind=kind)

    assert rules.judge(facts(home)).outcome == "send"
    lines = queries.contacts(uow, phone_id=home.phone_id, since=uow.now)
    assert [line.counts for line in lines] == [0, 0, 0]
    assert {line.source for line in lines} == {"staff", "safety", "reply"}


def test_a_text_is_counted_once_and_can_be_taken_back(uow, home):
    message_id = uow.new_id()
    for _ in range(2):
        commands.count(uow, message_id=message_id, phone_id=home.phone_id, facts=facts(home))
    assert len(queries.contacts(uow, phone_id=home.phone_id, since=uow.now)) == 1

    commands.uncount(uow, message_id=message_id)

    assert rules.judge(facts(home)).outcome == "send"


def test_a_contact_counts_for_the_patients_own_day(begin, clock):
    clock.at = clock.at.replace(day=11, hour=2)  # still March 10 in New York
    with begin() as uow:
        home = house(uow)
        send(home)

        (line,) = queries.contacts(uow, phone_id=home.phone_id, since=clock.now())

    assert line.local_day == date(2026, 3, 10)


def test_three_replies_within_an_hour_are_the_last(begin, clock):
    with begin() as uow:
        home = house(uow)
        for _ in range(3):
            send(home, kind="reply")
        assert rules.judge(facts(home, kind="reply")).rule == "loop"
    clock.move(minutes=61)

    with begin() as uow:
        home.uow = uow
        assert rules.judge(facts(home, kind="reply")).outcome == "send"


def stay(uow, patient_id, **told):
    usual = {"kind": "inpatient", "status": "in-progress", "started_at": uow.now}
    care.put_encounter(uow, patient_id=patient_id, source_system="epic", source_id="E-9", **{**usual, **told})


def test_somebody_in_hospital_is_not_texted_by_programs(uow, home):
    stay(uow, home.patient_id)

    assert facts(home).readmitted
    stay(uow, home.patient_id, status="finished", ended_at=uow.now)
    assert not facts(home).readmitted


def test_a_stay_nobody_closed_for_months_is_a_lost_message(uow, home):
    stay(uow, home.patient_id, started_at=uow.now - timedelta(days=91))

    assert not facts(home).readmitted


def test_a_death_on_any_merged_row_holds(uow, home):
    double = home.another_patient()
    patients.mark_deceased(uow, patient_id=double)
    patients.merge(uow, patient_id=double, into_id=home.patient_id)

    assert rules.judge(facts(home)).rule == "patient"


def test_hours_wishes_and_limits_come_from_the_patient_the_team_and_the_deployment(uow, home):
    patients.update(
        uow,
        patient_id=home.patient_id,
        fewer_texts=True,
        preferred_hours={"from": "10:00", "to": "12:00", "days": [1, 3]},
    )
    uow.session.execute(
        update(staff.Organization).values(
            settings=make.BASIS | {"hours": {"from": "08:00"}, "budget": {"per_week": 5}}
        )
    )
    uow.session.execute(
        insert(staff.Holiday).values(
            id=uow.new_id(), team_id=home.team_id, day=date(2026, 3, 12), label="Founders"
        )
    )

    found = facts(home)

    assert (found.zone, found.us_state, found.fewer_texts) == ("America/New_York", "NY", True)
    assert (found.preferred_from, found.preferred_to, found.preferred_days) == ("10:00", "12:00", (1, 3))
    assert (found.hours_from, found.hours_to, found.per_week, found.per_day) == ("08:00", "20:00", 5, 1)
    assert found.holidays == (date(2026, 3, 12),)


def test_an_unknown_person_who_wrote_may_be_answered_and_not_enrolled(uow, home):
    stranger = make.phone(uow, number=make.OTHER_NUMBER)

    asked = {"phone_id": stranger, "patient_id": None}
    assert rules.judge(facts(home, **asked)).rule == "consent"
    assert rules.judge(facts(home, **asked, kind="reply")).outcome == "send"
    consent.opt_out(uow, phone_id=stranger, how="text", receipt_id=uow.new_id())
    assert rules.judge(facts(home, **asked, kind="reply")).rule == "consent"


def test_a_stopped_sender_is_seen(uow, home):
    uow.session.execute(
        update(staff.Sender)
        .where(staff.Sender.id == home.sender_id)
        .values(stopped_at=uow.now, stopped_reason="error_30034")
    )

    assert facts(home).sender_stopped == "error_30034"


def test_the_confirmation_of_an_opt_out_goes_once(uow, home):
    consent.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    assert rules.judge(facts(home, kind="confirmation")).outcome == "send"
    consent.claim_confirmation(uow, phone_id=home.phone_id)
    assert rules.judge(facts(home, kind="confirmation")).outcome == "suppress"


@pytest.mark.parametrize(
    ("scope", "named", "held"),
    [
        ("everything", "", True),
        ("team", "team_id", True),
        ("sender", "sender_id", True),
        ("program", "generic", True),
        ("program", "other", False),
        ("team", "nobody", False),
    ],
)
def test_a_pause_holds_what_it_names(uow, home, scope, named, held):
    commands.pause(uow, scope=scope, scope_id=getattr(home, named, named), reason="training")

    found = facts(home, program="generic")
    view = queries.paused(uow, team_id=home.team_id, program="generic", sender_id=home.sender_id)

    assert found.paused == (scope if held else None)
    assert (view is not None) == held


def test_a_lifted_pause_holds_nothing(uow, home):
    commands.pause(uow, scope="everything", reason="restored from a backup")
    commands.pause(uow, scope="everything", reason="again")
    assert len(queries.pauses(uow)) == 2

    assert commands.resume(uow, scope="everything") == 2

    assert queries.paused(uow) is None
    assert commands.resume(uow, scope="everything") == 0


@pytest.mark.parametrize(("scope", "named"), [("team", ""), ("everything", "x"), ("galaxy", "x")])
def test_a_pause_must_say_what_it_holds(uow, scope, named):
    with pytest.raises(commands.NotAScope):
        commands.pause(uow, scope=scope, scope_id=named, reason="oops")


def test_gathering_facts_and_deciding_is_one_statement_each(uow, home, statements):
    with statements() as gathering:
        found = facts(home)
    with statements() as deciding:
        commands.decide(
            uow, subject_kind="touchpoint", subject_id=uow.new_id(), phone_id=home.phone_id, facts=found
        )

    assert (len(gathering), len(deciding)) == (1, 1)


def test_facts_agree_with_what_consent_and_patients_say(uow, home):
    consent.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    found, standing = facts(home), home.standing()
    known = people.contact_facts(uow, patient_id=home.patient_id)

    assert (found.consent_allowed, found.consent_reason) == (standing.allowed, standing.reason)
    assert (found.opted_out_at, found.phone_state) == (standing.opted_out_at, standing.phone_state)
    assert (found.zone, found.fewer_texts) == (known.zone, known.fewer_texts)


def test_facts_of_a_phone_nobody_knows_are_an_error(uow, home):
    with pytest.raises(people.NoSuchPhone):
        facts(home, phone_id=uow.new_id())


def test_stored_receipts_judge_the_same_again(uow, home):
    for asked in (
        {},
        {"kind": "reply"},
        {"not_after": uow.now},
        {"hold_until": uow.now + timedelta(hours=9)},
    ):
        decide(home, uow.new_id(), **asked)
        send(home)

    for row in uow.session.scalars(select(models.DecisionRow)):
        receipt = queries.receipt(uow, decision_id=row.id)
        assert rules.judge(receipt.facts) == receipt.decision
        assert (row.outcome, row.rule, row.until) == (
            receipt.decision.outcome,
            receipt.decision.rule,
            receipt.decision.until,
        )
