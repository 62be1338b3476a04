"""A dry run of one phone: the live path's own rules, in memory, from the first discharge to the last day.

Everything that decides is called, never written again: plans (programs.rules.plan, reminders.rules.schedule),
words (course, saying), who goes together and whose question waits (touchpoints.rules.together), whether it
may go (policy.decide), what a reply means (triage, inbound.rules) and what follows it (reaction). What is
here only keeps memory.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from outreach.consent.rules import CONFIRM_WITHIN, is_start
from outreach.conversations.rules import LATE_ANSWER_WINDOW
from outreach.inbound import rules as inbound
from outreach.programs.rules import course, memory, plan, reaction
from outreach.programs.rules.definition import Question
from outreach.rehearsal.rules.acting import FIRST
from outreach.rehearsal.rules.cast import Person, Said
from outreach.rehearsal.rules.phone import DUE, JOINS, OVER, REPLIES, SPOKEN, TOLD, Noted
from outreach.rehearsal.rules.recorded import Recorded
from outreach.rehearsal.rules.state import Contact, Enrolled, Prompt
from outreach.reminders.rules import saying, texts
from outreach.touchpoints.rules import together
from outreach.touchpoints.rules.asking import ANSWERED_ON
from outreach.touchpoints.rules.timing import local_date
from outreach.triage import rules as triage


class Stage(Recorded):
    """One phone, while time goes on."""

    def run(self, until: datetime) -> None:
        """Let time go on up to a moment; nothing from it on is looked at."""
        self._begin()
        agenda = self.agenda
        while agenda and agenda[0][0] < until:
            first = heapq.heappop(agenda)
            if first[0] > self.now:
                self.now = first[0]
            self._moment(first)

    def let_go(self) -> None:
        """Part what holds one another, so that a phone's memory is free as soon as it has been played."""
        self.agenda.clear()
        for one in self.by_source.values():
            one.contacts.clear()
            one.said.clear()

    def _moment(self, first: Noted) -> None:
        """Do what the workers would do at this moment: what came in, what is over, what is due."""
        happened = [first]
        while self.agenda and self.agenda[0][0] <= self.now:
            happened.append(heapq.heappop(self.agenda))
        if len(happened) > 1:
            happened.sort(key=lambda one: one[1:3])
        elif first[1] == OVER and first[3].state == "answered" and not self.ripe:
            return
        for _, kind, _, what in happened:
            if kind == DUE:
                self.ripe[what.id] = what
            else:
                self._happen(kind, what)
        self._due()

    def _happen(self, kind: int, what: Any) -> None:
        if kind == JOINS:
            self._join(*what)
        elif kind == TOLD:
            what[0](*what[1:])
        elif kind == REPLIES:
            self._reply(what)
        elif kind == OVER:
            self._over(what)
        elif kind == FIRST:
            self._done(what)

    def _begin(self) -> None:
        self._own()
        self.hold_until = self.line.hold_until
        for standing in next(iter(self.line.people)).standing.values():
            self.ledger = list(standing.contacts)
            self.opted_out_at = standing.opted_out_at
            self.confirmed_at = standing.confirmed_at
            self.provider_blocked = standing.provider_blocked
            break
        self._take_up()
        self._foresee()
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

    def _reply(self, what: Any) -> None:
        with self._at(self._phone_of(what) if isinstance(what, Said) else what[0].on):
            self._heard(what)

    def _heard(self, what: Any) -> None:
        if isinstance(what, Said) and what.by_staff:
            self._staff_wrote(what)
        elif isinstance(what, Said):
            self.wrote_at = self.now
            self._read(what)
        else:
            prompt, means = what
            if prompt.state in ("open", "superseded", "expired") and self.opted_out_at is None:
                self.wrote_at = self.now
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
        about = self._about(said.text)
        current = inbound.current_of(inbound.asked_of(prompts, about), about)
        reading = self._reading(self._said_of(said.text, current), current)
        person = next(one for one in self.line.people if one.id == said.patient_id)
        asked_by = next((one.contact.person for one in prompts if one.state == "open"), person)
        if reading.tier is not None:
            self._danger(asked_by, said, reading)
        situation = inbound.Situation(
            reading=reading,
            candidates=inbound.candidates(
                prompts,
                reading,
                read=lambda one: self._reading(self._said_of(said.text, one), one),
                reread=lambda one, says: self._reading(says, one),
                staff_wrote_at=self.staff_wrote_at,
                said=said.text,
                about=about,
            ),
            patients_here=tuple(one.id for one in self._here()),
            patients_asked=frozenset(one.patient_id for one in prompts),
            named=frozenset((about,)) if about else self._named(said.text),
            own_value=self.on is not None and inbound.tells_own_value(said.text),
            may_answer=self._may_answer(),
            chosen_for=self._chosen_for(),
            talking=self.hold_until is not None and self.hold_until > self.now,
            blank=not said.text.strip(),
            question_waits=any(one.state in ("open", "superseded", "expired") for one in prompts),
            courtesy=inbound.is_courtesy(said.text),
            exact_start=is_start(said.text),
            asks_who=inbound.asks_who(reading, said.text),
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
            was_out = self.opted_out_at is not None
            self.opted_out_at, self.confirmed_at, self.provider_blocked = None, None, False
            if was_out:
                self._go_on()
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
        again = f" {said.at}" if decided.bind.corrects else ""
        given = reaction.Given(
            answer_id=f"{prompt.prompt_id}{again}",
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
        for enrolled in self.enrolled.values() if self.on is None else ():
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
            paged=person.crew.can_page,
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
                self.ripe[other.id] = other

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
            found = reaction.ask_again(question, one.why, late=late, state=enrolled.state)
        elif heard is None or any(other.answer_id == heard.answer_id for other in enrolled.heard):
            return
        else:
            enrolled.heard[:] = memory.with_one_more(enrolled.heard, heard)
            enrolled.known_at = None
            found = reaction.react(
                understood.then,
                means=heard.means,
                late=late,
                state=enrolled.state,
                clinical=question.clinical,
                danger=lambda: danger,
            )
        answer_id = heard.answer_id if heard is not None else str(prompt.prompt_id)
        self._carry_out(one, enrolled, found, known, answer_id=answer_id)

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
            if one.person.asides and (topic := course.topic_of(one, enrolled.program)):
                why |= {"topic": topic, ANSWERED_ON: str((self.on or self.line).id)}
            item = plan.follow_up(found.ask, after=answer_id, now=self.now, zone=one.person.zone, why=why)
            self._plan(one.person, "program", enrolled.join.id, enrolled.anchor_version, (item,))
        elif found.say:
            self._acknowledge(enrolled, known, found.say, kind=found.kind)

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
            person, fields, language = one.person, one.person.fields, self._speaks(one.person)
            if one.source_kind == "appointment":
                visit = self._visit(one)
                fields = {
                    **fields,
                    **saying.when(visit.starts_at, zone=person.zone, language=language),
                }
            body, used = texts.text(one.source_kind, found.says, language=language, fields=fields)
            self._reply_text(person, body, used, purpose="reminders", kind="reply", free=True)

    def _reading(self, body: str, prompt: Prompt | None) -> triage.Reading:
        return _read(body, inbound.to_triage(prompt.question) if prompt else None, self._hinted())

    def _hint(self) -> str:
        hint = self._hinted()
        return hint if hint in SPOKEN else "en"

    def _hinted(self) -> str | None:
        """Return the language spoken on the phone that is looked at, as far as we were told."""
        return self.line.hint if self.on is None else self._speaks(self._here()[0])

    def _ours(self, person: Person) -> dict[str, str | None]:
        crew = person.crew
        return {"clinic": crew.clinic, "callback": crew.callback, "emergency": crew.emergency}

    def _question(self, prompt: Prompt) -> Question | None:
        enrolled = self._enrolled(prompt)
        return enrolled.program.questions.get(str(prompt.question["key"])) if enrolled else None

    def _enrolled(self, prompt: Prompt) -> Enrolled | None:
        return prompt.contact.enrolled


_readings: dict[tuple[str, str, str | None], triage.Reading] = {}


def _read(body: str, question: triage.OpenQuestion | None, hint: str | None) -> triage.Reading:
    """Read a text as the live path does; the same one is read once."""
    key = (body, repr(question), hint)
    if key not in _readings:
        _readings[key] = triage.read(body, question=question, language_hint=hint)
    return _readings[key]
