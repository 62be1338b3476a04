"""Shifts by the wall clock, and the opening hours nobody covers."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from outreach.staff import rules

NEW_YORK = "America/New_York"
WEEKDAYS = [{"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"}]


def at(day: int, hour: int, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "starts", "ends", "expected"),
    [
        pytest.param(date(2026, 3, 2), time(8), time(17), (at(2, 13), at(2, 22)), id="a day"),
        pytest.param(date(2026, 3, 2), time(19), time(7), (at(3, 0), at(3, 12)), id="a night"),
        pytest.param(date(2026, 3, 7), time(19), time(7), (at(8, 0), at(8, 11)), id="short in spring"),
        pytest.param(date(2026, 3, 2), time(8), time(8), (at(2, 13), at(3, 13)), id="around the clock"),
    ],
)
def test_a_shift_follows_the_wall_clock(first, starts, ends, expected):
    assert rules.shift_times(first=first, starts=starts, ends=ends, zone=NEW_YORK) == (expected,)


def test_a_weekly_shift_keeps_its_hour_when_the_clocks_change():
    found = rules.shift_times(first=date(2026, 3, 2), starts=time(8), ends=time(17), zone=NEW_YORK, weeks=2)

    assert [one[0] for one in found] == [at(2, 13), at(9, 12)]


@pytest.mark.parametrize("weeks", [0, 27])
def test_a_shift_is_not_repeated_for_ever(weeks):
    with pytest.raises(rules.TooManyWeeks):
        rules.shift_times(first=date(2026, 3, 2), starts=time(8), ends=time(17), zone=NEW_YORK, weeks=weeks)


@pytest.mark.parametrize(
    ("on_call", "expected"),
    [
        pytest.param([], [(at(2, 13), at(2, 22))], id="nobody"),
        pytest.param([(at(2, 13), at(2, 22))], [], id="somebody all day"),
        pytest.param([(at(2, 10), at(2, 18))], [(at(2, 18), at(2, 22))], id="until one"),
        pytest.param([(at(2, 15), at(2, 23))], [(at(2, 13), at(2, 15))], id="from ten"),
        pytest.param(
            [(at(2, 13), at(2, 15)), (at(2, 14), at(2, 16)), (at(2, 18), at(2, 22))],
            [(at(2, 16), at(2, 18))],
            id="a lunch nobody covers",
        ),
        pytest.param(
            [(at(2, 10), at(2, 20)), (at(2, 14), at(2, 15))], [(at(2, 20), at(2, 22))], id="one in another"
        ),
    ],
)
def test_opening_hours_without_anybody_are_found(on_call, expected):
    found = rules.uncovered(
        WEEKDAYS, zone=NEW_YORK, holidays=(), on_call=on_call, since=date(2026, 3, 2), days=1
    )

    assert list(found) == expected


def test_a_holiday_and_a_weekend_need_nobody():
    found = rules.uncovered(
        WEEKDAYS, zone=NEW_YORK, holidays={date(2026, 3, 6)}, on_call=(), since=date(2026, 3, 6), days=3
    )

    assert found == ()
