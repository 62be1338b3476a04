"""Phones beside a patient's own: of caregivers they chose for topics. Each has its own budget and question.

One phone is looked at at a time, the line's own unless told otherwise. A caregiver's phone is played for each
line by itself: what somebody on another line is sent on it does not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from outreach.inbound import rules as inbound
from outreach.rehearsal.rules.cast import Aside, Person, Said
from outreach.rehearsal.rules.phone import Memory
from outreach.rehearsal.rules.state import Contact, Prompt
from outreach.touchpoints.rules import together
from outreach.touchpoints.rules.asking import ANSWERED_ON
from outreach.triage import rules as triage

KEPT = (
    "prompts", "settled", "ledger", "opted_out_at", "provider_blocked", "confirmed_at", "hold_until",
    "staff_wrote_at", "wrote_at",
)  # fmt: skip
"""What is remembered of each phone by itself."""


class Asides(Memory):
    """A line with the phones of those its people chose for a topic."""

    @contextmanager
    def _at(self, aside: Aside | None) -> Iterator[None]:
        """Look at a caregiver's phone for a while; at the line's own for None."""
        if aside is None or aside is self.on:
            yield
            return
        own, before = {name: getattr(self, name) for name in KEPT}, self.on
        for name, value in self._side(aside).items():
            setattr(self, name, value)
        self.on = aside
        try:
            yield
        finally:
            self.sides[aside.id] = {name: getattr(self, name) for name in KEPT}
            for name, value in own.items():
                setattr(self, name, value)
            self.on = before

    def _side(self, aside: Aside) -> dict[str, Any]:
        """Return what is remembered of a phone, at first what was known when the run began."""
        found = self.sides.get(aside.id)
        if found is None:
            base = next(iter(aside.standing.values()))
            found = self.sides[aside.id] = {
                "prompts": [],
                "settled": 0,
                "ledger": list(base.contacts),
                "opted_out_at": base.opted_out_at,
                "provider_blocked": base.provider_blocked,
                "confirmed_at": base.confirmed_at,
                "hold_until": aside.hold_until,
                "staff_wrote_at": None,
                "wrote_at": None,
            }
        return found

    def _goes_to(self, one: Contact, *, topic: str | None, purpose: str) -> Aside | None:
        """Return the phone a contact goes to, None for the line's own: as `consent.queries.destination`."""
        answered_on = one.why.get(ANSWERED_ON)
        if answered_on == str(self.line.id) and self.opted_out_at is None:
            return None
        asides = sorted(one.person.asides, key=lambda found: str(found.id) != answered_on)
        for aside in asides:
            stays = str(aside.id) == answered_on and aside.may_answer
            if (topic in aside.topics or stays) and self._may_get(aside, purpose):
                return aside
        return None

    def _may_get(self, aside: Aside, purpose: str) -> bool:
        """Return whether a caregiver may be texted: neither they nor the patient want no texts."""
        base, side = aside.standing[purpose], self._side(aside)
        may = base.consent_allowed or base.consent_reason == "opted_out"
        out = side["opted_out_at"] is not None or side["provider_blocked"]
        return may and not out and self.opted_out_at is None

    def _to_read(self, one: Contact, *, topic: str | None, purpose: str) -> str:
        """Return the language a contact is written in: what is read where it goes."""
        if not one.person.asides:
            return one.person.language
        aside = self._goes_to(one, topic=topic, purpose=purpose)
        return (aside and aside.language) or one.person.language

    def _each_phone(self, ready: Sequence[together.Ready]) -> None:
        """Let contacts of one person have their turn, phone by phone."""
        by_phone: dict[UUID, tuple[Aside | None, list[together.Ready]]] = {}
        for one in ready:
            composed = one.composed
            aside = self._goes_to(self.contacts[one.id], topic=composed.topic, purpose=composed.purpose)
            by_phone.setdefault(aside.id if aside else self.line.id, (aside, []))[1].append(one)
        for _, (aside, theirs) in sorted(by_phone.items(), key=lambda found: found[0].bytes):
            with self._at(aside):
                together.take_turns(theirs, self)  # type: ignore[arg-type]

    def _wrote_since(self, one: Contact, since: datetime, *, topic: str | None, purpose: str) -> bool:
        """Return whether somebody wrote since, from the patient's phone or that of whom they chose."""
        aside = self._goes_to(one, topic=topic, purpose=purpose) if one.person.asides else None
        heard = (self.wrote_at, self._side(aside)["wrote_at"] if aside else None)
        return any(at is not None and at >= since for at in heard)

    def _phone_of(self, said: Said) -> Aside | None:
        """Return the caregiver's phone a text comes from, None for the line's own."""
        if said.phone_id in (None, self.line.id):
            return None
        return next(
            (aside for one in self.line.people for aside in one.asides if aside.id == said.phone_id), None
        )

    def _here(self) -> tuple[Person, ...]:
        """Return the people on the phone that is looked at."""
        if self.on is None:
            return self.line.people
        return tuple(one for one in self.line.people if self._aside_of(one) is not None)

    def _names(self) -> dict[UUID, list[str]]:
        return {one.id: [one.preferred_name or ""] for one in self._here()}

    def _named(self, said: str) -> frozenset[UUID]:
        names = self._names()
        return inbound.named_in(said, names) if len(names) > 1 else frozenset()

    def _about(self, said: str) -> UUID | None:
        names = self._names()
        return inbound.about_whom(said, names) if len(names) > 1 else None

    def _said_of(self, said: str, asked: Prompt | None) -> str:
        """Return a text as it answers a question: without names, and without the day where that was asked."""
        if asked is None:
            return said
        names = [name for theirs in self._names().values() for name in theirs]
        plain = inbound.without_names(said, names, is_word=triage.is_word)
        return inbound.as_of_then(plain, asked_at=asked.opened_at, now=self.now)

    def _aside_of(self, person: Person) -> Aside | None:
        at = self.on
        return None if at is None else next((one for one in person.asides if one.id == at.id), None)

    def _may_answer(self) -> frozenset[UUID]:
        if self.on is None:
            return frozenset([one.id for one in self.line.people if one.may_answer])
        return frozenset([one.id for one in self._here() if (at := self._aside_of(one)) and at.may_answer])

    def _chosen_for(self) -> frozenset[tuple[UUID, str]]:
        if self.on is None:
            return frozenset()
        return frozenset(
            [(one.id, topic) for one in self._here() if (at := self._aside_of(one)) for topic in at.topics]
        )
