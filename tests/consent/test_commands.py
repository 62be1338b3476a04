"""Opting out and in, the ledger behind it, and what can not undo it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from outreach.audit.models import AuditEvent
from outreach.consent import commands, events, models, queries
from outreach.patients import commands as patients
from outreach.patients import queries as people
from outreach.staff import commands as staff
from tests.consent.make import house


def test_stop_stops_every_sender_and_purpose_and_is_told_once(uow, home):
    other = home.another_sender()
    receipt_id = uow.new_id()

    first = commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=receipt_id, evidence="STOP")
    again = commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    assert (first, again) == (True, False)
    assert home.standing().reason == "opted_out"
    assert home.standing(sender_id=other, purpose="reminders").reason == "opted_out"
    told = [one for one in uow.facts if isinstance(one, events.OptedOut)]
    assert [(one.phone_id, one.receipt_id) for one in told] == [(home.phone_id, receipt_id)]


def test_one_inbound_text_stands_in_the_ledger_once(uow, home):
    receipt_id = uow.new_id()

    for _ in range(2):
        commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=receipt_id)

    assert home.kinds().count("opt_out") == 1


def test_evidence_is_kept_sealed(uow, home):
    commands.opt_out(
        uow,
        phone_id=home.phone_id,
        how="text",
        receipt_id=uow.new_id(),
        evidence="please leave me alone",
        language="en",
        wording_version="triage-7",
    )

    line = queries.ledger(uow, phone_id=home.phone_id)[-1]
    row = uow.session.get(models.ConsentEvent, line.id)
    assert (line.evidence, line.language, line.wording_version) == ("please leave me alone", "en", "triage-7")
    assert b"alone" not in bytes(row.evidence_enc)


@pytest.mark.parametrize("word", ["YES", "yes please", "START ME UP", "who is this?", "no start", ""])
def test_no_word_but_start_reverses_an_opt_out(uow, home, word):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    changed = commands.opt_in(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id(), evidence=word)

    assert not changed
    assert home.standing().reason == "opted_out"


@pytest.mark.parametrize("word", ["START", "start", " Start. ", "UNSTOP", "Start \U0001f44d", "Comenzar"])
def test_start_reverses_an_opt_out(uow, home, word):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    changed = commands.opt_in(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id(), evidence=word)

    assert changed
    assert (home.standing().allowed, home.standing().basis) == (True, "opt_in_text")


@pytest.mark.parametrize(
    "how",
    [
        {"how": "text"},
        {"how": "staff", "evidence": "she asked for it"},
        {"how": "staff", "evidence": " ", "by_staff_id": "known"},
        {"how": "import", "evidence": "in the file"},
        {"how": "registration", "evidence": "on the form"},
        {"how": "provider"},
    ],
)
def test_an_opt_in_without_evidence_is_refused(uow, home, how):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    if "by_staff_id" in how:
        how = {**how, "by_staff_id": home.staff_id}

    with pytest.raises(commands.NeedsEvidence):
        commands.opt_in(uow, phone_id=home.phone_id, **how)

    assert home.standing().reason == "opted_out"


def test_staff_who_write_down_how_they_know_can_opt_in(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    assert commands.opt_in(
        uow,
        phone_id=home.phone_id,
        how="staff",
        by_staff_id=home.staff_id,
        evidence="Called 3/10 at 9:40: wants texts again",
    )

    assert home.standing().basis == "staff_documented"


def test_a_persons_stop_follows_them_to_a_new_number(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    new = home.another_phone()
    commands.record_basis(
        uow, patient_id=home.patient_id, phone_id=new, purposes=["care"], how="registration"
    )

    assert home.standing(phone_id=new).reason == "refused"


def test_a_caregivers_stop_is_theirs_alone(uow, home):
    caregiver = home.another_phone(relation="caregiver", scopes=["answer"])

    commands.opt_out(uow, phone_id=caregiver, how="text", receipt_id=uow.new_id())

    assert home.standing(phone_id=caregiver).reason == "opted_out"
    assert home.standing().allowed


def test_a_stop_from_a_shared_phone_stops_the_phone_and_neither_person(uow, home):
    other = home.another_patient(phone_id=home.phone_id)
    theirs = home.another_phone()

    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    assert home.standing(patient_id=other).reason == "opted_out"
    assert home.standing(phone_id=theirs).allowed


def test_a_stop_binds_the_holder_who_said_it_and_no_later_one(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    patients.new_holder(uow, phone_id=home.phone_id, how="reassigned")
    other = home.another_patient(phone_id=home.phone_id)

    assert home.standing(patient_id=other).allowed
    assert home.standing().reason == "refused"


def test_a_patient_whose_link_to_the_phone_ended_is_not_texted_there(uow, home):
    patients.detach_phone(uow, link_id=people.holders(uow, phone_id=home.phone_id)[0].link_id)

    assert home.standing().reason == "not_their_phone"


def test_suppression_never_expires(begin, clock):
    with begin() as uow:
        home = house(uow)
        commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    clock.move(days=365 * 40)

    with begin() as uow:
        home.uow = uow
        home.register()
        assert home.standing().reason == "opted_out"


def test_the_providers_block_counts_as_an_opt_out_for_all_senders(uow, home):
    assert commands.block_by_provider(uow, phone_id=home.phone_id, sender_id=home.sender_id)
    assert not commands.block_by_provider(uow, phone_id=home.phone_id, sender_id=home.sender_id)

    assert home.standing().provider_blocked
    assert home.standing(sender_id=home.another_sender()).reason == "opted_out"
    assert home.kinds()[-2:] == ["provider_block", "opt_out"]


def test_start_lifts_the_block_of_the_sender_it_was_sent_to(uow, home):
    other = home.another_sender()
    for sender_id in (home.sender_id, other):
        commands.block_by_provider(uow, phone_id=home.phone_id, sender_id=sender_id)

    commands.opt_in(
        uow,
        phone_id=home.phone_id,
        how="text",
        receipt_id=uow.new_id(),
        sender_id=home.sender_id,
        evidence="START",
    )

    assert home.standing().allowed
    assert home.standing(sender_id=other).reason == "provider_blocked"


def test_the_provider_hearing_yes_does_not_reverse_our_opt_out(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="staff", by_staff_id=home.staff_id)
    commands.block_by_provider(uow, phone_id=home.phone_id, sender_id=home.sender_id)

    assert commands.unblock_by_provider(uow, phone_id=home.phone_id, sender_id=home.sender_id)

    assert not home.standing().provider_blocked
    assert home.standing().reason == "opted_out"


def test_documented_staff_evidence_can_not_talk_the_provider_round(uow, home):
    commands.block_by_provider(uow, phone_id=home.phone_id, sender_id=home.sender_id)

    commands.opt_in(
        uow, phone_id=home.phone_id, how="staff", by_staff_id=home.staff_id, evidence="she wants texts"
    )

    assert home.standing().reason == "provider_blocked"


def test_an_opt_out_is_confirmed_once(uow, home):
    assert not commands.claim_confirmation(uow, phone_id=home.phone_id)
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    assert home.standing().may_confirm
    assert commands.claim_confirmation(uow, phone_id=home.phone_id)
    assert not commands.claim_confirmation(uow, phone_id=home.phone_id)
    assert not home.standing().may_confirm


def test_a_new_opt_out_after_a_start_has_a_confirmation_of_its_own(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    commands.claim_confirmation(uow, phone_id=home.phone_id)
    commands.opt_in(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id(), evidence="START")

    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())

    assert commands.claim_confirmation(uow, phone_id=home.phone_id)


def test_rebuilt_states_know_what_was_confirmed(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    commands.claim_confirmation(uow, phone_id=home.phone_id)
    confirmed_at = home.standing().confirmed_at
    uow.session.execute(text("UPDATE phone_opt_out SET confirmed_at = NULL"))

    commands.rebuild(uow, phone_id=home.phone_id)

    assert confirmed_at is not None
    assert home.standing().confirmed_at == confirmed_at


def test_a_wrong_number_is_quarantined_and_put_on_the_record_for_each_patient(begin):
    with begin() as uow:
        home = house(uow)
        other = home.another_patient(phone_id=home.phone_id)
        receipt_id = uow.new_id()

        changed = commands.wrong_person(
            uow, phone_id=home.phone_id, receipt_id=receipt_id, evidence="wrong number"
        )
        again = commands.wrong_person(uow, phone_id=home.phone_id, receipt_id=uow.new_id())

        assert (changed, again) == (True, False)
        assert home.standing().phone_state == "wrong_person"
        assert people.texting_phone(uow, patient_id=home.patient_id) is None
        (told,) = [one for one in uow.facts if isinstance(one, events.WrongPerson)]
        assert (told.phone_id, told.receipt_id) == (home.phone_id, receipt_id)
    with begin() as uow:
        lines = uow.session.scalars(select(AuditEvent).where(AuditEvent.action == "disclosed"))
        assert {one.patient_id for one in lines} == {home.patient_id, other}


def test_a_human_can_lift_a_quarantine_and_the_opt_out_stays(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    commands.wrong_person(uow, phone_id=home.phone_id, receipt_id=uow.new_id())

    assert commands.right_person(
        uow, phone_id=home.phone_id, by_staff_id=home.staff_id, evidence="spoke to her on this number"
    )

    assert home.standing().phone_state == "usable"
    assert home.standing().reason == "opted_out"


def test_a_stop_waits_for_a_claim_that_holds_the_phone_and_no_claim_follows_it(begin):
    """Whoever holds the phone's row goes first; a claim that starts after the STOP sees it."""
    with begin() as uow:
        home = house(uow)
    order, claimed = [], threading.Event()

    def claim():
        with begin() as uow:
            patients.lock_phone(uow, phone_id=home.phone_id)
            claimed.set()
            uow.session.execute(text("SELECT pg_sleep(0.3)"))
            order.append("claim")

    def stop():
        claimed.wait(timeout=10)
        with begin() as uow:
            commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
            order.append("stop")

    threads = [threading.Thread(target=claim), threading.Thread(target=stop)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert order == ["claim", "stop"]
    with begin() as uow:
        home.uow = uow
        patients.lock_phone(uow, phone_id=home.phone_id)
        assert home.standing().reason == "opted_out"


def test_five_minutes_are_not_the_ledgers_business(begin, clock):
    with begin() as uow:
        home = house(uow)
        commands.opt_out(uow, phone_id=home.phone_id, how="text", receipt_id=uow.new_id())
    clock.move(minutes=6)

    with begin() as uow:
        home.uow = uow
        standing = home.standing()

    assert standing.may_confirm
    assert clock.now() - standing.opted_out_at == timedelta(minutes=6)


def test_each_line_keeps_the_basis_of_the_deployment_as_it_was_then(uow, home):
    commands.opt_out(uow, phone_id=home.phone_id, how="staff", by_staff_id=home.staff_id)
    staff.change_settings(uow, changes={"basis": {"care": "opt_in", "reminders": "registration"}})
    commands.opt_out(uow, phone_id=home.phone_id, how="staff", by_staff_id=home.staff_id)

    first, second = (line.setting for line in queries.ledger(uow, phone_id=home.phone_id)[-2:])

    assert first == "care=registration reminders=registration"
    assert second == "care=opt_in reminders=registration"
    assert all(line.setting for line in queries.ledger(uow, phone_id=home.phone_id))
