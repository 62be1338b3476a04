"""What a sender may send: segments per second as a bucket, and the carriers' cap per day.

Sources: messages per second are counted in segments (long code about 1, toll-free 3, 10DLC by trust score
3.75 to 225); T-Mobile's and the daily 10DLC caps start again at midnight Pacific time (errors 30023, 30027).
docs/sending.md explains the tiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
BURST_SECONDS = 1.0
KEPT_FOR_PEOPLE = 0.1
"""Share of a day's cap that programs and reminders leave for staff, answers and safety."""
LAST_ANSWER_PRIORITY = 2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a sender's carriers let through."""

    segments_per_second: float
    segments_per_day: int


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a sender has left in its bucket, and what it used of its carriers' day."""

    tokens: float
    refilled_at: datetime
    day: str
    day_segments: int


@dataclass(frozen=True, kw_only=True)
class Want:
    """A text that asks to go: its priority and its parts."""

    priority: int
    segments: int


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Which of the texts asked for may go (by position), and what is left then."""

    places: tuple[int, ...]
    spent: Spent
    wait_seconds: float | None
    """When to come again for the rest: None if all may go, or if only another day will do."""
    for_another_day: tuple[int, ...]
    """Those the carriers' day has no room for."""


def carriers_day(machine_now: datetime) -> str:
    """Return the carriers' date, which changes at midnight Pacific time."""
    return machine_now.astimezone(PACIFIC).date().isoformat()


def next_carriers_day(machine_now: datetime) -> datetime:
    """Return when the carriers' next day starts."""
    local = machine_now.astimezone(PACIFIC)
    tomorrow = local.date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=PACIFIC).astimezone(
        machine_now.tzinfo
    )


def fresh(limits: Limits, machine_now: datetime) -> Spent:
    """Return the state of a sender that has not sent yet: a full bucket, a new day."""
    return Spent(
        tokens=_capacity(limits), refilled_at=machine_now, day=carriers_day(machine_now), day_segments=0
    )


def refill(spent: Spent, limits: Limits, machine_now: datetime) -> Spent:
    """Return the bucket as it has filled since, and a new day's count on a new day."""
    seconds = max((machine_now - spent.refilled_at).total_seconds(), 0.0)
    tokens = min(_capacity(limits), spent.tokens + seconds * limits.segments_per_second)
    today = carriers_day(machine_now)
    used = spent.day_segments if spent.day == today else 0
    return Spent(tokens=tokens, refilled_at=max(machine_now, spent.refilled_at), day=today, day_segments=used)


def grant(spent: Spent, limits: Limits, wanted: Sequence[Want]) -> Granted:
    """Choose, in the order given, which texts may go now.

    A text may go while the bucket is above empty, and may leave it in debt: so a long text is never starved
    and the average still holds. Safety texts go at once and are counted.
    """
    places: list[int] = []
    wait: float | None = None
    late: list[int] = []
    for place, want in enumerate(wanted):
        if not _fits_day(spent, limits, want):
            late.append(place)
        elif spent.tokens <= 0 and want.priority > 0:
            wait = wait if wait is not None else _wait(spent, limits)
        else:
            places.append(place)
            spent = replace(
                spent, tokens=spent.tokens - want.segments, day_segments=spent.day_segments + want.segments
            )
    return Granted(places=tuple(places), spent=spent, wait_seconds=wait, for_another_day=tuple(late))


def give_back(spent: Spent, segments: int) -> Spent:
    """Return what is left after texts that were never posted have been put back."""
    return replace(spent, tokens=spent.tokens + segments, day_segments=max(spent.day_segments - segments, 0))


def day_fits(*, planned_segments: int, used_segments: int, limits: Limits) -> bool:
    """Return whether what is planned for a day fits under the cap, the share for people left alone."""
    return used_segments + planned_segments <= limits.segments_per_day * (1 - KEPT_FOR_PEOPLE)


def _capacity(limits: Limits) -> float:
    return max(limits.segments_per_second * BURST_SECONDS, 1.0)


def _wait(spent: Spent, limits: Limits) -> float:
    return max(-spent.tokens, 0.0) / limits.segments_per_second + 1 / limits.segments_per_second


def _fits_day(spent: Spent, limits: Limits, want: Want) -> bool:
    if want.priority == 0:
        return True
    share = 1.0 if want.priority <= LAST_ANSWER_PRIORITY else 1 - KEPT_FOR_PEOPLE
    return spent.day_segments + want.segments <= limits.segments_per_day * share
