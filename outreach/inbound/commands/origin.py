"""Where a text came from and whose it is: phone, sender, team, the people on that phone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import text

from outreach.conversations import queries as talk
from outreach.conversations.queries import PromptView
from outreach.escalations import queries as escalations
from outreach.escalations.rules import is_acknowledgment
from outreach.inbound import rules
from outreach.inbound.commands.ours import Ours
from outreach.inbound.queries import Arrival
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.rules.request import Kind, TextRequest
from outreach.patients import commands as phones
from outreach.patients import queries as patients
from outreach.patients.queries import Holder
from outreach.staff.queries import TeamView
from outreach.triage import rules as triage

PAGES = "pages"
SPOKEN = ("en", "es")

UNDERSTOOD = text("UPDATE inbound_receipt SET interpreted_at = :now WHERE id = ANY(:ids)")
READ = text("UPDATE inbound_receipt SET safety_read_at = :now WHERE id = ANY(:ids)")


class Answer(TypedDict):
    """What differs between our answers to a text: see TextRequest."""

    author_kind: str
    kind: Kind
    source_kind: str
    source_id: UUID
    language: str
    free: NotRequired[bool]
    not_after: NotRequired[datetime | None]


@dataclass(frozen=True, kw_only=True)
class Here:
    """What is known around one inbound text before it is read. The phone is locked."""

    arrival: Arrival
    phone_id: UUID
    sender_id: UUID
    team: TeamView
    holders: tuple[Holder, ...]
    prompts: tuple[PromptView, ...]
    """Open question first, then those a late answer may still be for."""

    @property
    def patients_here(self) -> tuple[UUID, ...]:
        """The patients on this phone, each once."""
        return tuple(dict.fromkeys(holder.patient_id for holder in self.holders))

    @property
    def only_patient(self) -> UUID | None:
        """The patient this phone is about, if there is just one."""
        return self.patients_here[0] if len(self.patients_here) == 1 else None

    @cached_property
    def names(self) -> dict[UUID, list[str]]:
        """What the patients on this phone are called: as in texts, and by their first name."""
        return {one.patient_id: [one.preferred_name or one.name, one.name] for one in self.holders}

    @cached_property
    def about(self) -> UUID | None:
        """Whom of several patients the text is about by its words, if that can be told."""
        several = len(self.patients_here) > 1
        return rules.about_whom(self.arrival.body, self.names) if several else None

    @property
    def named(self) -> frozenset[UUID]:
        """Those of several patients whom the text names."""
        if len(self.patients_here) == 1 or not self.holders:
            return frozenset()
        return frozenset((self.about,)) if self.about else rules.named_in(self.arrival.body, self.names)

    @property
    def may_be_named(self) -> bool:
        """Whether we may ask about whom: everybody has a name for texts, and we have not asked before."""
        asked_before = any(one.question.get("key") == rules.WHICH for one in self.prompts)
        return not asked_before and all(holder.preferred_name for holder in self.holders)

    @property
    def is_caregivers(self) -> bool:
        """Whether this phone is only a caregiver's."""
        return bool(self.holders) and all(one.relation == "caregiver" for one in self.holders)

    def said_of(self, asked: PromptView) -> str:
        """Return the text as it answers a question: without names, nor the day where that was asked."""
        holders = [one.holder_name for one in self.holders if one.holder_name]
        names = [*holders, *(name for theirs in self.names.values() for name in theirs)]
        said = rules.without_names(self.arrival.body, names, is_word=triage.is_word)
        return rules.as_of_then(said, asked_at=asked.opened_at, now=self.arrival.received_at)

    @property
    def hint(self) -> str | None:
        """The language spoken on this phone, as far as we were told."""
        return self.holders[0].language if self.holders else None

    def language(self, read: str) -> str:
        """Return the language to answer in: the one they wrote in, else the one we were told."""
        if read in SPOKEN:
            return read
        return self.hint if self.hint in SPOKEN else "en"

    @property
    def fields(self) -> dict[str, str | None]:
        """What our own replies are filled with."""
        return {
            "clinic": self.team.short_name,
            "callback": self.team.callback_number,
            "emergency": self.team.emergency_text_number,
        }

    def answer(self, body: str, *, key: str, conversation_id: UUID, **more: Unpack[Answer]) -> TextRequest:
        """Return a text of ours back to this phone, about this arrival; `more` is the rest of the request."""
        return TextRequest(
            phone_id=self.phone_id,
            sender_id=self.sender_id,
            team_id=self.team.id,
            body=body,
            about_patient=self.only_patient,
            purpose="care",
            key=key,
            conversation_id=conversation_id,
            answering_at=self.arrival.received_at,
            **more,
        )


