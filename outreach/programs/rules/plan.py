"""From a program and an anchor to planned contacts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar

from outreach.care import rules as care
from outreach.programs.rules.definition import Program, Step
from outreach.touchpoints.rules.timing import Late, PlannedItem, item, local_clock, local_date

ACTIVITY_AT = time(11, 0)
ACTIVITY_LASTS = timedelta(days=5)
FOLLOW_UP_LASTS = timedelta(hours=24)
SILENCE_LASTS = timedelta(hours=72)
SILENT = "silent_since"
"""Marks the text that follows silence: when it was noticed."""
TCM_PERIOD = timedelta(days=30)
"""Transitional care management is over 30 days after the discharge (CMS, MLN908628; CPT 99495, 99496)."""


def items(
    program: Program, *, anchor_at: datetime, zone: str | None, why: dict[str, str]
) -> tuple[PlannedItem, ...]:
    """Return every contact of a program, in order of time. Day 0 is the anchor's day where the patient is."""
    start = local_date(anchor_at, zone)
    planned = [one for step in program.steps for one in _of_step(step, start=start, zone=zone, why=why)]
    return tuple(sorted(planned, key=lambda one: (one.due_at, one.step)))


def _of_step(step: Step, *, start: date, zone: str | None, why: dict[str, str]) -> list[PlannedItem]:
    lasts, late, marked = timedelta(hours=step.lasts_hours), Late(step.late), why | _marks(step)
    late_for = None if step.late_for_hours is None else timedelta(hours=step.late_for_hours)
    days = [(nth, start + timedelta(days=nth)) for nth in step.days]
    return [
        item(
            step=step.id,
            occurrence=nth,
            day=day,
            at=step.at,
            zone=zone,
            lasts=lasts,
            late=late,
            late_for=late_for,
            why=marked,
        )
        for nth, day in days
        if not step.weekdays or day.weekday() in step.weekdays
    ]


def _marks(step: Step) -> dict[str, str]:
    return (
        ({"asks": step.ask} if step.ask else {})
        | ({"task": step.task.kind} if step.task else {})
        | ({"late": step.late} if step.late != Late.SKIP else {})
    )


def follow_up(
    question: str, *, after: str, now: datetime, zone: str | None, why: dict[str, str]
) -> PlannedItem:
    """Return the contact for a question that follows an answer at once. `after` tells which answer."""
    return PlannedItem(
        step=f"then:{question}:{after}",
        local_day=local_date(now, zone),
        local_time=local_clock(now, zone),
        due_at=now,
        not_after=now + FOLLOW_UP_LASTS,
        late=Late.NEXT_WINDOW,
        late_until=now + FOLLOW_UP_LASTS,
        why=why | {"asks": question, "follows": after},
    )


def after_silence(
    say: str, *, after: str | None, now: datetime, zone: str | None, why: dict[str, str]
) -> PlannedItem:
    """Return the contact for the text that follows silence: at once, or with another text of these days.

    `after` tells which answer was the last before it, None for none.
    """
    return PlannedItem(
        step="then:silence" if after is None else f"then:silence:{after}",
        local_day=local_date(now, zone),
        local_time=local_clock(now, zone),
        due_at=now,
        not_after=now + SILENCE_LASTS,
        late=Late.NEXT_WINDOW,
        late_until=now + SILENCE_LASTS,
        why=why | {"says": say, SILENT: now.isoformat()},
    )


def activity_items(
    days: tuple[int, ...], *, phrase: str, anchor_at: datetime, zone: str | None, why: dict[str, str]
) -> tuple[PlannedItem, ...]:
    """Return the questions about one care-plan activity, at 11:00 on its days after the anchor.

    They wait up to five days for room in the contact budget.
    """
    start = local_date(anchor_at, zone)
    return tuple(
        item(
            step=f"activity:{phrase}",
            occurrence=day,
            day=start + timedelta(days=day),
            at=ACTIVITY_AT,
            zone=zone,
            lasts=ACTIVITY_LASTS,
            why=why | {"asks": "activity", "phrase": phrase},
        )
        for day in days
    )


class Ordered(Protocol):
    """One thing a care plan orders."""

    @property
    def phrase(self) -> str | None:
        """Safe words for it, None if it is left to staff."""
        ...

    @property
    def day(self) -> int | None:
        """Day after the anchor, None if the care plan names none."""
        ...

    @property
    def status(self) -> str:
        """As its source words it."""
        ...


LIVE_ACTIVITY = ("active", "in-progress", "scheduled", "not-started", "on-hold", "unknown", "")
Some = TypeVar("Some", bound=Ordered)


def askable(activities: Iterable[Some]) -> tuple[tuple[Some, tuple[int, ...]], ...]:
    """Return the activities that are asked about, with their days: one for each safe phrase."""
    found: dict[str, tuple[Some, tuple[int, ...]]] = {}
    for one in activities:
        if one.phrase is None or one.phrase in found or one.status not in LIVE_ACTIVITY:
            continue
        days = (one.day,) if one.day is not None else care.phrase(one.phrase, "en").days
        found[one.phrase] = (one, days)
    return tuple(found.values())


def too_long_ago(program: Program, *, anchor_at: datetime, now: datetime) -> bool:
    """Return whether nothing of the program could still be said: its last day is over."""
    return now > anchor_at + timedelta(days=program.days + 1)


def tcm_is_due(program: Program, *, anchor_at: datetime, now: datetime) -> bool:
    """Return whether a person must call within two business days: not for who joins after the period."""
    return program.tcm and now <= anchor_at + TCM_PERIOD
