"""Invented people for a dry run before there are real ones: the same ones each time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from outreach.kernel.ids import stable_fraction
from outreach.policy.rules import Facts
from outreach.programs.rules.conditions import Plain
from outreach.programs.rules.definition import Program
from outreach.rehearsal.rules.cast import Activity, Crew, Join, Line, Person, Visit

ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", None)
NAMES = ("Maria", "James", "Rosa", "Lee", "Nora", "Omar", "Ines", "Carl")
PHRASES = ("wound_check", "walking", "diet")
SPANISH, LOW_LITERACY, HAS_VISIT, HAS_ACTIVITY = 0.2, 0.15, 0.5, 0.3
MINUTE = timedelta(minutes=1)


def lines(count: int, *, program: Program, version: int, crew: Crew, since: datetime) -> tuple[Line, ...]:
    """Return so many phones with one patient each, all in a program from their discharge on.

    They go home over the first week, by day.
    """
    return tuple(_line(nth, (program,), version, crew, since) for nth in range(count))


def crowd(
    count: int, *, courses: Sequence[tuple[Program, ...]], crew: Crew, since: datetime
) -> tuple[Line, ...]:
    """Return so many phones with one patient each, who are in turn in the programs of one of the courses."""
    return tuple(_line(nth, courses[nth % len(courses)], 1, crew, since) for nth in range(count))


def _line(nth: int, programs: tuple[Program, ...], version: int, crew: Crew, since: datetime) -> Line:
    def chance(what: str) -> float:
        return stable_fraction("synthetic", what, nth)

    home = since + MINUTE * int(chance("home") * 7 * 24 * 60)
    language = "es" if chance("language") < SPANISH else "en"
    zone = ZONES[int(chance("zone") * len(ZONES))]
    person_id = UUID(int=(1 << 100) + nth)
    visits: tuple[Visit, ...] = ()
    if chance("visit") < HAS_VISIT:
        starts = (home + timedelta(days=5 + int(chance("when") * 20))).replace(hour=17, minute=0, second=0)
        visits = (
            Visit(
                id=UUID(int=(2 << 100) + nth),
                status="booked",
                starts_at=starts,
                booked_on=date.fromordinal(since.date().toordinal() - 3),
            ),
        )
    person = Person(
        id=person_id,
        label=f"synthetic-{nth}",
        language=language,
        zone=zone,
        preferred_name=NAMES[int(chance("name") * len(NAMES))],
        patient=Plain(
            {
                "language": language,
                "literacy": "plain" if chance("literacy") < LOW_LITERACY else "standard",
                "risk_tier": "",
                "needs": [],
                "deceased": False,
                "hospice": False,
            }
        ),
        crew=crew,
        joins=tuple(
            Join(
                id=UUID(int=(3 << 100) + (place << 80) + nth),
                program=program,
                version=version,
                anchor_at=home,
                at=home,
            )
            for place, program in enumerate(programs)
        ),
        activities=(
            (Activity(id=UUID(int=(4 << 100) + nth), phrase=None, day=None, status="active"),)
            if chance("activity") < HAS_ACTIVITY
            else ()
        ),
        visits=visits,
        standing={
            purpose: Facts(now=since, kind="program", purpose=purpose, consent_allowed=True, zone=zone)
            for purpose in ("care", "reminders")
        },
    )
    return Line(id=UUID(int=(5 << 100) + nth), people=(person,), hint=language)
