"""Can a sender carry what is planned? And how sends at a popular hour are spread. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from outreach.kernel.ids import stable_fraction
from outreach.messaging.rules import allowance

POPULAR = 20
"""Contacts planned for one moment from which on the next ones are spread."""
SPREAD = timedelta(minutes=20)
MINUTE = timedelta(minutes=1)
ROOM = timedelta(minutes=10)
"""What stays between a spread contact and the end of its time."""
HOUR_MINUTES = 30.0
"""An hour whose texts take a sender longer than this runs into the next one's."""
SEGMENTS_EACH = 2.0
"""Of an automated text, until a sender has sent some: with accents a Spanish one takes two."""


def spread(due_at: datetime, *, not_after: datetime, identity: tuple[object, ...]) -> datetime:
    """Return the moment of a contact at a popular hour: always the same for the same contact.

    It comes some whole minutes later, fewer than twenty, and never so late that its time is over: contacts
    that are apart by seconds would go together or not by how quick a worker is.
    """
    most = min(SPREAD, not_after - due_at - ROOM) // MINUTE
    if most < 1:
        return due_at
    return due_at + MINUTE * (1 + int((most - 1) * stable_fraction("spread", *identity)))


@dataclass(frozen=True, kw_only=True)
class Load:
    """What a sender has before it in the next 24 hours, beside what it may send."""

    label: str
    segments: int
    """Queued, and expected of what is planned."""
    used: int
    """Of the carriers' day so far."""
    per_day: int
    busiest: datetime | None
    busiest_segments: int
    busiest_minutes: int
    """How long the busiest hour's texts take this sender."""
    fits_day: bool
    fits_hour: bool


def weigh(
    *,
    label: str,
    limits: allowance.Limits,
    queued_segments: int,
    used: int,
    segments_each: float,
    by_hour: Mapping[datetime, int],
) -> Load:
    """Return what a plan of so many contacts an hour means for a sender."""
    planned = {hour: ceil(count * segments_each) for hour, count in by_hour.items()}
    total = queued_segments + sum(planned.values())
    busiest = max(planned, key=lambda hour: (planned[hour], hour), default=None)
    most = planned[busiest] if busiest is not None else 0
    minutes = most / limits.segments_per_second / 60
    return Load(
        label=label,
        segments=total,
        used=used,
        per_day=limits.segments_per_day,
        busiest=busiest,
        busiest_segments=most,
        busiest_minutes=ceil(minutes),
        fits_day=allowance.day_fits(planned_segments=total, used_segments=used, limits=limits),
        fits_hour=minutes <= HOUR_MINUTES,
    )
