"""What changed in somebody's record meanwhile, changed again: visits, supplies, care plans, who they are."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from outreach.programs.rules import plan
from outreach.rehearsal.rules.acting import Acting
from outreach.rehearsal.rules.cast import Act, Person, as_told
from outreach.rehearsal.rules.phone import DUE
from outreach.rehearsal.rules.state import Contact, Enrolled
from outreach.reminders.rules import saying
from outreach.touchpoints.rules.timing import moved_by

ASKING = ("active", "paused", "finished")
OFF, MOVED, NOT_ORDERED = "appointment_off", "anchor_moved", "not_ordered"


class Recorded(Acting):
    """A phone whose people's records go on."""

    def _own(self) -> None:
        """Take copies of people whose record will change: whoever runs this line again finds it unchanged."""
        if any(act.what in AGAIN for act in self.line.acts):
            self.line = replace(self.line, people=tuple(copy.copy(one) for one in self.line.people))

    def _done(self, act: Act) -> None:
        if act.what in AGAIN:
            AGAIN[act.what](self, act, next(one for one in self.line.people if one.id == act.patient_id))
        else:
            super()._done(act)

    def _visit_told(self, act: Act, person: Person) -> None:
        told = act.visit
        if told is None:
            return
        # As at the source: what the patient answered stays unless it moved or is something else there.
        visit = told if act.reason else replace(told, status=self.visits.get(told.id, told.status))
        self.visits[visit.id] = visit.status
        person.become(visits=(*(one for one in person.visits if one.id != visit.id), visit))
        off = visit.status not in saying.LIVE_APPOINTMENT or visit.starts_at <= self.now
        self._drop("appointment", visit.id, below=None if off else visit.start_version)
        if not off:
            self._plan_visit(person, visit)

    def _supply_told(self, act: Act, person: Person) -> None:
        supply = act.supply
        if supply is None:
            return
        person.become(supplies=(*(one for one in person.supplies if one.id != supply.id), supply))
        off = supply.status not in saying.LIVE_SUPPLY
        self._drop("refill", supply.id, below=None if off else supply.version)
        if not off:
            self._plan_supply(person, supply)

    def _drop(self, kind: str, source_id: Any, *, below: int | None) -> None:
        """Let go what is still to come of a source: all of it, or what an older version of it had."""
        off = OFF if kind == "appointment" else "supply_off"
        for one in list(self.waiting.values()):
            if (one.source_kind, one.source_id) == (kind, source_id) and (
                below is None or one.anchor_version < below
            ):
                self._settle(one, "skipped", off if below is None else MOVED)

    def _ordered(self, act: Act, person: Person) -> None:
        person.become(activities=act.ordered)
        for enrolled in list(self.enrolled.values()):
            if enrolled.person is person and enrolled.state in ASKING and enrolled.program.activities:
                self._ask_as_ordered(enrolled)

    def _ask_as_ordered(self, enrolled: Enrolled) -> None:
        wanted = {
            (one.id, f"activity:{one.phrase}", day)
            for one, days in plan.askable(enrolled.person.activities)
            for day in days
        }
        for one in list(self.waiting.values()):
            if (
                one.enrolled is enrolled
                and one.source_kind == "activity"
                and "follows" not in one.why
                and (one.source_id, one.step, one.occurrence) not in wanted
            ):
                self._settle(one, "skipped", NOT_ORDERED)
        if enrolled.state == "active":
            self._plan_activities(enrolled)

    def _person_told(self, act: Act, person: Person) -> None:
        was, spoke = person.zone, person.language
        person.become(**as_told(person, act.told))
        for enrolled in self.enrolled.values():
            if enrolled.person is person:
                enrolled.follow(enrolled.join)
        if self.line.hint == spoke and len(self.line.people) == 1:
            self.line = replace(self.line, hint=person.language)
        if person.zone != was:
            for one in list(self.waiting.values()):
                if one.person is person and "follows" not in one.why:
                    self._retime(one, moved_by(one.local_day, one.local_time, was=was, zone=person.zone))

    def _retime(self, one: Contact, by: timedelta) -> None:
        if not by:
            return
        one.due_at = max(one.due_at + by, self.now)
        one.not_after += by
        if one.due_at > self.now:
            self._note(one.due_at, DUE, one)
        else:
            self.ripe[one.id] = one


AGAIN: Mapping[str, Callable[[Any, Act, Person], None]] = {
    "visit_told": Recorded._visit_told,
    "supply_told": Recorded._supply_told,
    "ordered": Recorded._ordered,
    "told": Recorded._person_told,
}
