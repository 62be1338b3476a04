"""A whole dry run: every phone by itself, then the figures of all of them."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.escalations.rules import clocks
from outreach.rehearsal.rules import report
from outreach.rehearsal.rules.answers import Rates
from outreach.rehearsal.rules.cast import Crew, Line, Person, Said, Untexted
from outreach.rehearsal.rules.report import DryRun, Event, Text
from outreach.rehearsal.rules.stage import Stage
from outreach.staff.rules import is_open

HALF_HOUR = timedelta(minutes=30)
MOMENTS, CREWS = 16384, 64
T = TypeVar("T", Text, Event)
_PLACE_OF_TEXT = attrgetter("at", "label", "kind", "body")
_PLACE_OF_EVENT = attrgetter("at", "label")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be rehearsed."""

    program: str
    version: str
    since: datetime
    until: datetime
    rates: Rates
    script: Sequence[Said] = ()
    played_from: datetime | None = None
    """When it begins to be played, if that is before it is shown: people are in mid-course then."""
    untexted: tuple[Untexted, ...] = ()
    """Who would be in it, too, and can't be texted: nothing is played for them."""
    role: str | None = None
    """Whom the program needs for its answers: hours count as staffed while somebody is on who may do that."""


def rehearse(lines: Iterable[Line], asked: Asked) -> DryRun:
    """Run every phone from `since` to `until`, and return all that would happen, in order of time."""
    texts: list[Text] = []
    events: list[Event] = []
    crew: Crew | None = None
    people = 0
    said: dict[UUID, list[Said]] = {}
    for one in asked.script:
        said.setdefault(one.patient_id, []).append(one)
    with _without_collecting():
        for line in lines:
            crew = crew or line.people[0].crew
            people += len(line.people)
            stage = play(line, asked, said)
            texts += _shown(stage.texts, asked)
            events += _shown(stage.events, asked)
            stage.let_go()
        texts.sort(key=_PLACE_OF_TEXT)
        events.sort(key=_PLACE_OF_EVENT)
        return _figures(asked, texts, events, crew=crew, people=people)


def _shown(found: list[T], asked: Asked) -> list[T]:
    return found if asked.played_from is None else [one for one in found if one.at >= asked.since]


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Spare the collector a million values of which none holds itself."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def play(line: Line, asked: Asked, said: Mapping[UUID, Sequence[Said]]) -> Stage:
    """Run one phone."""
    script = [one for person in line.people for one in said.get(person.id, ())]
    now = asked.played_from or asked.since
    stage = Stage(line=line, staffed=staffed, comes=comes, rates=asked.rates, script=script, now=now)
    stage.run(asked.until)
    return stage


def staffed(person: Person, at: datetime) -> bool:
    """Return whether somebody of the patient's team is there at a moment."""
    return _known(person.crew).is_there(at)


def comes(person: Person, at: datetime) -> datetime | None:
    """Return when somebody of the patient's team comes, for a moment at which nobody is there."""
    return _known(person.crew).comes(at)


class _Roster:
    """A team's hours, asked about the same moments ten thousand times."""

    def __init__(self, crew: Crew) -> None:
        hours = clocks.Hours(zone=crew.zone, opening=crew.opening, holidays=crew.holidays, shifts=crew.shifts)
        self.crew = crew
        self.is_there = lru_cache(maxsize=MOMENTS)(lambda at: crew_is_there(crew, at))
        self.next = lru_cache(maxsize=MOMENTS)(lambda at: clocks.next_staffed(hours, at=at))

    def comes(self, at: datetime) -> datetime | None:
        found: datetime = self.next(at)
        return found if found > at else None


_rosters: dict[int, _Roster] = {}


def _known(crew: Crew) -> _Roster:
    found = _rosters.get(id(crew))
    if found is None or found.crew is not crew:
        if len(_rosters) >= CREWS:
            _rosters.clear()
        found = _rosters[id(crew)] = _Roster(crew)
    return found


def crew_is_there(crew: Crew, at: datetime) -> bool:
    """Return whether somebody is there: on the roster, or, without one, in opening hours."""
    if crew.shifts is not None:
        return any(start <= at < end for start, end in crew.shifts)
    return is_open(crew.opening, zone=crew.zone, holidays=crew.holidays, at=at)


def _figures(
    asked: Asked, texts: list[Text], events: list[Event], *, crew: Crew | None, people: int
) -> DryRun:
    found: tuple[report.Day, ...] = ()
    nobody = asked.role is not None and crew is not None and asked.role not in (crew.by_role or {asked.role})
    if crew is not None:
        crew = crew.with_role(asked.role)
        there = lru_cache(maxsize=None)(lambda at: crew_is_there(crew, at))
        found = report.days(texts, events, zone=crew.zone, staffed=_hours(crew, asked), is_staffed=there)
    let_go = Counter(one.reason for one in events if one.what in ("skipped", "suppressed", "expired"))
    return DryRun(
        program=asked.program,
        version=asked.version,
        since=asked.since,
        until=asked.until,
        patients=people,
        role=asked.role,
        nobody=nobody,
        joined=sum(1 for one in events if one.what == "joined" and one.subject == asked.program),
        rates=asked.rates.source,
        texts=tuple(texts),
        events=tuple(events),
        days=found,
        clashes=report.clashes(texts, events),
        segments=sum(one.segments for one in texts),
        by_program=dict(sorted(Counter(one.program or one.kind for one in texts).items())),
        let_go=dict(sorted(let_go.items())),
        per_sender_day=max((one.segments for one in found), default=0),
    )


def _hours(crew: Crew, asked: Asked) -> dict[date, float]:
    hours: Counter[date] = Counter()
    place, at = ZoneInfo(crew.zone), asked.since
    counted: dict[date, float] = {}
    while at < asked.until:
        if crew_is_there(crew, at):
            hours[at.astimezone(place).date()] += 1
        at += HALF_HOUR
    for day, halves in hours.items():
        counted[day] = halves / 2
    return counted
