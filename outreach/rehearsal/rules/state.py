"""What changes while a dry run goes on: plans, open questions, enrollments. Live, these are rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from outreach.programs.rules.anchors import Born
from outreach.programs.rules.course import Said
from outreach.programs.rules.definition import Program
from outreach.programs.rules.memory import Heard
from outreach.rehearsal.rules.cast import Aside, Join, Person
from outreach.touchpoints.rules.timing import PlannedItem
from outreach.touchpoints.rules.wording import Composed

WAITING = ("planned", "held")


@dataclass(kw_only=True)
class Source:
    """What contacts come from: an enrollment, an activity, a visit, a medicine's supply."""

    id: UUID
    kind: str
    text: str
    """Its id in words."""
    contacts: list[Contact] = field(default_factory=list)
    left: int = 0
    """How many of them are still to come."""
    said: list[Contact] = field(default_factory=list)
    """Those that were sent."""


@dataclass(kw_only=True)
class Contact:
    """A planned contact."""

    id: int
    person: Person
    source_kind: str
    source_id: UUID
    source: Source
    enrolled: Enrolled | None
    """Whose program it belongs to, an activity's question too."""
    step: str
    occurrence: int
    anchor_version: int
    local_day: date
    local_time: time
    due_at: datetime
    not_after: datetime
    why: Mapping[str, Any]
    state: str = "planned"
    reason: str | None = None
    rule: str | None = None
    """Which rule of policy spoke when it was last judged."""
    asked_until: datetime | None = None
    """When the time of its question is over, once it was asked."""

    @property
    def subject(self) -> str:
        """What reports call it."""
        return subject_of(self.source_kind, self.step, self.occurrence, self.why)


def subject_of(source_kind: str, step: str, occurrence: int, why: Mapping[str, Any]) -> str:
    """Return what reports call a contact: "heart-failure/daily@3", "appointment/ask"."""
    return _subject(why.get("program") if source_kind == "program" else source_kind, step, occurrence)


@lru_cache(maxsize=4096)
def _subject(owner: str | None, step: str, occurrence: int) -> str:
    plain = ":".join(step.split(":")[:2])
    return f"{owner}/{plain}@{occurrence}" if occurrence else f"{owner}/{plain}"


def contact(
    number: int, person: Person, source: Source, enrolled: Enrolled | None, version: int, item: PlannedItem
) -> Contact:
    """Return the contact a plan asks for."""
    return Contact(
        id=number,
        person=person,
        source_kind=source.kind,
        source_id=source.id,
        source=source,
        enrolled=enrolled,
        step=item.step,
        occurrence=item.occurrence,
        anchor_version=version,
        local_day=item.local_day,
        local_time=item.local_time,
        due_at=item.due_at,
        not_after=item.not_after,
        why=item.why,
    )


@dataclass(kw_only=True)
class Prompt:
    """A question that was asked."""

    prompt_id: UUID
    patient_id: UUID
    contact: Contact
    question: Mapping[str, Any]
    opened_at: datetime
    expires_at: datetime
    state: str = "open"
    on: Aside | None = None
    """The caregiver's phone it was asked on."""

    @property
    def words(self) -> tuple[str, ...]:
        """Its reply words."""
        return tuple(str(option["word"]) for option in self.question.get("options", ()))


@dataclass(kw_only=True)
class Enrolled:
    """One patient in one program."""

    join: Join
    person: Person
    state: str = "active"
    reason: str | None = None
    anchor_version: int = 1
    heard: list[Heard] = field(default_factory=list)
    known_at: tuple[date, int, Born] | None = None
    known: dict[str, Any] = field(default_factory=dict)
    """What conditions may ask about, on that day, after so many answers and with what is known of births."""
    composed: dict[Said, Composed] = field(default_factory=dict)
    """What was said to them so far: the same words, filled the same."""
    replies: dict[str, str] = field(default_factory=dict)
    """What acknowledged their answers so far, by what it was filled from."""

    program: Program = field(init=False)
    """What it follows."""

    def __post_init__(self) -> None:
        self.program = self.join.program

    def follow(self, join: Join) -> None:
        """Follow another version, or count from another moment, from now on."""
        self.join, self.program, self.known_at = join, join.program, None
        self.composed.clear()
        self.replies.clear()
