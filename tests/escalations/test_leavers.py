"""Whoever leaves, by whichever door, leaves nothing behind that nobody is called for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from outreach.cli import people as command_line
from outreach.conversations import commands as conversations
from outreach.escalations import commands, queries
from outreach.kernel.phone import Phone
from outreach.staff import commands as staff
from outreach.staff import queries as houses
from tests.inbound.desk import PAGES, Desk
from tests.staff import make

NORA, BEA = "nora@riverside.example", "bea@riverside.example"


@pytest.fixture
def desk(services) -> Desk:
    """A clinic with one patient in danger, whom Nora has taken; Nora and Bea have pagers."""
    found = Desk(services)
    found.patient()
    with found.begin() as uow:
        make.sender(uow, PAGES, kind="pages", label="Pages")
        for last, email in ((81, NORA), (82, BEA)):
            one = make.person(uow, email, email, team_id=found.team_id)
            staff.set_pager(uow, staff_id=one, phone=Phone(f"+120255501{last}"))
        starts = uow.now - timedelta(hours=1)
        for days in (0, 7):
            staff.add_shift(
                uow,
                team_id=found.team_id,
                staff_id=who(uow, NORA),
                starts_at=starts + timedelta(days=days),
                ends_at=starts + timedelta(days=days, hours=8),
            )
    found.says("I can't breathe")
    with found.begin() as uow:
        nora = who(uow, NORA)
        [danger] = queries.open_for(uow, team_ids=[found.team_id])
        commands.acknowledge(uow, escalation_id=danger.escalation_id, staff_id=nora)
        talk_id = danger.conversation_id
        assert talk_id is not None
        conversations.assign(uow, conversation_id=talk_id, to_staff_id=nora)
        task = commands.add_task(
            uow, team_id=found.team_id, kind="other", source_kind="test", source_id=UUID(int=1)
        )
        commands.assign_task(uow, task_id=task, to_staff_id=nora)
    return found


def who(uow, email: str) -> UUID:
    found = houses.staff_by_email(uow, email=email)
    assert found is not None
    return found.id


def disabled(desk: Desk) -> None:
    with desk.begin() as uow:
        commands.disable(uow, email=NORA)


def without_role(desk: Desk) -> None:
    with desk.begin() as uow:
        commands.change_role(uow, staff_id=who(uow, NORA), team_id=desk.team_id, role=None)


def viewing(desk: Desk) -> None:
    with desk.begin() as uow:
        commands.change_role(uow, staff_id=who(uow, NORA), team_id=desk.team_id, role="viewer")


@pytest.mark.parametrize("leave", [disabled, without_role, viewing])
def test_everything_of_a_leaver_waits_for_others(desk: Desk, leave: Callable[[Desk], None]) -> None:
    leave(desk)

    assert desk.rows("SELECT state, owner_id, step FROM escalation") == [("raised", None, 0)]
    assert desk.rows("SELECT owner_id FROM task WHERE kind = 'other'") == [(None,)]
    assert desk.thread().owner_id is None
    with desk.begin() as uow:
        assert houses.on_call(uow, team_id=desk.team_id, at=uow.now) == ()
        later = uow.now + timedelta(days=8)
        assert houses.shifts(uow, team_id=desk.team_id, since=uow.now, until=later) == ()
        [due] = queries.due_steps(uow)
        commands.climb(uow, escalation_id=due)
        bea = who(uow, BEA)
    assert desk.rows("SELECT staff_id FROM page ORDER BY at DESC, step DESC LIMIT 1") == [(bea,)], (
        "the ladder starts anew, and pages who is left"
    )


def test_a_coordinator_keeps_what_coordinators_do(desk: Desk) -> None:
    with desk.begin() as uow:
        commands.change_role(uow, staff_id=who(uow, NORA), team_id=desk.team_id, role="coordinator")

    assert desk.scalar("SELECT state FROM escalation") == "raised"
    assert desk.thread().owner_id is not None
    assert desk.scalar("SELECT count(owner_id) FROM task WHERE kind = 'other'") == 1


def test_shifts_of_somebody_disabled_run_no_clock(desk: Desk) -> None:
    with desk.begin() as uow:
        staff.disable(uow, email=NORA)

    with desk.begin() as uow:
        assert queries.hours(uow, team_id=desk.team_id, since=uow.now).shifts == ()


def test_a_given_back_danger_pages_the_same_people_again(desk: Desk) -> None:
    with desk.begin() as uow:
        [danger] = queries.open_for(uow, team_ids=[desk.team_id])
        commands.give_back(uow, escalation_id=danger.escalation_id)
    with desk.begin() as uow:
        assert commands.climb(uow, escalation_id=danger.escalation_id)
    assert desk.scalar("SELECT count(*) FROM message WHERE kind = 'page'") == 2


def test_every_door_hands_over() -> None:
    """The page and the command line call what hands over, not what only locks the door."""
    admin = Path("outreach/web/admin/routes.py").read_text()
    for door in (admin, Path(command_line.__file__).read_text()):
        assert "escalations.disable(" in door and " commands.disable(" not in door
    assert "escalations.change_role(" in admin and "leave_team" not in admin
