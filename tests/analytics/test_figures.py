"""Figures of escalations against escalations made by hand; and what a stretch of days is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from outreach.analytics import queries, rules
from outreach.escalations import commands
from outreach.escalations.models import Escalation
from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from outreach.staff import commands as staff
from tests.inbound.desk import Desk
from tests.staff import make
from tests.statements import counted

NEW_YORK = "America/New_York"
MONDAY = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def raised(desk: Desk, *, tier: str = "red", team_id: UUID | None = None, at: datetime = MONDAY, **more: Any):
    """One escalation; `taken`, `ended`: minutes after it was raised; `clock`: minutes it had."""
    minutes = {key: more.pop(key, None) for key in ("taken", "ended", "clock", "first_clock")}
    moments = {key: at + timedelta(minutes=value) for key, value in minutes.items() if value is not None}
    state = "resolved" if "ended" in moments else "acknowledged" if "taken" in moments else "raised"
    with desk.begin() as uow:
        uow.session.add(
            Escalation(
                id=uow.new_id(), team_id=team_id or desk.team_id, tier=tier, topic="x",
                source_kind="answer", source_id=uow.new_id(), raised_at=at,
                due_at=moments.get("clock", at + timedelta(minutes=30)),
                first_due_at=moments.get("first_clock"), acknowledged_at=moments.get("taken"),
                resolved_at=moments.get("ended"), **{"state": state} | more,
            )
        )  # fmt: skip


def figures(desk: Desk, *, first: str = "2026-03-09", last: str = "2026-03-10", teams: Any = None):
    with desk.begin() as uow:
        asked = rules.stretch(first, last, now=uow.now, zone=NEW_YORK)
        return queries.figures(uow, team_ids=teams or [desk.team_id], stretch=asked)


def test_times_missed_clocks_and_overruled_by_tier(desk: Desk) -> None:
    for minutes in (1, 2, 3, 4, 40):
        raised(desk, taken=minutes, ended=minutes + 60)
    raised(desk, tier="orange", state="overruled", taken=5, ended=6)
    raised(desk, tier="orange", clock=600, at=MONDAY + timedelta(days=1))

    red, orange = figures(desk).tiers

    assert (red.raised, red.taken, red.ended, red.missed, red.overruled) == (5, 5, 5, 1, 0)
    assert (red.take_median, red.end_median) == (3 * 60, 63 * 60)
    assert red.take_p90 == pytest.approx((4 + 0.6 * 36) * 60)
    assert (orange.raised, orange.taken, orange.ended, orange.missed, orange.overruled) == (2, 1, 1, 0, 1)
    assert (orange.take_median, orange.end_p90) == (None, None), "too few to say"


@pytest.mark.parametrize(
    ("case", "missed"),
    [
        ({"taken": 30}, 0),
        ({"taken": 31}, 1),
        ({"ended": 29}, 0),  # called and closed at once, without "Take it"
        ({"ended": 31}, 1),
        ({}, 1),
        ({"clock": 60 * 24 * 9}, 0),
        ({"taken": 31, "clock": 500, "first_clock": 30}, 1),
        ({"taken": 29, "clock": 500, "first_clock": 30}, 0),
    ],
)
def test_a_clock_is_missed_when_nobody_took_it_by_then(desk: Desk, case: dict, missed: int) -> None:
    raised(desk, **case)

    assert figures(desk).tiers[0].missed == missed


def test_reopening_does_not_mend_a_missed_clock(desk: Desk, clock: FrozenClock) -> None:
    raised(desk, at=clock.now() - timedelta(hours=2), taken=60, ended=61)
    with desk.begin() as uow:
        nora = make.person(uow, "nora@riverside.example", "Nora", team_id=desk.team_id)
        escalation_id = desk.scalar("SELECT id FROM escalation")
        commands.reopen(uow, escalation_id=escalation_id, staff_id=nora)

    assert figures(desk).tiers[0].missed == 1


def test_who_closes_one_at_once_had_it_in_time_reopened_or_not(desk: Desk, clock: FrozenClock) -> None:
    raised(desk, at=clock.now() - timedelta(minutes=10))
    escalation_id = desk.scalar("SELECT id FROM escalation")
    with desk.begin() as uow:
        nora = make.person(uow, "nora@riverside.example", "Nora", team_id=desk.team_id)
        commands.resolve(
            uow, escalation_id=escalation_id, staff_id=nora, outcome="reached_patient", note="Called."
        )
    clock.move(hours=9)
    with desk.begin() as uow:
        commands.reopen(uow, escalation_id=escalation_id, staff_id=nora)

    (red,) = figures(desk).tiers
    assert (red.taken, red.missed) == (1, 0)


def test_days_are_those_of_the_zone_and_none_is_left_out(desk: Desk) -> None:
    raised(desk, at=datetime(2026, 3, 10, 3, 59, tzinfo=UTC))
    raised(desk, at=datetime(2026, 3, 10, 4, 0, tzinfo=UTC), tier="silent")
    raised(desk, at=datetime(2026, 3, 12, 4, 0, tzinfo=UTC))

    found = figures(desk, first="2026-03-08", last="2026-03-11")

    assert [(one.day.day, one.total) for one in found.days] == [(8, 0), (9, 1), (10, 1), (11, 0)]
    assert found.days[2].raised["silent"] == 1
    assert found.raised == 2


def test_teams_are_kept_apart_and_counted_together(desk: Desk) -> None:
    with desk.begin() as uow:
        other = staff.create_team(uow, name="Surgery", sender_id=desk.sender_id, zone=NEW_YORK)
    raised(desk, taken=1)
    raised(desk, team_id=other, taken=9)

    assert figures(desk).raised == 1
    both = figures(desk, teams=[desk.team_id, other])
    assert {(one.team_id, one.raised) for one in both.tiers} == {(desk.team_id, 1), (other, 1)}
    assert [(one.team_id, one.raised) for one in both.together] == [(None, 2)]


def test_it_is_three_statements_however_long_the_stretch_is(desk: Desk) -> None:
    for day in range(9):
        raised(desk, at=MONDAY - timedelta(days=day), tier=("red", "yellow", "silent")[day % 3])

    with counted(desk.services.transactions.engine) as said:
        figures(desk, first="2025-03-11", last="2026-03-10")

    assert len([one for one in said if one.lstrip().startswith("SELECT")]) <= 4


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("", "", (date(2026, 2, 9), date(2026, 3, 10))),
        ("2026-03-01", "", (date(2026, 3, 1), date(2026, 3, 10))),
        ("2026-03-01", "2026-03-01", (date(2026, 3, 1), date(2026, 3, 1))),
    ],
)
def test_a_stretch(first: str, last: str, expected: tuple[date, date]) -> None:
    found = rules.stretch(first, last, now=datetime(2026, 3, 11, 3, 0, tzinfo=UTC), zone=NEW_YORK)

    assert (found.first, found.last) == expected


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-03-02", "2026-03-01"), ("yesterday", ""), ("2020-01-01", "2026-03-01"), ("", "0001-01-05")],
)
def test_a_stretch_that_is_none(first: str, last: str) -> None:
    with pytest.raises(rules.BadStretch):
        rules.stretch(first, last, now=MONDAY, zone=NEW_YORK)


def test_csv_disarms_formulas_and_quotes() -> None:
    made = rules.as_csv(("a", "b"), [("=HYPERLINK(1)", None), ('say "hi", then', -3)])

    assert made == 'a,b\r\n\'=HYPERLINK(1),\r\n"say ""hi"", then",-3\r\n'
