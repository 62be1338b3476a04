"""A colleague answers a page from their pager; nobody else's text does."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from outreach.kernel.phone import Phone
from outreach.staff import commands as staff
from tests.inbound.desk import PAGES, STRANGER, Desk
from tests.staff import make

PAGER = "+12025550180"


@pytest.fixture
def nora(desk: Desk) -> UUID:
    """A nurse on call, with a pager."""
    with desk.begin() as uow:
        make.sender(uow, PAGES, kind="pages", label="Pages")
        nora = make.person(uow, team_id=desk.team_id)
        staff.set_pager(uow, staff_id=nora, phone=Phone(PAGER))
        staff.add_shift(
            uow,
            team_id=desk.team_id,
            staff_id=nora,
            starts_at=uow.now,
            ends_at=uow.now + timedelta(hours=12),
        )
    desk.patient()
    return nora


def test_the_page_names_no_patient(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")

    pages = [body for kind, body in desk.texts_out() if kind == "page"]
    assert pages == ["Riverside: RED alert for Transitions. Open the inbox now. Reply 1 to take it."]


@pytest.mark.parametrize("reply", ["1", "ok", "OK!", "yes", "got it", "sí"])
def test_an_answer_takes_the_escalation(desk: Desk, nora: UUID, reply: str) -> None:
    desk.says("I can't breathe")

    desk.says(reply, origin=PAGER, To=PAGES)

    [row] = desk.rows("SELECT state, owner_id, next_step_at FROM escalation")
    assert (row.state, row.owner_id, row.next_step_at) == ("acknowledged", nora, None)


def test_any_other_answer_leaves_the_ladder_climbing_and_is_read(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")

    desk.says("can't, in surgery", origin=PAGER, To=PAGES)

    assert desk.scalar("SELECT state FROM escalation") == "raised"
    assert desk.scalar("SELECT kind FROM task") == "read_text"


def test_a_strangers_text_to_the_pagers_sender_takes_nothing(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")

    desk.says("1", origin=STRANGER, To=PAGES)

    assert desk.scalar("SELECT state FROM escalation") == "raised"
    assert desk.thread(STRANGER).unread == 1


def test_a_pager_writing_to_the_patients_number_is_a_patients_text(desk: Desk, nora: UUID) -> None:
    desk.says("I can't breathe")

    desk.says("1", origin=PAGER)

    assert desk.scalar("SELECT state FROM escalation") == "raised"


@pytest.fixture
def one_number(desk: Desk) -> UUID:
    """A nurse with a pager, in a clinic that has the patients' number only."""
    with desk.begin() as uow:
        nora = make.person(uow, team_id=desk.team_id)
        staff.set_pager(uow, staff_id=nora, phone=Phone(PAGER))
    desk.patient()
    return nora


def test_a_page_from_the_patients_number_is_answered_there(desk: Desk, one_number: UUID) -> None:
    desk.says("I can't breathe")

    desk.says("1", origin=PAGER)

    [row] = desk.rows("SELECT state, owner_id FROM escalation")
    assert (row.state, row.owner_id) == ("acknowledged", one_number)


@pytest.mark.parametrize("words", ["I can't breathe", "STOP"])
def test_all_else_a_pager_writes_there_is_a_patients_text(desk: Desk, one_number: UUID, words: str) -> None:
    desk.says("I can't breathe")

    desk.says(words, origin=PAGER)

    assert "acknowledged" not in {row.state for row in desk.rows("SELECT state FROM escalation")}
    assert desk.thread(PAGER) is not None


def test_a_pagers_yes_with_no_page_waiting_is_a_patients_text(desk: Desk, one_number: UUID) -> None:
    desk.says("yes", origin=PAGER)

    assert desk.thread(PAGER).unread == 1
