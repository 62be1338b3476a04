"""A text that a colleague plans for later: whoever waits for it waits until it leaves."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from outreach.conversations import commands, queries
from outreach.kernel.clock import FrozenClock
from outreach.messaging.commands import claiming, recording
from outreach.messaging.ports import Accepted
from outreach.messaging.rules import Queued
from outreach.services import Services
from tests.inbound.desk import Desk
from tests.staff import make


@pytest.fixture
def desk(services: Services) -> Desk:
    """A clinic where Ana has asked something."""
    found = Desk(services)
    found.patient()
    found.says("Can I take a bath?")
    return found


@pytest.fixture
def planned(desk: Desk, clock: FrozenClock) -> tuple[UUID, datetime]:
    """An answer for three hours from now, by Nora."""
    leaves = clock.now() + timedelta(hours=3)
    with desk.begin() as uow:
        nora = make.person(uow, team_id=desk.team_id)
        outcome = commands.reply(
            uow, conversation_id=desk.thread().conversation_id, staff_id=nora, body="Yes, you can.",
            draft_key="d1", send_at=leaves,
        )  # fmt: skip
    assert isinstance(outcome, Queued)
    desk.turn()
    return outcome.message_id, leaves


def leave(desk: Desk) -> None:
    """Have the provider take whatever is due."""
    with desk.begin() as uow:
        claimed = claiming.claim(uow, sender_id=desk.sender_id, room=9)
    with desk.begin() as uow:
        recording.record(
            uow,
            [
                recording.Posted(
                    sender_id=desk.sender_id,
                    text=one,
                    result=Accepted(sid=f"SM{number:032x}", status="queued", sent_from="+12025550100"),
                )
                for number, one in enumerate(claimed.texts)
            ],
        )
    desk.turn()


def held_until(desk: Desk) -> datetime | None:
    with desk.begin() as uow:
        return queries.talk_hold(uow, phone_id=desk.phone_id())


@pytest.mark.usefixtures("planned")
def test_whoever_waits_goes_on_waiting_and_the_row_says_that_a_text_is_planned(
    desk: Desk, clock: FrozenClock
) -> None:
    thread = desk.thread()

    assert (thread.waiting_since, thread.flags, thread.unread) == (clock.now(), {"planned"}, 0)
    assert thread.owner_id is not None
    assert held_until(desk) is None, "a reminder of today does not wait for a text of tomorrow"


def test_it_answers_what_was_asked_before_it_was_written_once_it_leaves(
    desk: Desk, clock: FrozenClock, planned: tuple[UUID, datetime]
) -> None:
    clock.at = planned[1] - timedelta(hours=1)
    desk.says("And may I swim?")
    asked_again = clock.now()
    clock.at = planned[1]
    leave(desk)

    assert (desk.thread().waiting_since, desk.thread().flags) == (asked_again, frozenset())
    assert held_until(desk) == planned[1] + timedelta(hours=2)


def test_nobody_waits_any_more_when_it_has_left(desk: Desk, clock: FrozenClock, planned) -> None:
    clock.at = planned[1]
    leave(desk)

    assert (desk.thread().waiting_since, desk.thread().flags) == (None, frozenset())


def test_taken_back_it_leaves_no_trace_on_the_row(desk: Desk, clock: FrozenClock, planned) -> None:
    with desk.begin() as uow:
        commands.undo(uow, message_id=planned[0])
    desk.turn()

    assert (desk.thread().waiting_since, desk.thread().flags) == (clock.now(), frozenset())
    assert held_until(desk) is None
    assert line(desk) == ("in", "Can I take a bath?")


def line(desk: Desk) -> tuple[str | None, str | None]:
    """What the row of the thread says last."""
    with desk.begin() as uow:
        (row,) = queries.rows(uow, conversation_ids=[desk.thread().conversation_id])
    return row.last_direction, row.last_line


def test_what_was_taken_back_or_is_planned_does_not_stand_in_the_row_as_said(
    desk: Desk, clock: FrozenClock
) -> None:
    with desk.begin() as uow:
        nora = make.person(uow, team_id=desk.team_id)

    def writes(body: str, *, later: bool = False) -> UUID:
        with desk.begin() as uow:
            outcome = commands.reply(
                uow, conversation_id=desk.thread().conversation_id, staff_id=nora, body=body,
                draft_key=body, send_at=clock.now() + timedelta(hours=3) if later else None,
            )  # fmt: skip
        assert isinstance(outcome, Queued)
        desk.turn()
        return outcome.message_id

    writes("Yes, you can.")
    clock.move(minutes=1)
    leave(desk)
    writes("See you later", later=True)
    assert line(desk) == ("out", "Yes, you can.")
    said = writes("Bring them along")
    assert line(desk) == ("out", "Bring them along")
    with desk.begin() as uow:
        commands.undo(uow, message_id=said)
    assert line(desk) == ("out", "Yes, you can.")
    desk.turn()

    assert line(desk) == ("out", "Yes, you can.")
