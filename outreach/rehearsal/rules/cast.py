"""Who is in a dry run: phones, the people on them, and all that the rules may know of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Any
from uuid import UUID

from outreach.policy.rules import Facts
from outreach.programs.rules.anchors import Birth
from outreach.programs.rules.definition import Program
from outreach.programs.rules.memory import Heard


@dataclass(frozen=True, kw_only=True)
class Crew:
    """A care team: what its texts call it, and when somebody is there."""

    id: UUID
    clinic: str
    callback: str
    emergency: str
    zone: str
    opening: Sequence[Mapping[str, Any]]
    holidays: frozenset[date]
    shifts: tuple[tuple[datetime, datetime], ...] | None = None
    """None until the team has entered a roster: then opening hours count."""
    by_role: Mapping[str, tuple[tuple[datetime, datetime], ...]] | None = None
    """The shifts of those who may do what a role may, without the roles nobody has; None: not known."""
    can_page: bool = True
    """Whether somebody has a pager: safety texts say only what is true."""

    def with_role(self, role: str | None) -> Crew:
        """Return the team with the hours in which somebody is there who may do what a role may."""
        if role is None or self.by_role is None or (role in self.by_role and self.shifts is None):
            return self
        return replace(self, shifts=self.by_role.get(role, ()))


@dataclass(frozen=True, kw_only=True)
class Join:
    """Somebody starts a program: what it counts from, and when we hear of it."""

    id: UUID
    program: Program
    version: int
    anchor_at: datetime
    at: datetime
    midway: bool = False
    """They are in it already: without knowing where, a dry run shows them as if they began when it begins."""


RUNNING = ("active", "paused")


@dataclass(frozen=True, kw_only=True)
class Going:
    """An enrollment as it stands when a run begins."""

    join: Join
    """Its version, what it counts from, and when it began."""
    anchor_version: int
    state: str
    reason: str | None = None
    heard: tuple[Heard, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A contact as it is stored."""

    id: UUID
    source_kind: str
    source_id: UUID
    step: str
    occurrence: int
    anchor_version: int
    local_day: date
    local_time: time
    due_at: datetime
    not_after: datetime
    state: str
    reason: str | None
    why: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as it is stored: open, or lately so that a late answer may still be for it."""

    id: UUID
    patient_id: UUID
    source_kind: str
    source_id: UUID
    question: Mapping[str, Any]
    opened_at: datetime
    expires_at: datetime
    state: str


@dataclass(frozen=True, kw_only=True)
class Course:
    """How far somebody has come in what we write to them about."""

    going: tuple[Going, ...] = ()
    planned: tuple[Planned, ...] = ()
    """Every contact, those that were made or let go too, in the order they were planned."""
    silences: frozenset[UUID] = frozenset()
    """What the silences that somebody was called for came after: a contact, or the enrollment itself."""
    moves: tuple[Join, ...] = ()
    """Enrollments that go on with another version when the run begins."""


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One thing a care plan orders."""

    id: UUID
    phrase: str | None
    day: int | None
    status: str
    timing: str = ""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A booked visit."""

    id: UUID
    status: str
    starts_at: datetime
    booked_on: date | None
    start_version: int = 1
    told_at: datetime | None = None
    """When we heard of it; None: before the run begins."""


@dataclass(frozen=True, kw_only=True)
class Supply:
    """A medicine's supply."""

    id: UUID
    status: str
    runs_out_on: date
    version: int = 1
    days_source: str = ""
    told_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Aside:
    """The phone of a caregiver whom somebody chose for topics."""

    id: UUID
    topics: frozenset[str]
    may_answer: bool
    """Whatever is asked on it, not only what they were chosen for."""
    language: str | None
    """What is read there, None for the patient's own language."""
    standing: Mapping[str, Facts]
    """By purpose: what policy knew of this phone when the run began."""
    hold_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Person:
    """One patient as the rules know them. `label` is what the report calls them: no name."""

    id: UUID
    label: str
    language: str
    zone: str | None
    preferred_name: str | None = field(repr=False)
    patient: Mapping[str, Any]
    """`patient` in conditions."""
    crew: Crew
    joins: tuple[Join, ...] = ()
    activities: tuple[Activity, ...] = ()
    visits: tuple[Visit, ...] = ()
    supplies: tuple[Supply, ...] = ()
    births: tuple[Birth, ...] = ()
    """Those that their record tells of, with when we heard of them."""
    standing: Mapping[str, Facts] = field(default_factory=dict)
    """By purpose: what policy knew when the run began."""
    course: Course | None = None
    """How far they have come; None to begin with nothing planned and nothing said."""
    may_answer: bool = True
    """The phone is theirs, or a caregiver's who may answer."""
    asides: tuple[Aside, ...] = ()
    """Whom they chose for topics, the one meant first in front."""

    def become(self, **changes: Any) -> None:
        """Be otherwise from now on. Only a run's own copy may."""
        self.__dict__.pop("fields", None)
        self.__dict__.update(changes)

    @cached_property
    def key(self) -> str:
        """Who they are, as what is due together is sorted by."""
        return str(self.id)

    @cached_property
    def fields(self) -> dict[str, str | None]:
        """What texts are filled with."""
        return {"clinic": self.crew.clinic, "callback": self.crew.callback, "name": self.preferred_name}


