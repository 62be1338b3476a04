"""What a dry run shows: every text, every event, and the figures a program owner decides by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.kernel.quick import quick
from outreach.touchpoints.rules.timing import UNKNOWN_ZONE


@quick
@dataclass(frozen=True, kw_only=True)
class Text:
    """One text that would go out. `parts` names the contacts it says: "heart-failure/daily@3"."""

    at: datetime
    local: str
    """The patient's own clock, "2026-03-12 10:00"."""
    patient_id: UUID
    label: str
    kind: str
    program: str | None
    parts: tuple[str, ...]
    body: str = field(repr=False)
    language: str
    segments: int
    question: str | None = None
    late: int = 0
    """Whole minutes that it left after its time, in the past: workers were busy or down."""


@quick
@dataclass(frozen=True, kw_only=True)
class Event:
    """Something else that happens: a contact waits or is let go, an answer, a call for a person."""

    at: datetime
    local: str
    patient_id: UUID
    label: str
    what: str
    """joined answered held skipped suppressed expired merged over escalated task silence stopped finished"""
    subject: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Day:
    """A day of the team's calendar in figures."""

    day: date
    texts: int
    segments: int
    questions: int
    answers: int
    red: int
    orange: int
    yellow: int
    silent: int
    unstaffed: int
    """Escalations that come while nobody is there."""
    staffed_hours: float
    busiest_hour: int
    """Most texts within one hour of that day."""


@dataclass(frozen=True, kw_only=True)
class Clash:
    """Contacts of one patient that were due together or stood in each other's way."""

    label: str
    local: str
    what: str
    """merged | budget | question | over"""
    subjects: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """A whole dry run."""

    program: str
    version: str
    since: datetime
    until: datetime
    patients: int
    joined: int
    rates: str
    texts: tuple[Text, ...]
    events: tuple[Event, ...]
    days: tuple[Day, ...]
    clashes: tuple[Clash, ...]
    segments: int
    by_program: Mapping[str, int]
    """Texts by the program they belong to."""
    let_go: Mapping[str, int]
    """Contacts that were not made, by reason."""
    per_sender_day: int
    """Most segments on one day."""
    role: str | None = None
    """Whose hours count as staffed: of those who may do what this role may; None: anybody's."""
    nobody: bool = False
    """Whether nobody of the team may do that."""

    def dump(self) -> dict[str, Any]:
        """Return the run as JSON values."""
        return {key: _plain(value) for key, value in asdict(self).items()}


@lru_cache(maxsize=4096)
def local(moment: datetime, zone: str | None) -> str:
    """Return a moment on somebody's wall clock, to the minute."""
    return moment.astimezone(ZoneInfo(zone or UNKNOWN_ZONE)).isoformat(" ", "minutes")[:16]


ESCALATIONS = ("red", "orange", "yellow", "silent")
WAITS = {"budget": "budget", "another_question_is_open": "question"}


def clashes(texts: Iterable[Text], events: Iterable[Event]) -> tuple[Clash, ...]:
    """Return where contacts met: merged, put off by the budget or by an open question, asked over one."""
    found = [
        Clash(label=one.label, local=one.local, what="merged", subjects=one.parts)
        for one in texts
        if len(one.parts) > 1
    ]
    for one in events:
        what = "over" if one.what == "over" else WAITS.get(one.reason)
        if what and one.what in ("held", "expired", "suppressed", "over"):
            found.append(Clash(label=one.label, local=one.local, what=what, subjects=(one.subject,)))
    return tuple(sorted(found, key=lambda one: (one.local, one.label, one.what, one.subjects)))


def days(
    texts: Iterable[Text],
    events: Iterable[Event],
    *,
    zone: str,
    staffed: Mapping[date, float],
    is_staffed: Any,
) -> tuple[Day, ...]:
    """Return the figures of each day where the team is."""
    place = ZoneInfo(zone)
    counts: dict[date, Counter[str]] = {}
    hours: Counter[tuple[date, int]] = Counter()
    here = lru_cache(maxsize=4096)(lambda at: at.astimezone(place))
    for text in texts:
        at = here(text.at)
        today = at.date()
        hours[today, at.hour] += 1
        day = counts.get(today) or counts.setdefault(today, Counter())
        day["texts"] += 1
        day["segments"] += text.segments
        day["questions"] += text.question is not None
    for event in events:
        today = here(event.at).date()
        day = counts.get(today) or counts.setdefault(today, Counter())
        if event.what == "answered":
            day["answers"] += 1
        elif event.what == "escalated":
            tier = event.subject.split("/")[0]
            day[tier] += 1
            day["unstaffed"] += not is_staffed(event.at)
    return tuple(
        Day(
            day=day,
            **{name: found[name] for name in ("texts", "segments", "questions", "answers", "unstaffed")},
            **{tier: found[tier] for tier in ESCALATIONS},
            staffed_hours=staffed.get(day, 0.0),
            busiest_hour=max((hours[day, hour] for hour in range(24)), default=0),
        )
        for day, found in sorted(counts.items())
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
