"""Plans of one phone in a dry run, and their turn: composed, merged, sent or held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from outreach.escalations.rules.clocks import TCM_BUSINESS_DAYS
from outreach.messaging.rules.verdict import verdict
from outreach.policy import rules as policy
from outreach.programs.rules import course, house, plan, reaction
from outreach.rehearsal.rules import answers
from outreach.rehearsal.rules.asides import Asides
from outreach.rehearsal.rules.cast import Join, Person
from outreach.rehearsal.rules.phone import DUE, OVER, REPLIES, enrollment_of
from outreach.rehearsal.rules.state import Contact, Enrolled, Prompt, Source, contact
from outreach.reminders.rules import saying, schedule
from outreach.touchpoints.rules import asking, together
from outreach.touchpoints.rules.timing import PlannedItem, settle_late
from outreach.touchpoints.rules.wording import Composed

_DUE = attrgetter("due_at")


class Turns(Asides):
    """A phone whose contacts come due: the door `together` goes through, in memory."""

    def _join(self, person: Person, join: Join) -> None:
        program = join.program
        if plan.too_long_ago(program, anchor_at=join.anchor_at, now=self.now):
            return
        enrolled = self.enrolled[join.id] = Enrolled(join=join, person=person)
        self._tell(person, "joined", program.key)
        self._plan_course(enrolled)
        if plan.tcm_is_due(program, anchor_at=join.anchor_at, now=self.now) and not self._called(enrolled):
            self._tell(person, "task", "tcm_call", f"within {TCM_BUSINESS_DAYS} business days")

    def _called(self, enrolled: Enrolled) -> bool:
        """Return whether the call that another program of the same stay brings stands for this one's."""
        return any(
            one.person is enrolled.person
            and one is not enrolled
            and one.program.tcm
            and one.join.anchor_at == enrolled.join.anchor_at
            for one in self.enrolled.values()
        )

    def _plan_course(self, enrolled: Enrolled) -> None:
        """Plan what an enrollment means from where it counts now."""
        join, person, version = enrolled.join, enrolled.person, enrolled.anchor_version
        why = {"enrollment_id": str(join.id), "program": join.program.key}
        items = plan.items(join.program, anchor_at=join.anchor_at, zone=person.zone, why=why)
        self._plan(person, "program", join.id, version, items)
        if join.program.activities:
            self._plan_activities(enrolled)

    def _plan_activities(self, enrolled: Enrolled) -> None:
        """Plan what the care plan orders that is asked about."""
        join, person = enrolled.join, enrolled.person
        why = {"enrollment_id": str(join.id), "program": join.program.key}
        for activity, days in plan.askable(person.activities):
            more = {"activity_id": str(activity.id), "timing": activity.timing}
            items = plan.activity_items(
                days,
                phrase=str(activity.phrase),
                anchor_at=join.anchor_at,
                zone=person.zone,
                why=why | more,
            )
            self._plan(person, "activity", activity.id, enrolled.anchor_version, items)

    def _plan_visit(self, person: Person, visit: Any) -> None:
        if visit.status not in saying.LIVE_APPOINTMENT or visit.starts_at <= self.now:
            return
        items = schedule.appointment_items(
            schedule.Visit(
                starts_at=visit.starts_at, booked_on=visit.booked_on, start_version=visit.start_version
            ),
            zone=person.zone,
            why={"appointment_id": str(visit.id)},
        )
        self._plan(person, "appointment", visit.id, visit.start_version, items)

    def _plan_supply(self, person: Person, supply: Any) -> None:
        if supply.status not in saying.LIVE_SUPPLY:
            return
        why = {"medication_id": str(supply.id), "timing": supply.days_source}
        items = schedule.refill_items(supply.runs_out_on, zone=person.zone, why=why)
        self._plan(person, "refill", supply.id, supply.version, items)

    def _plan(
        self, person: Person, kind: str, source: UUID, version: int, items: Sequence[PlannedItem]
    ) -> None:
        by_source = self.by_source
        if source not in by_source:
            by_source[source] = Source(id=source, kind=kind, text=str(source))
        whole = by_source[source]
        theirs = whole.contacts
        known = {(one.step, one.occurrence) for one in theirs if one.anchor_version == version}
        enrolled = self._enrolled_of(items[0].why) if items else None
        for item in items:
            if (item.step, item.occurrence) in known:
                continue
            kept = settle_late(item, now=self.now)
            one = contact(len(self.contacts), person, whole, enrolled, version, kept or item)
            self.contacts.append(one)
            theirs.append(one)
            if kept is None:
                self._settle(one, "skipped", "already_past")
            else:
                self.waiting[one.id] = one
                whole.left += 1
                if one.due_at > self.now:
                    self._note(one.due_at, DUE, one)
                else:
                    self.ripe[one.id] = one

    def _enrolled_of(self, why: Mapping[str, Any]) -> Enrolled | None:
        return self.enrolled.get(enrollment_of(why)) if "enrollment_id" in why else None

    def _due(self) -> None:
        while self.ripe:
            found = (
                sorted(self.ripe.values(), key=lambda one: one.id)
                if len(self.ripe) > 1
                else [*self.ripe.values()]
            )
            self.ripe.clear()
            due = [one for one in found if one.id in self.waiting and one.due_at <= self.now]
            if len(self.line.people) > 1 and due:
                first = min(due, key=lambda one: (one.due_at, one.person.id.bytes)).person
                self.ripe.update((one.id, one) for one in due if one.person is not first)
                due = [one for one in due if one.person is first]
            if due:
                self._turn(due)

    def _turn(self, due: list[Contact]) -> None:
        ready = []
        for one in due:
            if one.not_after <= self.now:
                self._settle(one, "expired", "too_late")
                continue
            composed = self._compose(one)
            if isinstance(composed, str):
                self._settle(one, "skipped", composed)
            else:
                ready.append(_ready(one, composed))
        if ready and due[0].person.asides:
            self._each_phone(ready)
        elif ready:
            together.take_turns(ready, self)
        for one in due:
            if one.source_kind == "program":
                self._finish(one)

    def _finish(self, one: Contact) -> None:
        enrolled = one.enrolled
        if enrolled is not None and enrolled.state == "active" and not one.source.left:
            enrolled.state = "finished"
            self._tell(one.person, "finished", enrolled.program.key)

    def _compose(self, one: Contact) -> Composed | str:
        person = one.person
        if one.source_kind == "appointment":
            return saying.appointment(
                self._visit(one),
                step=one.step,
                anchor_version=one.anchor_version,
                now=self.now,
                language=self._to_read(one, topic=saying.TOPICS["appointment"], purpose="reminders"),
                zone=person.zone,
                fields=person.fields,
            )
        if one.source_kind == "refill":
            supply = next(found for found in person.supplies if found.id == one.source_id)
            return saying.refill(
                supply,
                step=one.step,
                anchor_version=one.anchor_version,
                language=self._to_read(one, topic=saying.TOPICS["refill"], purpose="reminders"),
                fields=person.fields,
            )
        return self._compose_step(one)

    def _compose_step(self, one: Contact) -> Composed | str:
        enrolled = one.enrolled
        if enrolled is None:
            raise LookupError(one.subject)
        version = enrolled.anchor_version
        refused = course.ended(one, state=enrolled.state, anchor_version=version, stop_reason=enrolled.reason)
        if refused:
            return refused
        topic, purpose = course.topic_of(one, enrolled.program), enrolled.program.purpose
        if course.is_silence(one) and self._wrote_since(
            one, course.silent_since(one), topic=topic, purpose=purpose
        ):
            return course.HEARD_SINCE
        known = self._known(enrolled)
        unwanted = course.unwanted(
            one,
            enrolled.program,
            known,
            asked=lambda: course.asked_so_far(one.source.said, enrolled.heard, step=one.step),
        )
        given = course.staff_task(one, enrolled.program)
        if unwanted == course.GIVEN_TO_STAFF and given is not None:
            self._tell(one.person, "task", given.kind, one.subject)
        if unwanted:
            return unwanted
        person, program = one.person, enrolled.program
        said = course.in_words(one, program, known, language=self._to_read(one, topic=topic, purpose=purpose))
        if house.TOLD in said.template:
            fields = self._filled_with(person, said.template, said.language)
            return course.filled(program, said, fields=fields)
        found = enrolled.composed.get(said)
        if found is None:
            found = enrolled.composed[said] = course.filled(program, said, fields=person.fields)
        return found

    def _visit(self, one: Contact) -> Any:
        visit = next(found for found in one.person.visits if found.id == one.source_id)
        return replace(visit, status=self.visits[visit.id])

    def facts(self, one: together.Ready, *, merge_into: str | None = None) -> policy.Facts:
        """Return what policy may know of a contact now."""
        return self._facts_of(one, one.composed, merge_into=merge_into)

    def soonest(self, taking: Sequence[together.Ready]) -> datetime | None:
        """Return when the next of this patient's contacts is due, none of those that have their turn now."""
        person, turning = self.contacts[taking[0].id].person, {one.id for one in taking}
        theirs = [
            one.due_at for one in self.waiting.values() if one.person is person and one.id not in turning
        ]
        return min(theirs, default=None)

    def hold(self, one: together.Ready, *, until: datetime, reason: str) -> None:
        """Let a contact wait, or go if it can't wait so long."""
        self._hold(self.contacts[one.id], until, reason, reason)

    def send(self, bundle: together.Bundle) -> None:
        """Write down the text, or what became of it instead."""
        lead = self.contacts[bundle.lead.id]
        facts = self._facts_of(bundle.lead, bundle.composed)
        decision = policy.decide(facts)
        found = verdict(decision, facts)
        lead.rule = decision.rule
        if found.outcome == "wait" and found.until is not None:
            self._hold(lead, found.until, "deferred", decision.rule)
            return
        if found.outcome != "send":
            if found.outcome == "ask_human":
                self._tell(lead.person, "task", "other", lead.subject)
            self._settle(lead, "suppressed", found.reason)
            return
        parts = (lead, *[self.contacts[one.id] for one in bundle.riders])
        self._say(lead.person, bundle.composed, facts, parts=tuple([one.subject for one in parts]))
        for one in parts:
            self._settle(one, "sent", None)
        if bundle.asks is not None:
            self._open(self.contacts[bundle.asks.id], bundle.composed, bundle.asks.over)

    def _facts_of(
        self, one: together.Ready, composed: Composed, *, merge_into: str | None = None
    ) -> policy.Facts:
        person = self.contacts[one.id].person
        staffed = self.staffed(person, self.now) if composed.needs_staff else None
        return self._facts(
            person,
            composed.purpose,
            kind=composed.kind,
            not_after=one.not_after,
            needs_staff=composed.needs_staff,
            staffed=staffed,
            staffed_from=self.comes(person, self.now) if staffed is False else None,
            free=composed.free,
            cadence_reserved=composed.cadence_reserved,
            merge_into=merge_into,
            **(self._paused(person, composed.program) if self.line.pauses else {}),
        )

    def _open(self, one: Contact, composed: Composed, over: Any) -> None:
        if composed.question is None:
            return
        for other in self.standing():
            if other.state == "open":
                early = other.expires_at > self.now
                other.state = "superseded" if early else "expired"
                if over is not None and other.prompt_id == over:
                    self._tell(one.person, "over", one.subject, other.contact.subject)
                if not early:
                    self._silence(other)
        expires_at = asking.expires_at(due_at=one.due_at, now=self.now, hours=composed.question_lasts_hours)
        self.number += 1
        prompt = Prompt(
            prompt_id=_numbered(self.number),
            patient_id=one.person.id,
            contact=one,
            question=composed.question,
            opened_at=self.now,
            expires_at=expires_at,
            on=self.on,
        )
        one.asked_until = expires_at
        self.prompts.append(prompt)
        self._note(expires_at, OVER, prompt)
        self._expect(prompt)

    def _expect(self, prompt: Prompt) -> None:
        one = prompt.contact
        program = one.enrolled.program if one.enrolled else None
        by = (one.person.label, one.source_kind, one.subject)
        found = answers.expect(self.rates, program, prompt.question, now=self.now, by=by)
        if found is not None:
            self._note(found.at, REPLIES, (prompt, found.means))

    def _over(self, prompt: Prompt) -> None:
        if prompt.state in ("open", "superseded"):
            prompt.state = "expired"
            with self._at(prompt.on):
                self._silence(prompt)

    def _silence(self, prompt: Prompt) -> None:
        one = prompt.contact
        enrolled = one.enrolled if one.source_kind == "program" else None
        if enrolled is None or enrolled.state not in ("active", "finished"):
            return
        silence = enrolled.program.silence
        if silence is None:
            return
        asked = [found for found in one.source.said if found.why.get("asks")]
        newest = sorted(asked, key=_DUE, reverse=True)[:20]
        states = [
            "asking"
            if found.state == "sent" and found.asked_until and found.asked_until > self.now
            else found.state
            for found in newest
        ]
        if not reaction.silent(enrolled.program, reaction.unanswered_in_a_row(states)):
            return
        heard = reaction.heard_last(list(zip(newest, states, strict=True)))
        after = None if heard is None else str(heard.id)
        key = ("silence", f"{one.source_id}:{after}")
        if key in self.raised:
            return
        self._escalate(one.person, key, silence.escalate, "silence")
        why = {"enrollment_id": str(enrolled.join.id), "program": enrolled.program.key}
        last = plan.after_silence(silence.say, after=after, now=self.now, zone=one.person.zone, why=why)
        self._plan(one.person, "program", enrolled.join.id, enrolled.anchor_version, (last,))


def _ready(one: Contact, composed: Composed) -> together.Ready:
    return together.Ready(
        id=one.id,
        key=f"{one.source_kind}:{one.step}:{one.occurrence:04d}:{one.source.text}",
        source_kind=one.source_kind,
        patient=one.person.key,
        due_at=one.due_at,
        not_after=one.not_after,
        composed=composed,
    )


@lru_cache(maxsize=65536)
def _numbered(number: int) -> UUID:
    return UUID(int=number)
