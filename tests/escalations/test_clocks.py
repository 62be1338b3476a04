"""Clocks that run while a team is staffed, as tables. March 10, 2026 is a Tuesday."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.escalations import rules
from outreach.escalations.rules import Hours
from outreach.escalations.rules.federal import holidays_of

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = ({"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "17:00"},)
WEEKDAYS = Hours(zone="America/New_York", opening=OFFICE)
CLOSED_WEDNESDAY = Hours(zone="America/New_York", opening=OFFICE, holidays=frozenset({date(2026, 3, 11)}))
NEVER = Hours(zone="America/New_York")
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds beside `timezones`
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def at(day: int, clock: str, month: int = 3) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=NEW_YORK).astimezone(UTC)


@pytest.mark.parametrize(
    ("tier", "hours", "raised", "due"),
    [
        # In the middle of a day.
        ("red", WEEKDAYS, at(10, "10:00"), at(10, "10:30")),
        ("orange", WEEKDAYS, at(10, "10:00"), at(10, "12:00")),
        # What the day leaves is carried over to the next opening.
        ("red", WEEKDAYS, at(10, "16:50"), at(11, "8:20")),
        ("orange", WEEKDAYS, at(10, "16:00"), at(11, "9:00")),
        # At night, over a holiday, over a weekend.
        ("red", WEEKDAYS, at(11, "3:00"), at(11, "8:30")),
        ("red", CLOSED_WEDNESDAY, at(10, "17:00"), at(12, "8:30")),
        ("orange", WEEKDAYS, at(13, "16:30"), at(16, "9:30")),
        # A team that is never there has no excuse.
        ("red", NEVER, at(10, "3:00"), at(10, "3:30")),
        ("orange", NEVER, at(10, "3:00"), at(10, "5:00")),
        # One business day.
        ("yellow", WEEKDAYS, at(10, "10:00"), at(11, "10:00")),
        ("yellow", WEEKDAYS, at(13, "10:00"), at(16, "10:00")),
        ("silent", CLOSED_WEDNESDAY, at(10, "10:00"), at(12, "10:00")),
        # From a day off it counts from the next opening.
        ("yellow", WEEKDAYS, at(14, "22:00"), at(17, "9:00")),
        # July 4, 2026 is a Saturday, so July 3 is the holiday.
        ("yellow", WEEKDAYS, at(2, "10:00", 7), at(6, "10:00", 7)),
    ],
)
def test_when_a_person_must_have_acted(tier: str, hours: Hours, raised: datetime, due: datetime) -> None:
    assert rules.due_at(tier, raised_at=raised, hours=hours) == due


def test_a_roster_counts_instead_of_opening_hours_on_holidays_too() -> None:
    night = Hours(
        zone="America/New_York",
        opening=OFFICE,
        holidays=frozenset({date(2026, 3, 11)}),
        shifts=((at(11, "2:00"), at(11, "3:10")), (at(11, "3:10"), at(11, "6:00"))),
    )

    assert rules.due_at("red", raised_at=at(11, "3:00"), hours=night) == at(11, "3:30")


def test_an_empty_roster_means_that_nobody_is_there() -> None:
    empty = Hours(zone="America/New_York", opening=OFFICE, shifts=())

    assert rules.staffed_windows(empty, since=at(10, "10:00")) == ()
    assert rules.due_at("red", raised_at=at(10, "10:00"), hours=empty) == at(10, "10:30")


def test_opening_hours_keep_their_wall_clock_over_a_change_of_time() -> None:
    # Clocks go forward on Sunday, March 8, 2026: 13 hours asleep, not 14.
    sunday = Hours(zone="America/New_York", opening=({"days": [5, 6], "from": "18:00", "to": "24:00"},))

    windows = rules.staffed_windows(sunday, since=at(7, "12:00"))

    assert windows[:2] == ((at(7, "18:00"), at(8, "0:00")), (at(8, "18:00"), at(9, "0:00")))


@pytest.mark.parametrize(
    ("discharged", "due"),
    [
        (at(10, "15:00"), at(12, "17:00")),
        (at(10, "23:30"), at(12, "17:00")),
        (at(12, "9:00"), at(16, "17:00")),  # Thursday: Friday and Monday
        (at(13, "9:00"), at(17, "17:00")),
        (at(14, "9:00"), at(17, "17:00")),  # Saturday
        (at(1, "9:00", 7), at(6, "17:00", 7)),  # over the holiday and the weekend
    ],
)
def test_the_transitional_care_contact_is_due_in_two_business_days(
    discharged: datetime, due: datetime
) -> None:
    assert rules.tcm_due_at(discharged, hours=WEEKDAYS) == due


def test_business_days_of_that_contact_are_monday_to_friday_whatever_the_practice_keeps() -> None:
    weekend = Hours(zone="America/New_York", opening=({"days": [5, 6], "from": "08:00", "to": "12:00"},))

    assert rules.tcm_due_at(at(10, "9:00"), hours=weekend) == at(12, "17:00")


@pytest.mark.parametrize(
    ("tier", "raised", "first"),
    [
        ("red", at(11, "3:00"), at(11, "3:00")),
        ("orange", at(10, "10:00"), at(10, "10:00")),
        ("orange", at(11, "3:00"), at(11, "8:00")),
        ("yellow", at(10, "10:00"), at(11, "10:00")),
        ("silent", at(10, "10:00"), at(11, "10:00")),
    ],
)
def test_when_the_ladder_starts(tier: str, raised: datetime, first: datetime) -> None:
    due = rules.due_at(tier, raised_at=raised, hours=WEEKDAYS)

    assert rules.first_step_at(tier, raised_at=raised, due=due, hours=WEEKDAYS) == first


@given(
    MOMENTS,
    st.sampled_from(rules.TIERS),
    st.sampled_from((WEEKDAYS, CLOSED_WEDNESDAY, NEVER)),
)
def test_a_clock_never_ends_before_it_starts_nor_runs_for_weeks(
    raised: datetime, tier: str, hours: Hours
) -> None:
    due = rules.due_at(tier, raised_at=raised, hours=hours)

    assert raised < due <= raised + timedelta(days=7)


@given(MOMENTS)
def test_graver_is_never_due_later(raised: datetime) -> None:
    red, orange, yellow = (
        rules.due_at(tier, raised_at=raised, hours=WEEKDAYS) for tier in ("red", "orange", "yellow")
    )

    assert red < orange
    assert red < yellow + timedelta(days=1)


@pytest.mark.parametrize(
    ("year", "kept"),
    [
        # As the Office of Personnel Management lists them, on the weekdays on which offices are closed.
        (2026, "1/1 1/19 2/16 5/25 6/19 7/3 9/7 10/12 11/11 11/26 12/25"),
        (2027, "1/1 1/18 2/15 5/31 6/18 7/5 9/6 10/11 11/11 11/25 12/24 12/31"),
    ],
)
def test_federal_holidays_are_kept_when_offices_keep_them(year: int, kept: str) -> None:
    weekdays = sorted(day for day in holidays_of(year) if day.weekday() < 5)

    assert " ".join(f"{day.month}/{day.day}" for day in weekdays) == kept