def pager_owner(uow: UnitOfWork, ours: Ours, arrival: Arrival) -> UUID | None:
    """Return the colleague who answers a page: their pager, writing to the sender of pages.

    Where pages come from the patients' own number, only an answer that takes one which waits is theirs: all
    else that a pager writes there is read like anybody's text.
    """
    sender = ours.sender_of(arrival)
    if sender is None:
        return None
    if sender.kind == PAGES:
        return escalations.pager_owner(uow, phone=arrival.phone)
    if not is_acknowledgment(arrival.body):
        return None
    return escalations.pager_owner(uow, phone=arrival.phone, paged_from=sender.id)


def locate(uow: UnitOfWork, arrival: Arrival) -> Here:
    """Find whose text this is, and lock its phone."""
    return locate_all(uow, Ours(uow), [arrival])[0]


def locate_all(uow: UnitOfWork, ours: Ours, arrivals: Sequence[Arrival]) -> list[Here]:
    """Find whose texts these are, and lock their phones."""
    phone_ids = phones.phones_for(uow, phones=[arrival.phone for arrival in arrivals])
    phones.lock_phones(uow, phone_ids=phone_ids.values())
    holders = patients.holders_of(uow, phone_ids=phone_ids.values())
    asked = talk.recent_prompts_of(uow, phone_ids=phone_ids.values())
    found = []
    for arrival in arrivals:
        phone_id = phone_ids[arrival.phone]
        sender_id, teams = ours.addressed(arrival)
        prompts = asked[phone_id, sender_id]
        team_id = _pick(uow, phone_id, teams, holders[phone_id], prompts)
        found.append(
            Here(
                arrival=arrival,
                phone_id=phone_id,
                sender_id=sender_id,
                team=ours.team(team_id),
                holders=holders[phone_id],
                prompts=_open_first(prompts),
            )
        )
    return found


def _pick(
    uow: UnitOfWork,
    phone_id: UUID,
    teams: tuple[UUID, ...],
    holders: tuple[Holder, ...],
    prompts: tuple[PromptView, ...],
) -> UUID:
    if len(teams) == 1:
        return teams[0]
    asked = next((one.patient_id for one in prompts if one.state == "open"), None)
    of_patient = {holder.patient_id: holder.team_id for holder in holders}
    return rules.pick_team(
        teams,
        asked_by=of_patient.get(asked) if asked else None,
        talking=talk.last_talking_team(uow, phone_id=phone_id, team_ids=teams),
        of_patients=tuple(of_patient.values()),
    )


def _open_first(prompts: tuple[PromptView, ...]) -> tuple[PromptView, ...]:
    return tuple(sorted(prompts, key=lambda one: one.state != "open"))


def mark_understood(uow: UnitOfWork, receipt_ids: Collection[UUID]) -> None:
    """Note that texts have been understood: automated texts to their phones may go again."""
    uow.session.execute(UNDERSTOOD, {"ids": list(receipt_ids), "now": uow.now})


def mark_read(uow: UnitOfWork, receipt_ids: Collection[UUID]) -> None:
    """Note that texts have been read for danger."""
    uow.session.execute(READ, {"ids": list(receipt_ids), "now": uow.now})
