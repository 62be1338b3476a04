"""Texts that came in take their place in their threads: several at once, each of another conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from outreach.conversations import queries
from outreach.conversations.commands.rows import change_all, flag, hold_all, make_all, show_line
from outreach.conversations.commands.words import Said, index_said
from outreach.conversations.models import Conversation
from outreach.conversations.queries import ConversationView
from outreach.kernel.unit_of_work import UnitOfWork

PLACE = text(
    "UPDATE message SET conversation_id = :conversation_id "
    "WHERE id = :id AND conversation_id IS DISTINCT FROM :conversation_id"
)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a text belongs: the thread of a phone and a team, about a patient if that is known."""

    phone_id: UUID
    team_id: UUID
    patient_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A text that came in, and what becomes of its conversation."""

    message_id: UUID
    conversation_id: UUID
    needs_human: bool
    unknown_sender: bool = False
    opted_out: bool | None = None


def ensure(uow: UnitOfWork, *, phone_id: UUID, team_id: UUID, patient_id: UUID | None = None) -> UUID:
    """Return the conversation of a phone and a team, made now if there is none.

    A conversation about nobody in particular takes the patient given here.
    """
    (found,) = ensure_all(uow, [Place(phone_id=phone_id, team_id=team_id, patient_id=patient_id)])
    return found.id


def ensure_all(uow: UnitOfWork, places: Sequence[Place]) -> list[ConversationView]:
    """Return the conversations of several phones and teams, in this order, each as `ensure` does."""
    found = queries.find_all(uow, phone_ids=[place.phone_id for place in places])
    while missing := [place for place in places if (place.phone_id, place.team_id) not in found]:
        make_all(uow, [(place.phone_id, place.team_id, place.patient_id) for place in missing])
        found = queries.find_all(uow, phone_ids=[place.phone_id for place in places])
    views = {place: found[place.phone_id, place.team_id] for place in places}
    unnamed = {
        view.id: place.patient_id
        for place, view in views.items()
        if place.patient_id is not None and view.patient_id is None
    }
    _name(uow, unnamed)
    return [views[place] for place in places]


def _name(uow: UnitOfWork, patients: Mapping[UUID, UUID | None]) -> None:
    """Note whom conversations about nobody in particular are about."""
    if not patients:
        return
    rows = [row for row in hold_all(uow, list(patients)).values() if row.patient_id is None]
    for row in rows:
        row.patient_id = patients[row.id]
        flag(row, "unknown_sender", up=False)
    change_all(uow, rows, version=True)


def take_in(
    uow: UnitOfWork,
    *,
    message_id: UUID,
    conversation_id: UUID,
    needs_human: bool,
    unknown_sender: bool = False,
    opted_out: bool | None = None,
) -> None:
    """Put an inbound text into its thread; if a person must read it, it is unread and somebody waits from
    now on.

    A closed or snoozed conversation opens again for a text that needs a person. Lock the phone first.
    """
    one = Arrived(
        message_id=message_id,
        conversation_id=conversation_id,
        needs_human=needs_human,
        unknown_sender=unknown_sender,
        opted_out=opted_out,
    )
    take_in_all(uow, [one])


def take_in_all(uow: UnitOfWork, arrived: Sequence[Arrived]) -> None:
    """Do the same with several texts, each of another conversation. Raise NotFound."""
    said = queries.texts_in_threads(uow, message_ids=[one.message_id for one in arrived])
    rows = hold_all(uow, [one.conversation_id for one in arrived])
    for one in arrived:
        if said[one.message_id].conversation_id != one.conversation_id:
            uow.session.execute(PLACE, {"id": one.message_id, "conversation_id": one.conversation_id})
    index_said(uow, [_found_by(said[one.message_id], rows[one.conversation_id]) for one in arrived])
    for one in arrived:
        _show(uow, rows[one.conversation_id], one, said[one.message_id])
    change_all(uow, list(rows.values()), version=True)


def _found_by(said: queries.SaidView, row: Conversation) -> Said:
    return Said(message_id=said.message_id, team_id=row.team_id, at=said.at, body=said.body)


def _show(uow: UnitOfWork, row: Conversation, one: Arrived, said: queries.SaidView) -> None:
    show_line(uow, row, message_id=one.message_id, body=said.body, direction="in", at=said.at)
    if one.needs_human:
        row.unread += 1
        row.waiting_since = row.waiting_since or said.at
        row.state, row.snoozed_until, row.closed_reason = "open", None, None
    flag(row, "unknown_sender", up=one.unknown_sender)
    if one.opted_out is not None:
        flag(row, "opted_out", up=one.opted_out)