def as_told(person: Person, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is otherwise about somebody when their record tells something else of them."""
    of_policy = told["policy"]
    return {
        "language": told["language"],
        "zone": told["zone"],
        "preferred_name": told["preferred_name"],
        "patient": {**told["patient"], **{name: person.patient[name] for name in ("deceased", "hospice")}},
        "standing": {purpose: facts.but(**of_policy) for purpose, facts in person.standing.items()},
        "asides": tuple(
            replace(
                one, standing={purpose: facts.but(**of_policy) for purpose, facts in one.standing.items()}
            )
            for one in person.asides
        ),
    }


@dataclass(frozen=True, kw_only=True)
class Act:
    """What was done to somebody's programs or texts at a moment, by staff or by the record."""

    at: datetime
    what: str
    """paused taken_up ended moved goes_on migrated | skipped | opted_out opted_in | deceased hospice
    readmitted at_home | visit | told visit_told supply_told ordered (the record says something else)"""
    patient_id: UUID
    enrollment_id: UUID | None = None
    reason: str = ""
    """Why it ended; a visit's new status."""
    join: Join | None = None
    """What the enrollment follows and counts from afterwards."""
    anchor_version: int = 1
    contact: tuple[str, UUID, str, int] | None = None
    """Kind, source, step and occurrence of what was let go; of a visit the first two."""
    told: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the record says of them from then on."""
    visit: Visit | None = None
    supply: Supply | None = None
    ordered: tuple[Activity, ...] = ()
    """The care plan from then on."""


Spread = tuple[str, UUID, str, int, int]
"""Kind, source, step, occurrence and version of a contact."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Automated texts were held: of everything, a team, a program or a sender."""

    scope: str
    scope_id: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One phone: budget and open question are its own, whoever shares it."""

    id: UUID
    people: tuple[Person, ...]
    hint: str | None = None
    """The language spoken on it, as far as we were told."""
    hold_until: datetime | None = None
    asked: tuple[Asked, ...] = ()
    """Questions of this phone that may still be answered."""
    wrote_at: datetime | None = None
    """When somebody last wrote from it."""
    staff_wrote_at: datetime | None = None
    acts: tuple[Act, ...] = ()
    pauses: tuple[Pause, ...] = ()
    """The widest first."""
    spread: Mapping[Spread, datetime] = field(default_factory=dict)
    """Contacts that were moved off a popular moment when they were planned, and to when."""
    sender: str = ""
    """Id of the sender it is texted from."""


@dataclass(frozen=True, kw_only=True)
class Untexted:
    """Somebody who would be in the program, and has no phone that can be texted."""

    patient_id: UUID
    team_id: UUID
    because: str
    """no_phone | unusable | not_for_answers"""


def midway(lines: Iterable[Line], program: str) -> int:
    """Return how many are in a program already, and go on from where they are."""
    everybody = (person for line in lines for person in line.people)
    return sum(
        any(one.state in RUNNING and one.join.program.key == program for one in each.course.going)
        for each in everybody
        if each.course is not None
    )


def moved(lines: Iterable[Line]) -> int:
    """Return how many are shown as if they were moved to the version that is tried."""
    everybody = (person for line in lines for person in line.people)
    return sum(bool(each.course and each.course.moves) for each in everybody)


def anew(lines: Iterable[Line], program: str) -> int:
    """Return how many are in a program already, and are shown as if they began it when the run begins."""
    everybody = (person for line in lines for person in line.people)
    return sum(any(one.midway and one.program.key == program for one in each.joins) for each in everybody)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A reply of a script."""

    patient_id: UUID
    at: datetime
    text: str = field(repr=False)
    by_staff: bool = False
    """A colleague wrote it to the patient: automated texts wait for a while."""
    goes_at: datetime | None = None
    """When it goes, if they chose a later time: only then the automated texts begin to wait."""
    taken_back: bool = False
    """They took it back before it went."""
    phone_id: UUID | None = None
    """Which phone it was written on; None for the patient's own."""
