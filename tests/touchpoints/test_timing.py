"""Wall-clock times of planned contacts, over daylight-saving changes, leap days and unknown zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.touchpoints.rules.timing import Late, item, local_moment, moved_by, settle_late

TEN = time(10, 0)
ZONES = ("America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Los_Angeles", "America/St_Johns")


@pytest.mark.parametrize(
    ("day", "at", "zone", "utc"),
    [
        (date(2026, 3, 7), TEN, "America/New_York", "2026-03-07T15:00"),  # the day before the clocks change
        (date(2026, 3, 9), TEN, "America/New_York", "2026-03-09T14:00"),  # and the day after
        (date(2026, 3, 8), time(2, 30), "America/New_York", "2026-03-08T07:30"),  # a time that never was
        (date(2026, 11, 1), time(1, 30), "America/New_York", "2026-11-01T05:30"),  # the first of two
        (date(2026, 7, 1), TEN, "America/Phoenix", "2026-07-01T17:00"),  # Arizona never changes
        (date(2028, 2, 29), TEN, "America/Chicago", "2028-02-29T16:00"),  # a leap day
        (date(2026, 7, 1), TEN, "Pacific/Honolulu", "2026-07-01T20:00"),
        (date(2026, 7, 1), TEN, None, "2026-07-01T14:00"),  # zone unknown: Eastern
    ],
)
def test_a_wall_clock_time_is_the_moment_people_there_read_it(
    day: date, at: time, zone: str | None, utc: str
) -> None:
    assert local_moment(day, at, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "was", "zone", "hours"),
    [
        (date(2026, 7, 1), "America/New_York", "America/Los_Angeles", 3),
        (date(2026, 7, 1), "America/Los_Angeles", "America/New_York", -3),
        (date(2026, 7, 1), "America/New_York", "America/Phoenix", 3),
        (date(2026, 12, 1), "America/New_York", "America/Phoenix", 2),  # Arizona's clocks stay as they are
        (date(2026, 3, 8), "Pacific/Honolulu", "America/New_York", -6),  # the morning clocks go forward
        (date(2026, 3, 7), "Pacific/Honolulu", "America/New_York", -5),
        (date(2028, 2, 29), "America/Chicago", "America/Denver", 1),  # a leap day
        (date(2026, 7, 1), None, "America/Chicago", 1),  # it had not been known: Eastern was meant
        (date(2026, 7, 1), "America/Chicago", None, -1),
        (date(2026, 7, 1), "America/New_York", "America/Detroit", 0),
        (date(2026, 7, 1), "America/New_York", "Europe/Paris", -6),  # travelling
    ],
)
def test_in_another_zone_the_same_time_of_day_is_another_moment(
    day: date, was: str | None, zone: str | None, hours: int
) -> None:
    assert moved_by(day, TEN, was=was, zone=zone) == timedelta(hours=hours)


@given(
    day=st.dates(date(2024, 1, 1), date(2032, 12, 31)), zone=st.sampled_from(ZONES), hour=st.integers(8, 20)
)
def test_outside_the_hour_of_a_change_the_clock_on_the_wall_always_agrees(
    day: date, zone: str, hour: int
) -> None:
    moment = local_moment(day, time(hour, 15), zone)

    local = moment.astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour, local.minute) == (day, hour, 15)


DUE = item(step="intro", day=date(2026, 3, 10), at=TEN, zone="America/New_York", lasts=timedelta(hours=34))


@pytest.mark.parametrize(
    ("late", "late_for", "hours_after", "expected"),
    [
        (Late.SKIP, None, -1, "as planned"),
        (Late.SKIP, None, 1, None),  # a check-in whose time is over is skipped
        (Late.NEXT_WINDOW, 48, 1, "now"),  # an introduction still goes out
        (Late.NEXT_WINDOW, 48, 47, "now"),
        (Late.NEXT_WINDOW, 48, 49, None),  # but not for ever
        (Late.NEXT_WINDOW, None, 33, "now"),  # without a limit of its own: while it lasts
        (Late.NEXT_WINDOW, None, 35, None),
    ],
)
def test_a_late_contact_follows_its_rule(
    late: Late, late_for: int | None, hours_after: int, expected: str | None
) -> None:
    planned = item(
        step="intro",
        day=date(2026, 3, 10),
        at=TEN,
        zone="America/New_York",
        lasts=timedelta(hours=34),
        late=late,
        late_for=None if late_for is None else timedelta(hours=late_for),
    )
    now = planned.due_at + timedelta(hours=hours_after)

    found = settle_late(planned, now=now)

    assert (found and found.due_at) == {"as planned": planned.due_at, "now": now, None: None}[expected]
