"""A text of danger at 3 in the morning of a holiday, minute by minute, as docs/escalations.md tells it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands, queries
from outreach.kernel.clock import FrozenClock
from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.phone import Phone
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import queries as people
from tests.inbound.desk import PAGES, Desk
from tests.staff import make

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = [{"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}]


def at(day: int, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 12, day, int(hour), int(minute), tzinfo=NEW_YORK).astimezone(UTC)


@pytest.fixture
def desk(services: Services, clock: FrozenClock) -> Desk:
    """Christmas night, 2026: a Friday. Open again on Monday. Nobody has entered shifts."""
    clock.at = at(25, "3:00")
    found = Desk(services)
    found.patient()
    with found.begin() as uow:
        staff.set_hours(uow, team_id=found.team_id, opening_hours=OFFICE)
        staff.add_holiday(uow, team_id=None, day=date(2026, 12, 25), label="Christmas Day")
        make.sender(uow, PAGES, kind="pages", label="Pages")
    return found


def with_pager(desk: Desk, name: str, number: str, *, is_admin: bool = False) -> UUID:
    with desk.begin() as uow:
        team_id = None if is_admin else desk.team_id
        found = make.person(
            uow, f"{name}@riverside.example", name.title(), team_id=team_id, is_admin=is_admin
        )
        staff.set_pager(uow, staff_id=found, phone=Phone(number))
    return found


def pages(desk: Desk) -> list[UUID]:
    return [row.staff_id for row in desk.rows("SELECT staff_id FROM page ORDER BY at, id")]


def beat(desk: Desk) -> None:
    with desk.begin() as uow:
        due = queries.due_steps(uow)
    for one in due:
        with desk.begin() as uow:
            commands.climb(uow, escalation_id=one)
    desk.turn()


def test_minute_by_minute(desk: Desk, clock: FrozenClock) -> None:
    nora = with_pager(desk, "nora", "+12025550181")
    boss = with_pager(desk, "boss", "+12025550182", is_admin=True)

    # 3:00. The patient gets 911 and the truth; nobody is on call, so everybody in the team is paged.
    desk.says("I can't breathe")
    [safety] = [body for kind, body in desk.texts_out() if kind != "page"]
    assert "Call 911 now" in safety and "Our office is closed" in safety and "alerted" not in safety
    assert pages(desk) == [nora]
    [page] = [body for kind, body in desk.texts_out() if kind == "page"]
    assert page == "Riverside: RED alert for Transitions. Open the inbox now. Reply 1 to take it."
    thread = desk.thread()
    assert "red" in thread.flags and thread.unread > 0
    with desk.begin() as uow:
        listed = talk.inbox(uow, staff_id=nora, team_ids=[desk.team_id], view="escalations").rows
    assert [row.conversation_id for row in listed] == [thread.conversation_id]
    with desk.begin() as uow:
        [found] = queries.open_for(uow, team_ids=[desk.team_id])
    steps = [(step["who"], len(step["paged"])) for step in found.roster["steps"]]
    assert steps == [("on_call", 0), ("backup", 0), ("everyone", 1)]
    assert found.due_at == at(28, "8:30")

    # 3:09. Nobody has answered; it is not the operator's turn yet.
    clock.at = at(25, "3:09")
    beat(desk)
    assert pages(desk) == [nora]

    # 3:10. The operator is paged, and the ladder ends there.
    clock.at = at(25, "3:10")
    beat(desk)
    assert set(pages(desk)[1:]) >= {boss}
    reached = len(pages(desk))
    clock.at = at(25, "6:00")
    beat(desk)
    assert len(pages(desk)) == reached

    # 6:01. Nora wakes up and answers her page.
    clock.at = at(25, "6:01")
    desk.says("1", origin="+12025550181", To=PAGES)
    with desk.begin() as uow:
        [found] = queries.open_for(uow, team_ids=[desk.team_id])
    assert (found.state, found.owner_id, found.acknowledged_at) == ("acknowledged", nora, clock.now())

    # It is over only with an outcome and a note, and its conversation can't be closed before.
    for outcome, note in (("emergency_care", "  "), ("", "Reached the daughter")):
        with pytest.raises(Invalid), desk.begin() as uow:
            commands.resolve(
                uow, escalation_id=found.escalation_id, staff_id=nora, outcome=outcome, note=note
            )
    with pytest.raises(Conflict), desk.begin() as uow:
        conversations.close(uow, conversation_id=thread.conversation_id, reason="done")
    with desk.begin() as uow:
        commands.resolve(
            uow,
            escalation_id=found.escalation_id,
            staff_id=nora,
            outcome="emergency_care",
            note="Reached the daughter, they are in the ER.",
        )
    with desk.begin() as uow:
        assert queries.open_for(uow, team_ids=[desk.team_id]) == ()

    # She opens it again: a new clock, in her hands, and nobody is paged for it.
    with desk.begin() as uow:
        commands.reopen(uow, escalation_id=found.escalation_id, staff_id=nora)
    beat(desk)
    with desk.begin() as uow:
        [again] = queries.open_for(uow, team_ids=[desk.team_id])
    assert (again.state, again.owner_id, again.due_at) == ("acknowledged", nora, at(28, "8:30"))
    assert len(pages(desk)) == reached


def test_if_nobody_can_be_paged_it_stands_on_top_in_the_morning(desk: Desk, clock: FrozenClock) -> None:
    desk.says("I can't breathe")

    with desk.begin() as uow:
        [found] = queries.open_for(uow, team_ids=[desk.team_id])
    assert (found.state, found.next_step_at) == ("raised", None)
    assert [step["who"] for step in found.roster["steps"]] == ["on_call", "backup", "everyone", "operator"]
    clock.at = at(28, "8:31")
    with desk.begin() as uow:
        assert queries.open_for(uow, team_ids=[desk.team_id])[0].is_late


def test_who_is_rostered_for_the_night_is_called_first_and_counts_as_there(
    desk: Desk, clock: FrozenClock
) -> None:
    nora = with_pager(desk, "nora", "+12025550181")
    with_pager(desk, "bea", "+12025550183")
    with desk.begin() as uow:
        staff.add_shift(
            uow,
            team_id=desk.team_id,
            staff_id=nora,
            starts_at=at(25, "0:00"),
            ends_at=at(25, "0:00") + timedelta(hours=8),
        )

    desk.says("I can't breathe")

    assert pages(desk) == [nora]
    [safety] = [body for kind, body in desk.texts_out() if kind == "safety"]
    assert "We alerted our care team" in safety
    with desk.begin() as uow:
        assert queries.open_for(uow, team_ids=[desk.team_id])[0].due_at == at(25, "3:30")
        assert people.on_call(uow, team_id=desk.team_id, at=uow.now)[0].staff_id == nora
