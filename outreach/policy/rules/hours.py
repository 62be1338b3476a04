"""Quiet hours: in which stretch of a local day automated texts may arrive, and when the next one begins."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from outreach.policy.rules.facts import Facts

SATURDAY, SUNDAY = 5, 6
SEARCH_DAYS = 15
_CLOCK = tuple(f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(24 * 60))
Span = tuple[str, str]
"""Half-open, as "HH:MM"."""


@functools.cache
def _data() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml.safe_load(
        (resources.files("outreach.policy") / "hours.yaml").read_text("utf-8")
    )
    return loaded


def zone_of(facts: Facts) -> ZoneInfo:
    """Return the zone whose wall clock counts: the patient's, or Eastern if theirs is not known."""
    return ZoneInfo(facts.zone or _unknown_zone())


def local(facts: Facts, at: datetime) -> datetime:
    """Return a moment on the patient's wall clock."""
    return _local(facts.zone or _unknown_zone(), at)


@functools.lru_cache(maxsize=4096)
def _local(zone: str, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(zone))


def clock(here: datetime) -> str:
    """Return the time of day as HH:MM."""
    return _CLOCK[here.hour * 60 + here.minute]


@functools.cache
def _unknown_zone() -> str:
    return str(_data()["unknown_zone"]["zone"])


def local_day(facts: Facts, at: datetime | None = None) -> date:
    """Return the patient's day at a moment, now by default: the day a contact counts for."""
    return local(facts, at or facts.now).date()


def window(facts: Facts, day: date) -> Span | None:
    """Return the hours of a local day in which texts may arrive, None if there are none.

    Ours, narrowed by the state's, narrowed by the patient's wish. A wish that leaves no hour on any day of
    a week without holidays is not kept: it can't be, and silence is not what was asked for.
    """
    allowed = _allowed(facts, day, facts.holidays)
    if facts.preferred_from is None or facts.preferred_to is None:
        return allowed
    return _narrow(allowed, _preferred(facts, day)) if _keepable(facts) else allowed


def wish_is_kept(facts: Facts) -> bool:
    """Return whether the preferred hours, if any, can be kept."""
    return facts.preferred_from is None or _keepable(facts)


def inside(facts: Facts, at: datetime) -> bool:
    """Return whether a moment lies in allowed hours."""
    here = local(facts, at)
    span = window(facts, here.date())
    return span is not None and span[0] <= clock(here) < span[1]


def next_allowed(facts: Facts, at: datetime) -> datetime | None:
    """Return the first moment from `at` on that lies in allowed hours; None if none comes in two weeks."""
    if inside(facts, at):
        return at
    first = local(facts, at).date()
    for ahead in range(SEARCH_DAYS):
        day = first + timedelta(days=ahead)
        span = window(facts, day)
        if span is None:
            continue
        opening = moment(facts, day, span[0])
        # A clock that jumps over the opening (daylight saving) may leave the span: then the next day.
        if opening >= at and inside(facts, opening):
            return opening
    return None


def moment(facts: Facts, day: date, wall: str) -> datetime:
    """Return the moment, in UTC, at which the patient's clock shows this time on this day.

    A time that happens twice is the first of the two; one that is skipped is as far after the gap as it
    would have been after its start (PEP 495, fold=0).
    """
    return _moment(facts.zone or _unknown_zone(), day, wall)


@functools.lru_cache(maxsize=4096)
def _moment(zone: str, day: date, wall: str) -> datetime:
    naive = datetime.combine(day, time.fromisoformat(wall))
    return naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _allowed(facts: Facts, day: date, holidays: Collection[date]) -> Span | None:
    if facts.zone is None:
        unknown = _data()["unknown_zone"]
        return unknown["from"], unknown["to"]
    quiet_day = day.weekday() == SUNDAY or day in holidays
    start = max(facts.hours_from, facts.sunday_from) if quiet_day else facts.hours_from
    return _in_state(start, facts.hours_to, facts.us_state, day)


@functools.lru_cache(maxsize=4096)
def _in_state(start: str, end: str, us_state: str | None, day: date) -> Span | None:
    return _narrow((start, end), _state_hours(us_state, day))


def _state_hours(us_state: str | None, day: date) -> Span | None:
    hours = _data()["states"].get(us_state)
    if hours is None:
        return "00:00", "24:00"
    if day.weekday() in (SATURDAY, SUNDAY) and "weekend" in hours:
        hours = hours["weekend"]
    start = hours.get("sunday_from", hours["from"]) if day.weekday() == SUNDAY else hours["from"]
    return start, hours["to"]


def _preferred(facts: Facts, day: date) -> Span | None:
    if facts.preferred_from is None or facts.preferred_to is None:
        return "00:00", "24:00"
    if facts.preferred_days and day.weekday() not in facts.preferred_days:
        return None
    return facts.preferred_from, facts.preferred_to


def _keepable(facts: Facts) -> bool:
    # A week without holidays: with them, a wish would be kept in one week and not in the next, and a text put
    # off by the one answer would be put off again, until it is stale, by the other.
    today = local_day(facts)
    days = (today + timedelta(days=number) for number in range(7))
    return any(_narrow(_allowed(facts, day, ()), _preferred(facts, day)) for day in days)


def _narrow(one: Span | None, other: Span | None) -> Span | None:
    if one is None or other is None:
        return None
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None
