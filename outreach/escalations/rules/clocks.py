"""When a person must have acted. Clocks run only while the team is staffed; days are business days.

Sources: 30 minutes, Lancaster General's COPD texts; 2 hours, the "orange" of Nîmes University Hospital's
COVID texts. docs/escalations.md gives their addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from outreach.escalations.rules.federal import holidays_of

Window = tuple[datetime, datetime]
"""A staffed stretch, half-open."""

STAFFED_MINUTES: Mapping[str, int] = {"red": 30, "orange": 120}
BUSINESS_DAYS: Mapping[str, int] = {"yellow": 1, "silent": 1}
TCM_BUSINESS_DAYS = 2
"""42 CFR 414.40 and CPT 99495/99496: contact within two business days after discharge."""
OFFICE_CLOSES = time(17, 0)
LOOK_AHEAD_DAYS = 21
"""No practice is closed for longer; a roster further ahead than this is not looked at."""


@dataclass(frozen=True, kw_only=True)
class Hours:
    """When a team works. `shifts` is None until the team has entered a roster: then opening hours count."""

    zone: str
    opening: Sequence[Mapping[str, Any]] = ()
    holidays: frozenset[date] = frozenset()
    shifts: tuple[Window, ...] | None = None
    place: ZoneInfo = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place", ZoneInfo(self.zone))


def staffed_windows(hours: Hours, *, since: datetime) -> tuple[Window, ...]:
    """Return when somebody is there, from `since` on, in order and without overlaps.

    Shifts count as they are entered, on holidays too: whoever enters one means it.
    """
    found = hours.shifts if hours.shifts is not None else _opening_windows(hours, since)
    return _merged((max(start, since), end) for start, end in found if end > since)


def _opening_windows(hours: Hours, since: datetime) -> list[Window]:
    first = since.astimezone(hours.place).date() - timedelta(days=1)
    windows = []
    for number in range(LOOK_AHEAD_DAYS):
        day = first + timedelta(days=number)
        if day not in hours.holidays:
            windows.extend(_windows_on(hours, day))
    return windows


def _windows_on(hours: Hours, day: date) -> list[Window]:
    return [
        (_moment(hours, day, entry["from"]), _moment(hours, day, entry["to"]))
        for entry in hours.opening
        if day.weekday() in entry["days"]
    ]


def _moment(hours: Hours, day: date, clock: str) -> datetime:
    if clock == "24:00":
        return _local(hours, day + timedelta(days=1), time(0))
    return _local(hours, day, time.fromisoformat(clock))


def _local(hours: Hours, day: date, at: time) -> datetime:
    return datetime.combine(day, at, hours.place).astimezone(UTC)


def _merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    merged: list[Window] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return tuple(merged)


def after_staffed(since: datetime, *, minutes: float, windows: Iterable[Window]) -> datetime | None:
    """Return when this many staffed minutes have passed; None if the windows don't hold that many."""
    left = timedelta(minutes=minutes)
    for start, end in windows:
        begins = max(start, since)
        if end - begins >= left:
            return begins + left
        left -= max(end - begins, timedelta(0))
    return None


def next_staffed(hours: Hours, *, at: datetime) -> datetime:
    """Return the moment itself if somebody is there, else when somebody comes; itself if nobody ever does."""
    windows = staffed_windows(hours, since=at)
    return windows[0][0] if windows else at


def due_at(tier: str, *, raised_at: datetime, hours: Hours) -> datetime:
    """Return when an escalation must be in a person's hands.

    RED 30 staffed minutes, ORANGE 2 staffed hours, YELLOW and SILENT one business day. A team that is never
    staffed has no excuse: the clock then runs day and night.
    """
    if tier in BUSINESS_DAYS:
        return business_day_after(raised_at, days=BUSINESS_DAYS[tier], hours=hours)
    minutes = STAFFED_MINUTES[tier]
    windows = staffed_windows(hours, since=raised_at)
    found = after_staffed(raised_at, minutes=minutes, windows=windows)
    return found or raised_at + timedelta(minutes=minutes)


def is_business_day(day: date, hours: Hours) -> bool:
    """Say whether a team does office work on a day: one of its own days, or Monday to Friday, no holiday."""
    if day in hours.holidays or day in holidays_of(day.year):
        return False
    own = {number for entry in hours.opening for number in entry["days"]}
    return day.weekday() in (own or range(5))


def business_day_after(since: datetime, *, days: int, hours: Hours) -> datetime:
    """Return the same time of day, this many business days on; from a day off it counts from the next
    opening.
    """
    local = since.astimezone(hours.place)
    day, at = local.date(), local.time()
    if not is_business_day(day, hours):
        day, at = _next_business_day(day, lambda one: is_business_day(one, hours)), time(9, 0)
    for _ in range(days):
        day = _next_business_day(day, lambda one: is_business_day(one, hours))
    return _local(hours, day, at)


def tcm_due_at(discharged_at: datetime, *, hours: Hours) -> datetime:
    """Return until when a person must have reached a discharged patient: the end of the second business day.

    Business days are Monday to Friday without holidays, whatever days the practice itself keeps (CMS,
    Transitional Care Management FAQ): federal holidays, and those the team has entered.
    """
    day = discharged_at.astimezone(hours.place).date()
    off = hours.holidays
    for _ in range(TCM_BUSINESS_DAYS):
        day = _next_business_day(
            day, lambda one: one.weekday() < 5 and one not in off and one not in holidays_of(one.year)
        )
    closes = [entry["to"] for entry in hours.opening if day.weekday() in entry["days"]]
    return _moment(hours, day, max(closes)) if closes else _local(hours, day, OFFICE_CLOSES)


def _next_business_day(day: date, works: Any) -> date:
    for _ in range(366):
        day += timedelta(days=1)
        if works(day):
            return day
    return day
