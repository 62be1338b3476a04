"""What a dry run keeps in memory of one phone, where the live path has rows."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from outreach.messaging.rules import wording
from outreach.policy import rules as policy
from outreach.programs.rules import anchors, course, house, memory, translations
from outreach.rehearsal.rules import answers
from outreach.rehearsal.rules.cast import Aside, Line, Person, Said
from outreach.rehearsal.rules.report import Event, Text, local
from outreach.rehearsal.rules.state import Contact, Enrolled, Prompt, Source
from outreach.touchpoints.rules import asking
from outreach.touchpoints.rules.timing import held_until, local_date
from outreach.touchpoints.rules.wording import Composed, fill

LEDGER = timedelta(days=8)
HOUR = timedelta(hours=1)
JOINS, TOLD, REPLIES, OVER, DUE = range(5)
"""What comes first of things that happen at the same moment."""
SPOKEN = ("en", "es")
Staffed = Callable[[Person, datetime], bool]
Comes = Callable[[Person, datetime], datetime | None]
Noted = tuple[datetime, int, int, Any]
"""What is to happen: when, what kind of thing, in which order, and the thing."""


@dataclass(kw_only=True)
class Memory:
    """One phone: its plans, open questions and ledger, and what was said and happened."""

    line: Line
    staffed: Staffed
    comes: Comes
    rates: answers.Rates
    script: Sequence[Said] = ()
    now: datetime
    texts: list[Text] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    by_source: dict[UUID, Source] = field(default_factory=dict)
    waiting: dict[int, Contact] = field(default_factory=dict)
    prompts: list[Prompt] = field(default_factory=list)
    settled: int = 0
    """How many of them, from the first on, are answered or over."""
    ledger: list[policy.Contacted] = field(default_factory=list)
    enrolled: dict[UUID, Enrolled] = field(default_factory=dict)
    visits: dict[UUID, str] = field(default_factory=dict)
    raised: set[tuple[str, str]] = field(default_factory=set)
    opted_out_at: datetime | None = None
    provider_blocked: bool = False
    confirmed_at: datetime | None = None
    hold_until: datetime | None = None
    staff_wrote_at: datetime | None = None
    wrote_at: datetime | None = None
    changed: dict[UUID, Mapping[str, bool]] = field(default_factory=dict)
    """What policy must know of somebody besides what it knew when the run began."""
    agenda: list[Noted] = field(default_factory=list)
    on: Aside | None = None
    """The caregiver's phone that is looked at; None: the line's own."""
    sides: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """What is remembered of caregivers' phones."""
    ripe: dict[int, Contact] = field(default_factory=dict)
    """Contacts whose time has come."""
    number: int = 0

    def _note(self, at: datetime, kind: int, what: Any) -> None:
        self.number += 1
        heapq.heappush(self.agenda, (at, kind, self.number, what))

    def _known(self, enrolled: Enrolled, value: Mapping[str, float] | None = None) -> dict[str, Any]:
        today = local_date(self.now, enrolled.person.zone)
        born = self._born(enrolled)
        key = (today, len(enrolled.heard), born)
        if value is None and enrolled.known_at == key:
            return enrolled.known
        found = memory.facts(
            patient=enrolled.person.patient, heard=enrolled.heard, today=today, value=value, born=born
        )
        if value is None:
            enrolled.known_at, enrolled.known = key, found
        return found

    def _born(self, enrolled: Enrolled) -> anchors.Born:
        if not enrolled.program.asks_of_births:
            return memory.NO_BIRTH
        return anchors.born(enrolled.person.births, until=self.now, told_by=self.now)

    def _facts(self, person: Person, purpose: str, **given: Any) -> policy.Facts:
        base = (person if self.on is None else self.on).standing[purpose]
        kind = given.get("kind")
        contacts, recent = self._lately(kind)
        held = self.hold_until
        now = base.but(
            now=self.now,
            contacts=contacts,
            automatic_replies=recent.count("reply") if recent else 0,
            safety_texts=recent.count("safety") if recent else 0,
            hold_until=held if held is not None and held > self.now else None,
            **given,
        )
        if self.changed:
            now = now.but(**self.changed.get(person.id, {}))
        return now if self._never_out(base) else self._as_to_opting_out(base, now)

    def _paused(self, person: Person, program: str | None) -> dict[str, Any]:
        """Return which pause of sending holds a text now, the widest one."""
        applies = {"sender": self.line.sender, "team": str(person.crew.id), "program": program}
        for one in self.line.pauses:
            now_held = one.since <= self.now and (one.until is None or self.now < one.until)
            if now_held and one.scope_id == (applies.get(one.scope) or ""):
                return {"paused": one.scope}
        return {"paused": None}

    def _never_out(self, base: policy.Facts) -> bool:
        return self.opted_out_at is base.opted_out_at is self.confirmed_at is base.confirmed_at is None and (
            self.provider_blocked == base.provider_blocked
        )

    def _as_to_opting_out(self, base: policy.Facts, facts: policy.Facts) -> policy.Facts:
        out, was_out = self.opted_out_at is not None, base.consent_reason == "opted_out"
        return facts.but(
            opted_out_at=self.opted_out_at,
            confirmed_at=self.confirmed_at,
            provider_blocked=self.provider_blocked,
            consent_allowed=not out and (base.consent_allowed or was_out),
            consent_reason="opted_out" if out else "ok" if was_out else base.consent_reason,
        )

    def _lately(self, kind: str | None) -> tuple[tuple[policy.Contacted, ...], list[str]]:
        """Return the ledger's last days, and the last hour's automatic answers if one is judged."""
        since = self.now - LEDGER
        while self.ledger and self.ledger[0].at < since:
            del self.ledger[0]
        contacts = tuple(self.ledger)
        if kind not in ("reply", "safety"):
            return contacts, []
        hour_ago = self.now - HOUR
        return contacts, [one.source for one in contacts if hour_ago < one.at <= self.now]

    def standing(self) -> list[Prompt]:
        """Return the questions from the first on that is neither answered nor over."""
        prompts, first = self.prompts, self.settled
        while first < len(prompts) and prompts[first].state in ("answered", "expired"):
            first += 1
        self.settled = first
        return prompts[first:]

    def live(self) -> list[asking.Live]:
        """Return the questions that are being waited for on this phone."""
        found = [
            one
            for one in self.standing()
            if one.state in ("open", "superseded") and one.expires_at > self.now
        ]
        if not found:
            return []
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

    def _filled_with(self, person: Person, template: str, language: str) -> dict[str, str | None]:
        """Return what a text is filled with now; who was told depends on the hour."""
        if house.TOLD not in template:
            return person.fields
        told = house.told(
            staffed=self.staffed(person, self.now), paged=person.crew.can_page, language=language
        )
        return {**person.fields, "told": told}

    def _speaks(self, person: Person) -> str:
        """Return the language to answer in on the phone that is looked at."""
        return (self.on and self.on.language) or person.language

    def _acknowledge(self, enrolled: Enrolled, known: Mapping[str, Any], key: str, *, kind: str) -> None:
        person, program = enrolled.person, enrolled.program
        template, used = translations.in_words(program, key, language=self._speaks(person), known=known)
        body = None if house.TOLD in template else enrolled.replies.get(template)
        if body is None:
            body = fill(template, self._filled_with(person, template, used))
            enrolled.replies[template] = body
        self._reply_text(
            person,
            body,
            used,
            purpose=program.purpose,
            kind=kind,
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
        decision = policy.decide(facts)
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
        heir = self._heir(enrolled)
        for one in list(self.waiting.values()):
            if one.enrolled is not enrolled or (reason == course.TEXTS_ONLY and "task" in one.why):
                continue
            if one.source_kind == "activity" and heir is not None and not _asks_it_too(heir, one):
                one.enrolled, one.anchor_version = heir, heir.anchor_version
                one.why = {**one.why, "enrollment_id": str(heir.join.id), "program": heir.program.key}
            else:
                self._settle(one, "skipped", reason)

    def _heir(self, enrolled: Enrolled) -> Enrolled | None:
        """Return what goes on asking about somebody's care plan when a program ends."""
        others = (
            one
            for one in self.enrolled.values()
            if one.person is enrolled.person and one.state == "active" and one.program.activities
        )
        return min(others, key=lambda one: (one.join.at, one.program.key), default=None)

    def _hold(self, one: Contact, until: datetime, reason: str, rule: str) -> None:
        due_at = held_until(until, now=self.now, not_after=one.not_after)
        if due_at is None:
            self._settle(one, "expired", reason, rule=rule)
            return
        one.state, one.reason, one.due_at = "held", reason, due_at
        self._note(due_at, DUE, one)
        self._tell(one.person, "held", one.subject, rule)

    def _settle(self, one: Contact, state: str, reason: str | None, *, rule: str | None = None) -> None:
        one.state, one.reason = state, reason
        if self.waiting.pop(one.id, None) is not None:
            one.source.left -= 1
        if state == "sent":
            one.source.said.append(one)
        else:
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


def _asks_it_too(heir: Enrolled, one: Contact) -> bool:
    """Return whether the heir has planned this very question already."""
    asked = (one.step, one.occurrence, heir.anchor_version)
    return any(
        other is not one and (other.step, other.occurrence, other.anchor_version) == asked
        for other in one.source.contacts
    )


_wording = lru_cache(maxsize=65536)(wording)


def enrollment_of(why: Mapping[str, Any]) -> UUID:
    return UUID(str(why["enrollment_id"]))
