"""When a planned contact is due: wall-clock time in the patient's zone, and what happens to a late one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from outreach.kernel.quick import quick

UNKNOWN_ZONE = "America/New_York"
"""Rules of quiet hours narrow the window for people whose zone nobody knows; plans use Eastern time."""


class Late(StrEnum):
    """What to do with a step whose time has already passed when the plan is made."""

    SKIP = "skip"
    NEXT_WINDOW = "next_window"


@quick
@dataclass(frozen=True, kw_only=True)
class PlannedItem:
    """One contact of a plan, before it is stored. `why` holds ids and keys, never words."""

    step: str
    local_day: date
    local_time: time
    due_at: datetime
    not_after: datetime
    occurrence: int = 0
    late: Late = Late.SKIP
    late_until: datetime | None = None
    why: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=16384)
def local_moment(day: date, at: time, zone: str | None) -> datetime:
    """Return the UTC moment of a wall-clock time.

    A time that a spring-forward skips becomes the same number of minutes later; of a time that an
    autumn change repeats, the first one is meant (PEP 495, fold 0).
    """
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone or UNKNOWN_ZONE))
    return local.astimezone(UTC)


@lru_cache(maxsize=16384)
def local_date(moment: datetime, zone: str | None) -> date:
    """Return the calendar day of a moment where the patient is."""
    return moment.astimezone(ZoneInfo(zone or UNKNOWN_ZONE)).date()


def local_clock(moment: datetime, zone: str | None) -> time:
    """Return what a patient's clock shows at a moment, to the minute."""
    return moment.astimezone(ZoneInfo(zone or UNKNOWN_ZONE)).time().replace(second=0, microsecond=0)


def moved_by(day: date, at: time, *, was: str | None, zone: str | None) -> timedelta:
    """Return by how much a wall-clock time comes later for somebody whose zone is another now."""
    return local_moment(day, at, zone) - local_moment(day, at, was)


def item(
    *,
    step: str,
    day: date,
    at: time,
    zone: str | None,
    lasts: timedelta,
    occurrence: int = 0,
    late: Late = Late.SKIP,
    late_for: timedelta | None = None,
    why: dict[str, Any] | None = None,
) -> PlannedItem:
    """Return a planned contact at a wall-clock time, good for `lasts` after it."""
    due_at = local_moment(day, at, zone)
    return PlannedItem(
        step=step,
        occurrence=occurrence,
        local_day=day,
        local_time=at,
        due_at=due_at,
        not_after=due_at + lasts,
        late=late,
        late_until=None if late_for is None else due_at + late_for,
        why=why or {},
    )


def settle_late(planned: PlannedItem, *, now: datetime) -> PlannedItem | None:
    """Return the contact as it can still be made at `now`, or None if its time has passed.

    `next_window` lets a passed contact (an introduction, say) go out as soon as the rules of hours allow,
    until its limit; anything else that has passed is skipped, visibly.
    """
    if planned.due_at > now:
        return planned
    limit = planned.late_until or planned.not_after
    if planned.late is Late.NEXT_WINDOW and now < limit:
        return replace(planned, due_at=now, not_after=max(limit, planned.not_after))
    return None


def held_until(until: datetime, *, now: datetime, not_after: datetime) -> datetime | None:
    """Return when a contact that must wait is due again, None if it can't wait so long."""
    return None if until >= not_after else max(until, now + timedelta(seconds=1))
