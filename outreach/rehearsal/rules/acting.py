"""What staff and the record did meanwhile, done again: pauses, skips, stops, moves, deaths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from outreach.conversations.rules import STAFF_TALK_HOLD
from outreach.programs.rules import course, plan
from outreach.rehearsal.rules.cast import Act, Join, Person, Said
from outreach.rehearsal.rules.going import GoingOn
from outreach.rehearsal.rules.phone import TOLD
from outreach.rehearsal.rules.state import Contact, Enrolled
from outreach.touchpoints.rules.timing import Late, PlannedItem, local_date

FIRST = -1
"""What was done comes before anything else of the same moment."""
SAID = ("sent", "answered")
RUNNING = ("active", "paused")


class Acting(GoingOn):
    """A phone whose people's programs are in somebody's hands."""

    def _foresee(self) -> None:
        """Note when what is on record will be done."""
        for act in self.line.acts:
            self._note(max(act.at, self.now), FIRST, act)
        for pause in self.line.pauses:
            if pause.until is not None:
                self._note(max(pause.until, self.now), TOLD, (self._sent_again,))
        for person in self.line.people:
            for join in person.course.moves if person.course else ():
                enrolled = self.enrolled[join.id]
                self._note(self.now, TOLD, (self._migrate, enrolled, join, enrolled.anchor_version + 1))

    def _done(self, act: Act) -> None:
        """Do again what was done."""
        if act.enrollment_id is None:
            WITH_PERSON[act.what](self, act)
            return
        enrolled = self.enrolled.get(act.enrollment_id)
        if enrolled is not None:
            WITH_ENROLLMENT[act.what](self, enrolled, act)
        elif any(one.id == act.enrollment_id for who in self.line.people for one in who.joins):
            # They join at this very moment.
            self._note(self.now, TOLD, (self._done_after, act))

    def _done_after(self, act: Act) -> None:
        if act.enrollment_id in self.enrolled:
            self._done(act)

    def _plan(
        self, person: Person, kind: str, source: UUID, version: int, items: Sequence[PlannedItem]
    ) -> None:
        if self.line.spread:
            items = [self._spread(kind, source, version, one) for one in items]
        super()._plan(person, kind, source, version, items)

    def _spread(self, kind: str, source: UUID, version: int, one: PlannedItem) -> PlannedItem:
        due_at = self.line.spread.get((kind, source, one.step, one.occurrence, version))
        return one if due_at is None or one.due_at <= self.now else replace(one, due_at=due_at)

    def _pause(self, enrolled: Enrolled, act: Act) -> None:
        enrolled.state = "paused"

    def _take_up_again(self, enrolled: Enrolled, act: Act) -> None:
        enrolled.state = "active"
        self._plan_anew(enrolled)
        self._drop_repeated(enrolled)
        self._finish_all(enrolled)

    def _ended(self, enrolled: Enrolled, act: Act) -> None:
        if enrolled.state == "stopped" and enrolled.reason == course.TEXTS_ONLY:
            enrolled.reason = act.reason
        self._end(enrolled, act.reason)

    def _moved(self, enrolled: Enrolled, act: Act) -> None:
        if act.join is None:
            return
        enrolled.follow(act.join)
        enrolled.anchor_version = act.anchor_version
        if act.what == "goes_on":
            enrolled.state, enrolled.reason = "active", None
        if enrolled.state == "active":
            self._plan_anew(enrolled)
            if act.reason == "encounter" and act.join.program.anchor == "discharge":
                self._drop_repeated(enrolled)

    def _migrated(self, enrolled: Enrolled, act: Act) -> None:
        if act.join is not None:
            self._migrate(enrolled, act.join, act.anchor_version)

    def _migrate(self, enrolled: Enrolled, join: Join, version: int) -> None:
        enrolled.follow(join)
        enrolled.anchor_version = version
        if enrolled.state == "active":
            self._plan_anew(enrolled)
            self._drop_repeated(enrolled)

    def _plan_anew(self, enrolled: Enrolled) -> None:
        """Plan what an enrollment means from where it counts now; what older plans had to come goes."""
        sources = {enrolled.join.id}
        if enrolled.program.activities:
            sources |= {one.id for one, _ in plan.askable(enrolled.person.activities)}
        for one in list(self.waiting.values()):
            if (
                one.source_id in sources
                and one.enrolled is enrolled
                and one.anchor_version < enrolled.anchor_version
            ):
                self._settle(one, "skipped", "anchor_moved")
        self._plan_course(enrolled)

    def _drop_repeated(self, enrolled: Enrolled) -> None:
        for one in list(self.waiting.values()):
            if one.enrolled is enrolled and any(_said_before(one, other) for other in one.source.contacts):
                self._settle(one, "skipped", "sent_before")

    def _finish_all(self, enrolled: Enrolled) -> None:
        left = self.by_source.get(enrolled.join.id)
        if enrolled.state == "active" and (left is None or not left.left):
            enrolled.state = "finished"
            self._tell(enrolled.person, "finished", enrolled.program.key)

    def _go_on(self) -> None:
        """Take up again, from today on, what an opt-out had ended."""
        for enrolled in self.enrolled.values():
            if enrolled.state != "stopped" or enrolled.reason != course.TEXTS_ONLY:
                continue
            if plan.too_long_ago(enrolled.program, anchor_at=enrolled.join.anchor_at, now=self.now):
                continue
            enrolled.state, enrolled.reason = "active", None
            enrolled.anchor_version += 1
            self._plan_anew(enrolled)
            self._drop_repeated(enrolled)

    def _stop_texts(self) -> None:
        for enrolled in self.enrolled.values():
            if course.TEXTS_ONLY in enrolled.program.stops:
                self._end(enrolled, course.TEXTS_ONLY)

    def _opted_out(self, act: Act) -> None:
        if self.opted_out_at is None:
            self.opted_out_at = self.now
            self._stop_texts()

    def _opted_in(self, act: Act) -> None:
        if self.opted_out_at is not None:
            self.opted_out_at, self.confirmed_at = None, None
            self._go_on()

    def _skip(self, act: Act) -> None:
        found = [one for one in self.waiting.values() if act.contact == _identity(one)]
        for one in sorted(found, key=_due_at)[:1]:
            self._settle(one, "skipped", act.reason)

    def _otherwise(self, act: Act) -> None:
        self.changed[act.patient_id] = {**self.changed.get(act.patient_id, {}), **FACTS[act.what]}

    def _visit_changed(self, act: Act) -> None:
        if act.contact is None:
            return
        source_id = act.contact[1]
        self.visits[source_id] = act.reason
        for one in list(self.waiting.values()):
            if one.source_kind == "appointment" and one.source_id == source_id:
                self._settle(one, "skipped", "appointment_off")

    def _sent_again(self) -> None:
        """Let go of what a pause of sending held beyond its day."""
        concerned = []
        for one in list(self.waiting.values()):
            if _overslept(one, self.now):
                self._settle(one, "skipped", "day_over")
                concerned.append(one)
        for one in concerned:
            if one.enrolled is not None:
                self._finish_all(one.enrolled)

    def _staff_wrote(self, said: Said) -> None:
        if not said.taken_back:
            self.staff_wrote_at = self.now
        if said.goes_at is None:
            self._talk()
        elif not said.taken_back:
            self._note(said.goes_at, TOLD, (self._talk,))

    def _talk(self) -> None:
        self.hold_until = self.now + STAFF_TALK_HOLD


def _said_before(one: Contact, other: Contact) -> bool:
    return (
        (other.step, other.occurrence) == (one.step, one.occurrence)
        and other.anchor_version < one.anchor_version
        and (other.state in SAID or other.reason == course.GIVEN_TO_STAFF)
    )


def _overslept(one: Contact, now: datetime) -> bool:
    return (
        one.state == "held"
        and one.source_kind in ("program", "activity")
        and one.rule == "paused"
        and "follows" not in one.why
        and one.why.get("late") != Late.NEXT_WINDOW
        and one.local_day < local_date(now, one.person.zone)
    )


def plain(step: str) -> str:
    """Return a step without the answer it follows, which has another name in a run."""
    return ":".join(step.split(":")[:2])


def _identity(one: Contact) -> tuple[str, UUID, str, int]:
    return one.source_kind, one.source_id, plain(one.step), one.occurrence


def _due_at(one: Contact) -> datetime:
    return one.due_at


WITH_ENROLLMENT: Mapping[str, Callable[[Any, Enrolled, Act], None]] = {
    "paused": Acting._pause,
    "taken_up": Acting._take_up_again,
    "ended": Acting._ended,
    "moved": Acting._moved,
    "goes_on": Acting._moved,
    "migrated": Acting._migrated,
}
FACTS: Mapping[str, Mapping[str, bool]] = {
    "deceased": {"deceased": True},
    "hospice": {"hospice": True},
    "readmitted": {"readmitted": True},
    "at_home": {"readmitted": False},
}
WITH_PERSON: Mapping[str, Callable[[Any, Act], None]] = {
    "skipped": Acting._skip,
    "opted_out": Acting._opted_out,
    "opted_in": Acting._opted_in,
    "visit": Acting._visit_changed,
    **dict.fromkeys(FACTS, Acting._otherwise),
}
