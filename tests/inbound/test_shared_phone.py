"""One phone, two patients: the answer is asked for once, then it is a person's."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.kernel.clock import FrozenClock
from outreach.patients import commands as patients
from outreach.patients import queries as people
from tests.inbound.desk import MOOD, STRANGER, Desk, talk_phone


@pytest.fixture
def pair(desk: Desk, clock: FrozenClock) -> tuple[UUID, UUID]:
    """Two patients on one phone who both were asked something this week; Luis's question is open."""
    ana = desk.patient(name="Ana Ruiz", preferred="Ana")
    luis = desk.patient(name="Luis Ruiz", preferred="Luis")
    desk.asks(ana, hours=1)
    clock.move(hours=3)
    desk.asks(luis, MOOD)
    return ana, luis


def bound_to(desk: Desk) -> list[UUID]:
    return [row.patient_id for row in desk.rows("SELECT patient_id FROM answer")]


def test_it_is_asked_about_whom(desk: Desk, pair: tuple[UUID, UUID]) -> None:
    desk.says("3")

    [(kind, body)] = desk.texts_out()
    assert (kind, body) == ("reply", "Riverside: Thank you. Who is that about? Reply A for Ana, B for Luis.")
    assert (bound_to(desk), desk.thread().unread) == ([], 0)


@pytest.mark.parametrize("reply", ["B", "b.", "Luis"])
def test_the_answer_that_waited_is_bound(desk: Desk, pair: tuple[UUID, UUID], reply: str) -> None:
    desk.says("3")

    desk.says(reply)

    assert bound_to(desk) == [pair[1]]
    assert desk.answers() == [("3", "patient", False)]
    assert desk.thread().unread == 0


def test_about_the_other_one_a_person_reads(desk: Desk, pair: tuple[UUID, UUID]) -> None:
    desk.says("3")

    desk.says("A")

    assert (bound_to(desk), desk.thread().unread) == ([], 1)


def test_it_is_asked_only_once(desk: Desk, pair: tuple[UUID, UUID]) -> None:
    desk.says("3")

    desk.says("3")

    assert len(desk.texts_out()) == 1
    assert (bound_to(desk), desk.thread().unread) == ([], 1)


def test_without_names_for_texts_a_person_reads_at_once(desk: Desk) -> None:
    ana = desk.patient(name="Ana Ruiz", preferred=None)
    luis = desk.patient(name="Luis Ruiz", preferred=None)
    desk.asks(ana, kind="appointment")
    with desk.begin() as uow:
        from outreach.conversations import commands as conversations
        from outreach.conversations import queries

        found = queries.open_prompt(uow, phone_id=desk.phone_id(), sender_id=desk.sender_id)
        assert found is not None
        conversations.set_aside(uow, prompt_id=found.prompt_id)
    desk.asks(luis)

    desk.says("1")

    assert (desk.texts_out(), bound_to(desk), desk.thread().unread) == ([], [], 1)


def test_when_only_one_was_asked_it_is_theirs(desk: Desk) -> None:
    ana = desk.patient(name="Ana Ruiz", preferred="Ana")
    desk.patient(name="Luis Ruiz", preferred="Luis")
    desk.asks(ana)

    desk.says("1")

    assert bound_to(desk) == [ana]


def test_what_stays_in_the_database_names_nobody(desk: Desk, pair: tuple[UUID, UUID]) -> None:
    desk.says("3")

    questions = str(desk.rows("SELECT question::text FROM prompt"))
    assert "Ana" not in questions and "Luis" not in questions


ROSA = "+12025550145"
ABOUT_REFILLS = {**MOOD, "topic": "refills"}
ABOUT_SYMPTOMS = {**MOOD, "topic": "symptoms"}


@pytest.fixture
def parents(desk: Desk) -> dict[str, UUID]:
    """Rosa cares for both parents: chosen for Ana's refills, and for how Luis is."""
    made = {
        "refills": desk.patient(name="Ana Ruiz", preferred="Ana"),
        "symptoms": desk.patient(STRANGER, name="Luis Ruiz", preferred="Luis"),
    }
    with desk.begin() as uow:
        for topic, patient_id in made.items():
            patients.attach_phone(
                uow,
                patient_id=patient_id,
                phone_id=talk_phone(uow, ROSA),
                relation="caregiver",
                scopes=[f"topic:{topic}"],
            )
    return made


@pytest.mark.parametrize(
    ("whose", "question", "bound"),
    [
        ("refills", ABOUT_REFILLS, True),
        ("refills", ABOUT_SYMPTOMS, False),
        ("symptoms", ABOUT_SYMPTOMS, True),
        ("symptoms", ABOUT_REFILLS, False),
        ("symptoms", MOOD, False),
    ],
)
def test_one_phone_may_answer_one_thing_for_each_parent(
    desk: Desk, parents: dict[str, UUID], whose: str, question: dict[str, object], bound: bool
) -> None:
    desk.asks(parents[whose], question, e164=ROSA)

    desk.says("3", origin=ROSA)

    assert bound_to(desk) == ([parents[whose]] if bound else [])
    assert desk.thread(ROSA).unread == (0 if bound else 1)


@pytest.mark.parametrize(("still", "bound"), [(True, True), (False, False)])
def test_whom_they_name_binds_only_if_they_may_still_answer(
    desk: Desk, clock: FrozenClock, parents: dict[str, UUID], still: bool, bound: bool
) -> None:
    desk.asks(parents["refills"], ABOUT_REFILLS, e164=ROSA, hours=1)
    clock.move(hours=3)
    desk.asks(parents["symptoms"], ABOUT_SYMPTOMS, e164=ROSA)
    desk.says("3", origin=ROSA)
    if not still:
        with desk.begin() as uow:
            links = people.phones(uow, patient_id=parents["symptoms"])
            link = next(one for one in links if one.relation == "caregiver")
            patients.rescope(uow, patient_id=parents["symptoms"], link_id=link.link_id, scopes=["be_told"])

    desk.says("B", origin=ROSA)

    assert bound_to(desk) == ([parents["symptoms"]] if bound else [])
    assert desk.thread(ROSA).unread == (0 if bound else 1)
