"""A run that begins in mid-course: what is stored of a phone becomes what the run remembers of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from outreach.rehearsal.rules import answers
from outreach.rehearsal.rules.cast import Asked, Course, Going, Person, Planned
from outreach.rehearsal.rules.phone import DUE, OVER, REPLIES
from outreach.rehearsal.rules.state import WAITING, Contact, Enrolled, Prompt, Source
from outreach.rehearsal.rules.turns import Turns

MADE = ("sent", "answered")


class GoingOn(Turns):
    """A phone whose people are in mid-course."""

    def _take_up(self) -> None:
        """Remember everybody's plans, answers, silences and questions as they are now."""
        stored: dict[UUID, Contact] = {}
        for person in self.line.people:
            if person.course is not None:
                self._remember(person, person.course, stored)
        self.wrote_at = self.line.wrote_at
        self.staff_wrote_at = self.line.staff_wrote_at
        for asked in sorted(self.line.asked, key=_opened_at):
            self._wait_for(asked, stored)

    def _remember(self, person: Person, course: Course, stored: dict[UUID, Contact]) -> None:
        for one in course.going:
            self.enrolled[one.join.id] = _enrolled(one, person)
        for row in course.planned:
            stored[row.id] = self._put(person, row)
        for one in course.going:
            self.raised.update(
                ("silence", f"{one.join.id}:{None if came is None else came.id}")
                for after in course.silences
                for came in [stored.get(after)]
                if after == one.join.id or (came is not None and came.source_id == one.join.id)
            )

    def _put(self, person: Person, row: Planned) -> Contact:
        whole = self.by_source.get(row.source_id)
        if whole is None:
            whole = Source(id=row.source_id, kind=row.source_kind, text=str(row.source_id))
            self.by_source[row.source_id] = whole
        one = Contact(
            id=len(self.contacts),
            person=person,
            source_kind=row.source_kind,
            source_id=row.source_id,
            source=whole,
            enrolled=self._enrolled_of(row.why),
            step=row.step,
            occurrence=row.occurrence,
            anchor_version=row.anchor_version,
            local_day=row.local_day,
            local_time=row.local_time,
            due_at=row.due_at,
            not_after=row.not_after,
            why=row.why,
            state=row.state,
            reason=row.reason,
        )
        self.contacts.append(one)
        whole.contacts.append(one)
        if one.state in MADE:
            whole.said.append(one)
        elif one.state in WAITING:
            self.waiting[one.id] = one
            whole.left += 1
            self._note(max(one.due_at, self.now), DUE, one)
        return one

    def _wait_for(self, asked: Asked, stored: dict[UUID, Contact]) -> None:
        one = stored.get(asked.source_id) or self._of_nobody(asked)
        prompt = Prompt(
            prompt_id=asked.id,
            patient_id=asked.patient_id,
            contact=one,
            question=asked.question,
            opened_at=asked.opened_at,
            expires_at=asked.expires_at,
            state=asked.state,
        )
        self.prompts.append(prompt)
        if prompt.state not in ("open", "superseded"):
            return
        one.asked_until = prompt.expires_at
        self._note(max(prompt.expires_at, self.now), OVER, prompt)
        if prompt.state == "open" and one.enrolled is not None:
            self._may_yet_answer(prompt)

    def _may_yet_answer(self, prompt: Prompt) -> None:
        """Expect the answer that was expected when it was asked, unless it would have come by now."""
        one = prompt.contact
        found = answers.expect(
            self.rates,
            one.enrolled.program if one.enrolled else None,
            prompt.question,
            now=prompt.opened_at,
            by=(one.person.label, one.source_kind, one.subject),
        )
        if found is not None and found.at >= self.now:
            self._note(found.at, REPLIES, (prompt, found.means))

    def _of_nobody(self, asked: Asked) -> Contact:
        """Return what stands for a question that no plan of these people asked: it holds its place."""
        person = next((one for one in self.line.people if one.id == asked.patient_id), self.line.people[0])
        moment = asked.opened_at
        return Contact(
            id=-1,
            person=person,
            source_kind="inbound",
            source_id=asked.source_id,
            source=Source(id=asked.source_id, kind="inbound", text=str(asked.source_id)),
            enrolled=None,
            step=str(asked.question.get("key", "")),
            occurrence=0,
            anchor_version=1,
            local_day=moment.date(),
            local_time=moment.time(),
            due_at=moment,
            not_after=asked.expires_at,
            why={},
            state="sent",
        )


def _opened_at(asked: Asked) -> datetime:
    return asked.opened_at


def _enrolled(one: Going, person: Person) -> Enrolled:
    return Enrolled(
        join=one.join,
        person=person,
        state=one.state,
        reason=one.reason,
        anchor_version=one.anchor_version,
        heard=list(one.heard),
    )
