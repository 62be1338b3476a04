"""A text that says danger: a person is called and the patient texted at once, with nothing untrue in it."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.inbound import commands, rules
from outreach.kernel.clock import FrozenClock
from outreach.kernel.phone import Phone
from outreach.kernel.segments import count_segments
from outreach.staff import commands as staff
from outreach.triage.rules import lexicon
from tests.inbound.desk import ANA, STRANGER, Desk
from tests.staff import make


def bands(desk: Desk, e164: str = ANA) -> list[Any]:
    return [item for item in desk.thread(e164).items if hasattr(item, "tier")]


def test_i_cant_breathe_calls_for_a_person_and_says_911(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()

    desk.says("I can't breathe")

    [band] = bands(desk)
    assert (band.tier, band.topic, band.state, band.safety_text) == ("red", "breathing", "raised", "queued")
    assert (band.due_at - clock.now()).total_seconds() == 30 * 60
    [(kind, body)] = desk.texts_out()
    assert kind == "safety" and "Call 911 now" in body and "Our care team has your text" in body
    thread = desk.thread()
    assert "red" in thread.flags and thread.unread >= 1 and thread.waiting_since is not None


def test_it_says_that_the_team_was_alerted_only_if_somebody_can_be_paged(desk: Desk) -> None:
    desk.patient()
    with desk.begin() as uow:
        nora = make.person(uow, "nora@riverside.example", "Nora", team_id=desk.team_id)
    desk.says("I can't breathe")
    with desk.begin() as uow:
        staff.set_pager(uow, staff_id=nora, phone=Phone("+12025550181"))
    desk.says("I still can't breathe")

    first, second = (body for kind, body in desk.texts_out() if kind == "safety")
    assert "alerted" not in first, "nobody has a pager"
    assert "We alerted our care team" in second


def test_in_spanish_it_answers_in_spanish(desk: Desk) -> None:
    desk.patient(language="en")

    desk.says("no puedo respirar")

    [(_, body)] = desk.texts_out()
    assert "Llame al 911 ahora" in body


def test_when_nobody_is_there_it_does_not_say_that_anybody_was_told(desk: Desk) -> None:
    desk.patient()
    with desk.begin() as uow:
        staff.set_hours(
            uow, team_id=desk.team_id, opening_hours=[{"days": [5], "from": "08:00", "to": "09:00"}]
        )

    desk.says("I can't breathe")

    [(_, body)] = desk.texts_out()
    assert "alerted" not in body and "Our office is closed" in body


def test_a_person_in_despair_is_given_988(desk: Desk) -> None:
    desk.patient()

    desk.says("I want to kill myself")

    [(_, body)] = desk.texts_out()
    assert "988" in body


def test_who_opted_out_is_not_texted_and_the_band_says_so(desk: Desk) -> None:
    desk.patient()
    desk.says("STOP")

    desk.says("my chest hurts so bad")

    [band] = bands(desk)
    assert band.safety_text == "not_texted"
    assert desk.texts_out() == []


def test_a_stranger_in_danger_is_helped_too(desk: Desk) -> None:
    desk.says("help me I am having a heart attack", origin=STRANGER)

    [band] = bands(desk, STRANGER)
    assert band.tier == "red"
    assert [kind for kind, _ in desk.texts_out()] == ["safety"]


def test_no_danger_no_escalation(desk: Desk) -> None:
    desk.patient()

    desk.says("no chest pain today, feeling fine")

    assert bands(desk) == []


def test_danger_is_read_though_an_earlier_text_is_stuck(desk: Desk) -> None:
    desk.patient()
    desk.arrives("Hello")
    with desk.services.transactions.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE stream SET ready_at = now() + interval '1 hour' WHERE key LIKE 'inbound:%%'"
        )
    desk.arrives("I can't breathe")

    desk.services.relay.drain(seconds=30)

    assert desk.scalar("SELECT count(*) FROM escalation WHERE tier = 'red'") == 1


def test_evidence_holds_places_not_words(desk: Desk) -> None:
    desk.patient()

    desk.says("I can't breathe at all")

    stored = desk.scalar("SELECT reading::text FROM escalation")
    assert "breathe" not in stored.replace("breathing", "") and "lexicon" in stored


TOPICS = sorted({(rule.tier.lower(), rule.topic) for rule in lexicon.load().rules if rule.tier})
FIELDS = {"clinic": "Riverside Clinic", "callback": "(202) 555-0101", "emergency": "911"}


@pytest.mark.parametrize(("staffed", "paged"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("tier", "topic"), TOPICS)
def test_every_topic_has_words_that_fit(
    tier: str, topic: str, language: str, staffed: bool, paged: bool
) -> None:
    body, used = rules.safety_text(
        tier=tier, topic=topic, language=language, staffed=staffed, paged=paged, fields=FIELDS
    )

    counted = count_segments(body)
    assert used == language
    assert (counted.encoding, counted.segments <= 2) == ("GSM-7", True)
    assert ("911" in body) and ("(202) 555-0101" in body)


def test_a_stop_in_the_same_text_counts_though_the_thread_is_stuck(desk: Desk) -> None:
    desk.patient()
    desk.arrives("Hello")
    with desk.services.transactions.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE stream SET ready_at = now() + interval '1 hour' WHERE key LIKE 'inbound:%%'"
        )
    desk.arrives("please stop texting me, I want to die")

    desk.services.relay.drain(seconds=30)

    assert desk.opted_out()
    assert desk.scalar("SELECT safety_text FROM escalation") == "not_texted"
    assert "safety" not in [kind for kind, _ in desk.texts_out()]


PRESSURE = {"key": "pressure", "kind": "blood_pressure", "clinical": True}


@pytest.mark.parametrize("first", ["read_safety", "interpret"])
def test_a_bare_value_is_a_danger_in_either_order(desk: Desk, clock: FrozenClock, first: str) -> None:
    patient_id = desk.patient()
    desk.asks(patient_id, PRESSURE)
    clock.move(minutes=5)
    desk.arrives("190/120")
    (row,) = desk.rows("SELECT id FROM inbound_receipt")
    turns = [commands.read_safety, commands.interpret]

    for turn in turns if first == "read_safety" else reversed(turns):
        with desk.begin() as uow:
            turn(uow, receipt_id=row.id)
    desk.turn()

    assert len(bands(desk)) == 1
