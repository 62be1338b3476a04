"""A dry run of one phone: the live path's own rules, in memory, from the first discharge to the last day.

Everything that decides is called, never written again: plans (programs.rules.plan, reminders.rules.schedule),
words (course, saying), who goes together and whose question waits (touchpoints.rules.together), policy.judge,
what a reply means (triage, inbound.rules) and what follows it (reaction). What is here only keeps memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from outreach.consent.rules import CONFIRM_WITHIN
from outreach.conversations.rules import LATE_ANSWER_WINDOW, STAFF_TALK_HOLD
from outreach.escalations.rules.clocks import TCM_BUSINESS_DAYS
from outreach.inbound import rules as inbound
from outreach.messaging.rules import wording
from outreach.messaging.rules.verdict import verdict
from outreach.policy import rules as policy
from outreach.programs.rules import course, memory, plan, reaction, translations
from outreach.programs.rules.definition import Question
from outreach.rehearsal.rules import answers
from outreach.rehearsal.rules.cast import Join, Line, Person, Said
from outreach.rehearsal.rules.report import Event, Text, local
from outreach.rehearsal.rules.state import Contact, Enrolled, Prompt, contact
from outreach.reminders.rules import saying, schedule, texts
from outreach.touchpoints.rules import asking, together
from outreach.touchpoints.rules.timing import PlannedItem, held_until, local_date, settle_late
from outreach.touchpoints.rules.wording import Composed, fill
from outreach.triage import rules as triage

LEDGER = timedelta(days=8)
HOUR = timedelta(hours=1)
SPOKEN = ("en", "es")
Staffed = Callable[[Person, datetime], bool]


@dataclass(kw_only=True)
class Stage:
    """One phone, while time goes on."""

    line: Line
    staffed: Staffed
    rates: answers.Rates
    script: Sequence[Said] = ()
    now: datetime
    texts: list[Text] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    by_source: dict[UUID, list[Contact]] = field(default_factory=dict)
    waiting: dict[int, Contact] = field(default_factory=dict)
    prompts: list[Prompt] = field(default_factory=list)
    ledger: list[policy.Contacted] = field(default_factory=list)
    enrolled: dict[UUID, Enrolled] = field(default_factory=dict)
    visits: dict[UUID, str] = field(default_factory=dict)
    raised: set[tuple[str, str]] = field(default_factory=set)
    opted_out_at: datetime | None = None
    provider_blocked: bool = False
    confirmed_at: datetime | None = None
    hold_until: datetime | None = None
    staff_wrote_at: datetime | None = None
    agenda: list[tuple[datetime, int, int, Any]] = field(default_factory=list)
    number: int = 0

    def run(self, until: datetime) -> None:
        """Let time go on up to a moment; nothing from it on is looked at."""
        self._begin()
        while self.agenda and self.agenda[0][0] < until:
            self.now = max(self.agenda[0][0], self.now)
            self._moment()

    def _moment(self) -> None:
        """Do what the workers would do at this moment: what came in, what is over, what is due."""
        happened: list[tuple[datetime, int, int, Any]] = []
        while self.agenda and self.agenda[0][0] <= self.now:
            happened.append(heapq.heappop(self.agenda))
        for _, kind, _, what in sorted(happened, key=lambda one: one[1:3]):
            if kind == JOINS:
                self._join(*what)
            elif kind == TOLD:
                what[0](*what[1:])
            elif kind == REPLIES:
                self._reply(what)
            elif kind == OVER:
                self._over(what)
        self._due()

    def _begin(self) -> None:
        self.hold_until = self.line.hold_until
        for standing in next(iter(self.line.people)).standing.values():
            self.ledger = list(standing.contacts)
            self.opted_out_at = standing.opted_out_at
            self.provider_blocked = standing.provider_blocked
            break
        for person in self.line.people:
            for join in person.joins:
                self._note(max(join.at, self.now), JOINS, (person, join))
            for visit in person.visits:
                self.visits[visit.id] = visit.status
                self._note(max(visit.told_at or self.now, self.now), TOLD, (self._plan_visit, person, visit))
            for supply in person.supplies:
                self._note(
                    max(supply.told_at or self.now, self.now), TOLD, (self._plan_supply, person, supply)
                )
        for one in self.script:
            self._note(one.at, REPLIES, one)

    def _note(self, at: datetime, kind: int, what: Any) -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at, kind, self.number, what))

    # Plans

    def _join(self, person: Person, join: Join) -> None:
        program = join.program
        if plan.too_long_ago(program, anchor_at=join.anchor_at, now=self.now):
            return
        self.enrolled[join.id] = Enrolled(join=join, person=person)
        self._tell(person, "joined", program.key)
        why = {"enrollment_id": str(join.id), "program": program.key}
        items = plan.items(program, anchor_at=join.anchor_at, zone=person.zone, why=why)
        self._plan(person, "program", join.id, 1, items)
        if program.activities:
            for activity, days in plan.askable(person.activities):
                more = {"activity_id": str(activity.id), "timing": activity.timing}
                items = plan.activity_items(
                    days,
                    phrase=str(activity.phrase),
                    anchor_at=join.anchor_at,
                    zone=person.zone,
                    why=why | more,
                )
                self._plan(person, "activity", activity.id, 1, items)
        if program.tcm:
            self._tell(person, "task", "tcm_call", f"within {TCM_BUSINESS_DAYS} business days")

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
        theirs = self.by_source.setdefault(source, [])
        known = {(one.step, one.occurrence) for one in theirs}
        for item in items:
            if (item.step, item.occurrence) in known:
                continue
            kept = settle_late(item, now=self.now)
            one = contact(len(self.contacts), person, kind, source, version, kept or item)
            self.contacts.append(one)
            theirs.append(one)
            if kept is None:
                self._settle(one, "skipped", "already_past")
            else:
                self.waiting[one.id] = one
                self._note(one.due_at, DUE, None)

    # What is due

    def _due(self) -> None:
        while True:
            due = [one for one in self.waiting.values() if one.due_at <= self.now]
            if not due:
                return
            first = min(due, key=lambda one: (one.due_at, one.person.id.bytes))
            self._turn([one for one in due if one.person.id == first.person.id])

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
        if ready:
            together.take_turns(ready, self)
        for one in due:
            if one.source_kind == "program":
                self._finish(one)

    def _finish(self, one: Contact) -> None:
        enrolled = self.enrolled[one.source_id]
        left = any(other.source_id == one.source_id for other in self.waiting.values())
        if enrolled.state == "active" and not left:
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
                language=person.language,
                zone=person.zone,
                fields=person.fields,
            )
        if one.source_kind == "refill":
            supply = next(found for found in person.supplies if found.id == one.source_id)
            return saying.refill(
                supply,
                step=one.step,
                anchor_version=one.anchor_version,
                language=person.language,
                fields=person.fields,
            )
        return self._compose_step(one)

    def _compose_step(self, one: Contact) -> Composed | str:
        enrolled = self.enrolled[_enrollment_of(one.why)]
        refused = course.ended(one, state=enrolled.state, anchor_version=1)
        if refused:
            return refused
        known = self._known(enrolled)
        unwanted = course.unwanted(
            one,
            enrolled.program,
            known,
            asked=lambda: course.asked_so_far(self.by_source[one.source_id], enrolled.heard, step=one.step),
        )
        if unwanted:
            return unwanted
        given = course.staff_task(one, enrolled.program)
        if given is not None:
            self._tell(one.person, "task", given.kind, one.subject)
            return "given_to_staff"
        person = one.person
        return course.compose(one, enrolled.program, known, language=person.language, fields=person.fields)

    def _visit(self, one: Contact) -> Any:
        visit = next(found for found in one.person.visits if found.id == one.source_id)
        return replace(visit, status=self.visits[visit.id])

    def _known(self, enrolled: Enrolled, value: Mapping[str, float] | None = None) -> dict[str, Any]:
        return memory.facts(
            patient=enrolled.person.patient,
            heard=enrolled.heard,
            today=local_date(self.now, enrolled.person.zone),
            value=value,
        )

    # The door `together` goes through

    def live(self) -> list[asking.Live]:
        """Return the questions that are being waited for on this phone."""
        found = [
            one for one in self.prompts if one.state in ("open", "superseded") and one.expires_at > self.now
        ]
        return [
            asking.Live(
                id=one.prompt_id,
                kind=str(one.question.get("kind", "choice")),
                words=one.words,
                opened_at=one.opened_at,
                expires_at=one.expires_at,
                is_open=one.state == "open",
            )
            for one in sorted(found, key=lambda one: one.opened_at, reverse=True)
        ]

    def facts(self, one: together.Ready, *, merge_into: str | None = None) -> policy.Facts:
        """Return what policy may know of a contact now."""
        return self._facts_of(one, one.composed, merge_into=merge_into)

    def hold(self, one: together.Ready, *, until: datetime, reason: str) -> None:
        """Let a contact wait, or go if it can't wait so long."""
        self._hold(self.contacts[one.id], until, reason, reason)

    def send(self, bundle: together.Bundle) -> None:
        """Write down the text, or what became of it instead."""
        lead = self.contacts[bundle.lead.id]
        facts = self._facts_of(bundle.lead, bundle.composed)
        decision = policy.judge(facts)
        found = verdict(decision, facts)
        if found.outcome == "wait" and found.until is not None:
            self._hold(lead, found.until, "deferred", decision.rule)
            return
        if found.outcome != "send":
            if found.outcome == "ask_human":
                self._tell(lead.person, "task", "other", lead.subject)
            self._settle(lead, "suppressed", found.reason)
            return
        parts = (lead, *(self.contacts[one.id] for one in bundle.riders))
        self._say(lead.person, bundle.composed, facts, parts=tuple(one.subject for one in parts))
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
            free=composed.free,
            cadence_reserved=composed.cadence_reserved,
            merge_into=merge_into,
        )

    def _facts(self, person: Person, purpose: str, **given: Any) -> policy.Facts:
        base = person.standing[purpose]
        since, hour_ago = self.now - LEDGER, self.now - HOUR
        contacts = tuple(one for one in self.ledger if one.at >= since)
        recent = [one.source for one in contacts if hour_ago < one.at <= self.now]
        out = self.opted_out_at is not None
        held = self.hold_until
        return base.but(
            now=self.now,
            contacts=contacts,
            automatic_replies=recent.count("reply"),
            safety_texts=recent.count("safety"),
            opted_out_at=self.opted_out_at,
            confirmed_at=self.confirmed_at,
            provider_blocked=self.provider_blocked,
            consent_allowed=base.consent_allowed and not out,
            consent_reason="opted_out" if out else base.consent_reason,
            hold_until=held if held is not None and held > self.now else None,
            **given,
        )

    def _open(self, one: Contact, composed: Composed, over: Any) -> None:
        if composed.question is None:
            return
        for other in self.prompts:
            if other.state == "open":
                early = other.expires_at > self.now
                other.state = "superseded" if early else "expired"
                if over is not None and other.prompt_id == over:
                    self._tell(one.person, "over", one.subject, other.contact.subject)
                if not early:
                    self._silence(other)
        expires_at = self.now + timedelta(hours=composed.question_lasts_hours)
        self.number += 1
        prompt = Prompt(
            prompt_id=UUID(int=self.number),
            patient_id=one.person.id,
            contact=one,
            question=composed.question,
            opened_at=self.now,
            expires_at=expires_at,
        )
        one.asked_until = expires_at
        self.prompts.append(prompt)
        self._note(expires_at, OVER, prompt)
        self._expect(prompt)

    def _expect(self, prompt: Prompt) -> None:
        one = prompt.contact
        enrolled = self.enrolled.get(_enrollment_of(one.why)) if "enrollment_id" in one.why else None
        program = enrolled.program if enrolled else None
        by = (one.person.label, one.source_kind, one.subject)
        found = answers.expect(self.rates, program, prompt.question, now=self.now, by=by)
        if found is not None:
            self._note(found.at, REPLIES, (prompt, found.means))

    # What is over

    def _over(self, prompt: Prompt) -> None:
        if prompt.state in ("open", "superseded"):
            prompt.state = "expired"
            self._silence(prompt)

    def _silence(self, prompt: Prompt) -> None:
        one = prompt.contact
        enrolled = self.enrolled.get(one.source_id) if one.source_kind == "program" else None
        if enrolled is None or enrolled.state not in ("active", "finished"):
            return
        asked = [
            found
            for found in self.by_source[one.source_id]
            if found.why.get("asks") and found.state in ("sent", "answered")
        ]
        newest = sorted(asked, key=lambda found: found.due_at, reverse=True)[:20]
        states = [
            "asking"
            if found.state == "sent" and found.asked_until and found.asked_until > self.now
            else found.state
            for found in newest
        ]
        silence = enrolled.program.silence
        if silence is None or not reaction.silent(enrolled.program, reaction.unanswered_in_a_row(states)):
            return
        key = ("silence", str(one.source_id))
        if key in self.raised:
            return
        self._escalate(one.person, key, silence.escalate, "silence")
        self._acknowledge(enrolled, self._known(enrolled), silence.say)

    # What comes in

    def _reply(self, what: Any) -> None:
        if isinstance(what, Said) and what.by_staff:
            self.staff_wrote_at, self.hold_until = self.now, self.now + STAFF_TALK_HOLD
        elif isinstance(what, Said):
            self._read(what)
        else:
            prompt, means = what
            if prompt.state in ("open", "superseded", "expired") and self.opted_out_at is None:
                self._modelled(prompt, means)

    def _modelled(self, prompt: Prompt, means: str) -> None:
        late = inbound.is_late(prompt, now=self.now)
        question = self._question(prompt)
        given = reaction.Given(answer_id=str(prompt.prompt_id), means=means, late=late)
        if question is None or question.kind == "choice":
            self._bind(prompt, given, danger=False)
            return
        case = next((one for one in question.cases if one.means == means), None)
        enrolled = self._enrolled(prompt)
        self._bound(prompt, means)
        if case is None or enrolled is None:
            return
        heard = memory.Heard(
            answer_id=given.answer_id,
            question=question.key,
            step=prompt.contact.step,
            occurrence=prompt.contact.occurrence,
            day=local_date(self.now, prompt.contact.person.zone),
            means=means,
        )
        then = memory.follows(case.then, self._known(enrolled))
        understood = reaction.Understood(heard=heard, then=then)
        self._follow(prompt, enrolled, question, understood, late=late, danger=False)

    def _read(self, said: Said) -> None:
        prompts = [one for one in self.prompts if one.opened_at >= self.now - LATE_ANSWER_WINDOW]
        prompts.sort(key=lambda one: one.opened_at, reverse=True)
        prompts.sort(key=lambda one: one.state != "open")
        current = next((one for one in prompts if one.state == "open"), None)
        reading = self._reading(said.text, current)
        person = next(one for one in self.line.people if one.id == said.patient_id)
        asked_by = next((one.contact.person for one in prompts if one.state == "open"), person)
        if reading.tier is not None:
            self._danger(asked_by, said, reading)
        situation = inbound.Situation(
            reading=reading,
            candidates=inbound.candidates(
                prompts,
                reading,
                read=lambda one: self._reading(said.text, one),
                staff_wrote_at=self.staff_wrote_at,
            ),
            patients_here=tuple(one.id for one in self.line.people),
            patients_asked=frozenset(one.patient_id for one in prompts),
            may_answer=frozenset(one.id for one in self.line.people if one.may_answer),
            talking=self.hold_until is not None and self.hold_until > self.now,
            blank=not said.text.strip(),
            exact_help=triage.exact_help(said.text),
            provider_helped=inbound.provider_helps(said.text, ""),
            ambiguous_opt_out=triage.is_ambiguous_opt_out(said.text),
            appointment_asked=any(one.contact.source_kind == "appointment" for one in prompts),
        )
        decided = inbound.decide(situation)
        self._act(person, said, reading, decided)

    def _act(self, person: Person, said: Said, reading: triage.Reading, decided: inbound.Plan) -> None:
        language = reading.language if reading.language in SPOKEN else self._hint()
        if decided.opt_out:
            self._opt_out(person, said, language)
        elif decided.opt_in:
            self.opted_out_at, self.confirmed_at, self.provider_blocked = None, None, False
        if decided.help_reply:
            body, used = inbound.reply_text("help", language=language, fields=self._ours(person))
            self._reply_text(person, body, used, purpose="care", kind="reply", answering_at=said.at)
        if decided.needs_human:
            self._tell(person, "task", "read_text", decided.why)
        if decided.bind is None or decided.bind.is_which:
            return
        prompt = next(one for one in self.prompts if one.prompt_id == decided.bind.prompt_id)
        value = inbound.value_of(decided.bind.answer)
        word = value.get("choice")
        means = next(
            (str(one["means"]) for one in prompt.question.get("options", ()) if one["word"] == word), None
        )
        given = reaction.Given(
            answer_id=str(prompt.prompt_id),
            means=means,
            number=value.get("number"),
            second=value.get("second"),
            unit=value.get("unit"),
            late=inbound.is_late(prompt, now=self.now),
        )
        kind = str(prompt.question.get("kind", "choice"))
        danger = _read(said.text, triage.OpenQuestion(kind=kind), None).tier == "RED"
        self._bind(prompt, given, danger=danger)

    def _opt_out(self, person: Person, said: Said, language: str) -> None:
        first = self.opted_out_at is None
        self.opted_out_at = self.opted_out_at or self.now
        self._tell(person, "stopped", "opted_out")
        if inbound.provider_stops(said.text, ""):
            self.provider_blocked = True
        elif first and self.now - said.at <= CONFIRM_WITHIN:
            body, used = inbound.reply_text("opted_out", language=language, fields=self._ours(person))
            self._reply_text(person, body, used, purpose="care", kind="confirmation", answering_at=said.at)
        for enrolled in self.enrolled.values():
            if "opted_out" in enrolled.program.stops:
                self._end(enrolled, "opted_out")

    def _danger(self, person: Person, said: Said, reading: triage.Reading) -> None:
        tier, topic = str(reading.tier).lower(), reading.topic or "other_danger"
        self._escalate(person, ("inbound", f"{said.at}{said.text}"), tier, topic)
        language = reading.language if reading.language in SPOKEN else self._hint()
        body, used = inbound.safety_text(
            tier=tier,
            topic=topic,
            language=language,
            staffed=self.staffed(person, self.now),
            fields=self._ours(person) | {"emergency": person.crew.emergency},
        )
        self._reply_text(person, body, used, purpose="care", kind="safety", answering_at=said.at)

    def _bind(self, prompt: Prompt, given: reaction.Given, *, danger: bool) -> None:
        self._bound(prompt, given.means or "a value")
        one = prompt.contact
        if one.source_kind in ("appointment", "refill"):
            self._answer_reminder(one, given)
            return
        question, enrolled = self._question(prompt), self._enrolled(prompt)
        if question is None or enrolled is None:
            return
        understood = reaction.understand(
            question,
            given,
            self._known(enrolled, reaction.value_of(question, given)),
            step=one.step,
            occurrence=one.occurrence,
            today=local_date(self.now, one.person.zone),
        )
        self._follow(prompt, enrolled, question, understood, late=given.late, danger=danger)

    def _bound(self, prompt: Prompt, means: str) -> None:
        prompt.state = "answered"
        one = prompt.contact
        if one.state == "sent":
            one.state = "answered"
        self._tell(one.person, "answered", one.subject, means)
        for other in self.waiting.values():
            if other.state == "held" and other.reason == together.WAITS_FOR:
                other.due_at = self.now

    def _follow(
        self,
        prompt: Prompt,
        enrolled: Enrolled,
        question: Question,
        understood: reaction.Understood,
        *,
        late: bool,
        danger: bool,
    ) -> None:
        one, heard = prompt.contact, understood.heard
        known = self._known(enrolled)
        if understood.again:
            found = reaction.ask_again(question, one.why, late=late)
        elif heard is None or any(other.answer_id == heard.answer_id for other in enrolled.heard):
            return
        else:
            enrolled.heard.append(heard)
            found = reaction.react(
                understood.then, means=heard.means, late=late, state=enrolled.state, danger=lambda: danger
            )
        self._carry_out(one, enrolled, found, known, answer_id=str(prompt.prompt_id))

    def _carry_out(
        self,
        one: Contact,
        enrolled: Enrolled,
        found: reaction.Reaction,
        known: Mapping[str, Any],
        *,
        answer_id: str,
    ) -> None:
        if found.escalate:
            self._escalate(one.person, ("answer", answer_id), found.escalate, found.topic or "")
        if found.stop:
            self._end(enrolled, found.stop)
        if found.ask:
            why = {key: str(one.why[key]) for key in ("enrollment_id", "program") if key in one.why}
            if found.says:
                why["says"] = found.says
            item = plan.follow_up(found.ask, after=answer_id, now=self.now, zone=one.person.zone, why=why)
            self._plan(one.person, "program", enrolled.join.id, 1, (item,))
        elif found.say:
            self._acknowledge(enrolled, known, found.say)

    def _answer_reminder(self, one: Contact, given: reaction.Given) -> None:
        found = saying.reaction(one.source_kind, given.means or "")
        if found.status:
            self.visits[one.source_id] = found.status
        if found.drops:
            for other in list(self.waiting.values()):
                if other.source_id == one.source_id:
                    self._settle(other, "skipped", "answered")
        if found.task:
            self._tell(one.person, "task", found.task, one.subject)
        if found.says:
            person, fields = one.person, one.person.fields
            if one.source_kind == "appointment":
                visit = self._visit(one)
                fields = {
                    **fields,
                    **saying.when(visit.starts_at, zone=person.zone, language=person.language),
                }
            body, used = texts.text(one.source_kind, found.says, language=person.language, fields=fields)
            self._reply_text(person, body, used, purpose="reminders", kind="reply", free=True)

    # Small things

    def _acknowledge(self, enrolled: Enrolled, known: Mapping[str, Any], key: str) -> None:
        person, program = enrolled.person, enrolled.program
        template, used = translations.in_words(program, key, language=person.language, known=known)
        self._reply_text(
            person,
            fill(template, person.fields),
            used,
            purpose=program.purpose,
            kind="reply",
            free=True,
            program=program.key,
        )

    def _reply_text(
        self,
        person: Person,
        body: str,
        language: str,
        *,
        purpose: str,
        kind: str,
        program: str | None = None,
        **given: Any,
    ) -> None:
        facts = self._facts(person, purpose, kind=kind, **given)
        decision = policy.judge(facts)
        if decision.outcome != "send":
            self._tell(person, "suppressed", kind, decision.rule)
            return
        if kind == "confirmation":
            self.confirmed_at = self.now
        composed = Composed(
            text=body,
            language=language,
            purpose="reminders" if purpose == "reminders" else "care",
            kind="program",
            program=program,
        )
        self._say(person, composed, facts, parts=())

    def _say(
        self, person: Person, composed: Composed, facts: policy.Facts, *, parts: tuple[str, ...]
    ) -> None:
        worded = _wording(composed.text)
        self.ledger.append(
            policy.Contacted(
                at=self.now,
                local_day=policy.local_day(facts),
                counts=policy.counts(facts),
                source=facts.kind,
            )
        )
        self.texts.append(
            Text(
                at=self.now,
                local=local(self.now, person.zone),
                patient_id=person.id,
                label=person.label,
                kind=facts.kind,
                program=composed.program,
                parts=parts,
                body=worded.body,
                language=composed.language,
                segments=worded.count.segments,
                question=str(composed.question["key"]) if composed.question else None,
            )
        )

    def _escalate(self, person: Person, key: tuple[str, str], tier: str, topic: str) -> None:
        if key not in self.raised:
            self.raised.add(key)
            self._tell(person, "escalated", f"{tier}/{topic}")

    def _end(self, enrolled: Enrolled, reason: str) -> None:
        if enrolled.state not in ("active", "paused"):
            return
        enrolled.state, enrolled.reason = "stopped", reason
        activities = {one.id for one in enrolled.person.activities}
        for one in list(self.waiting.values()):
            if one.source_id == enrolled.join.id or one.source_id in activities:
                self._settle(one, "skipped", reason)

    def _hold(self, one: Contact, until: datetime, reason: str, rule: str) -> None:
        due_at = held_until(until, now=self.now, not_after=one.not_after)
        if due_at is None:
            self._settle(one, "expired", reason, rule=rule)
            return
        one.state, one.reason, one.due_at = "held", reason, due_at
        self._note(due_at, DUE, None)
        self._tell(one.person, "held", one.subject, rule)

    def _settle(self, one: Contact, state: str, reason: str | None, *, rule: str | None = None) -> None:
        one.state, one.reason = state, reason
        self.waiting.pop(one.id, None)
        if state != "sent":
            self._tell(one.person, state, one.subject, rule or reason or "")

    def _tell(self, person: Person, what: str, subject: str, reason: str = "") -> None:
        self.events.append(
            Event(
                at=self.now,
                local=local(self.now, person.zone),
                patient_id=person.id,
                label=person.label,
                what=what,
                subject=subject,
                reason=reason,
            )
        )

    def _reading(self, body: str, prompt: Prompt | None) -> triage.Reading:
        return _read(body, inbound.to_triage(prompt.question) if prompt else None, self.line.hint)

    def _hint(self) -> str:
        return self.line.hint if self.line.hint in SPOKEN else "en"

    def _ours(self, person: Person) -> dict[str, str | None]:
        crew = person.crew
        return {"clinic": crew.clinic, "callback": crew.callback, "emergency": crew.emergency}

    def _question(self, prompt: Prompt) -> Question | None:
        enrolled = self._enrolled(prompt)
        return enrolled.program.questions.get(str(prompt.question["key"])) if enrolled else None

    def _enrolled(self, prompt: Prompt) -> Enrolled | None:
        one = prompt.contact
        return self.enrolled.get(_enrollment_of(one.why)) if "enrollment_id" in one.why else None


JOINS, TOLD, REPLIES, OVER, DUE = range(5)
_wording = lru_cache(maxsize=65536)(wording)
_readings: dict[tuple[str, str, str | None], triage.Reading] = {}


@lru_cache(maxsize=65536)
def _uuid(text: str) -> UUID:
    return UUID(text)


def _enrollment_of(why: Mapping[str, Any]) -> UUID:
    return _uuid(str(why["enrollment_id"]))


def _read(body: str, question: triage.OpenQuestion | None, hint: str | None) -> triage.Reading:
    """Read a text as the live path does; the same one is read once."""
    key = (body, repr(question), hint)
    if key not in _readings:
        _readings[key] = triage.read(body, question=question, language_hint=hint)
    return _readings[key]


def _ready(one: Contact, composed: Composed) -> together.Ready:
    return together.Ready(
        id=one.id,
        key=f"{one.source_kind}:{one.step}:{one.occurrence:04d}:{one.source_id}",
        source_kind=one.source_kind,
        patient=str(one.person.id),
        due_at=one.due_at,
        not_after=one.not_after,
        composed=composed,
    )
