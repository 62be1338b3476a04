"""What stands around a thread's texts, asked in one statement: whose it is, who is on the phone, notes, the
open question.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, any_, bindparam, select

from outreach.consent.models import PhoneOptOut
from outreach.conversations import rules
from outreach.conversations.models import Conversation, Draft, DraftPhoto, Note, Prompt
from outreach.conversations.queries.views import HolderView, NoteView, OpenQuestion, ThreadView
from outreach.kernel.asking import Question, Spelled, ask, some
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import Phone as Number
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient, PatientPhone, Phone
from outreach.staff.models import CareTeam, Staff

MOST_NOTES = 200


@dataclass(frozen=True, kw_only=True)
class Around:
    """What stands around the texts of a thread."""

    head: Any
    holders: tuple[HolderView, ...]
    notes: Sequence[Any]
    """Newest first, still sealed: not every page shows all of them."""
    question: OpenQuestion | None


def around(
    uow: UnitOfWork,
    *,
    conversation_id: UUID,
    team_ids: Collection[UUID],
    staff_id: UUID | None,
    until: datetime | None,
) -> Around:
    """Return what stands around a thread; of its notes those before `until`. Raise NotFound."""
    this = {"conversation_id": conversation_id}
    head = Question(_head(), this | {"team_ids": list(team_ids), "staff_id": staff_id}, _first)
    holders = Question(_holders(), this, _holder_views)
    question = Question(_question(), this, _open_question)
    notes = Question(
        _notes(bounded=until is not None), this | ({"until": until} if until else {}), lambda _, rows: rows
    )
    found = ask(uow, head, holders, question, notes)
    if found[head] is None:
        raise NotFound
    return Around(head=found[head], holders=found[holders], question=found[question], notes=found[notes])


def notes(uow: UnitOfWork, found: Around, *, since: datetime | None) -> list[NoteView]:
    """Return the notes since a moment, opened."""
    return [
        NoteView(
            id=row.id,
            at=row.at,
            author_id=row.author_id,
            author_name=row.author_name,
            body=uow.vault.open("note.body", row.id, row.body_enc),
            mentions=tuple(UUID(one) for one in row.mentions),
        )
        for row in found.notes
        if since is None or row.at >= since
    ]


def view(uow: UnitOfWork, found: Around, *, staff_id: UUID | None, **page: Any) -> ThreadView:
    """Return the thread with one page of it."""
    head = found.head
    return ThreadView(
        conversation_id=head.id,
        version=head.version,
        change_no=head.change_no,
        team_id=head.team_id,
        team_name=head.team_name,
        team_zone=head.team_zone,
        sender_id=head.sender_id,
        phone_id=head.phone_id,
        phone=Number(uow.vault.open("phone.e164", head.phone_id, head.e164_enc)).national,
        phone_state=head.phone_state,
        **_person(uow, head),
        holders=found.holders,
        owner_id=head.owner_id,
        owner_name=head.owner_name,
        state=head.state,
        closed_reason=head.closed_reason,
        snoozed_until=head.snoozed_until,
        waiting_since=head.waiting_since,
        past_target=rules.too_long(head.waiting_since, minutes=head.answer_target_minutes, now=uow.now),
        unread=head.unread,
        flags=frozenset(head.flags),
        opted_out_at=head.opted_out_at,
        draft_is_note=head.draft_mode == "note",
        draft=uow.vault.open_or("draft.body", f"{head.id}:{staff_id}", head.draft_enc) or None,
        draft_photo=None if head.photo_id is None else _about_photo(uow, head),
        open_question=found.question,
        **page,
    )


def _about_photo(uow: UnitOfWork, head: Any) -> str:
    return uow.vault.open_or("draft_photo.about", head.photo_id, head.photo_about_enc)


def _person(uow: UnitOfWork, head: Any) -> dict[str, Any]:
    if head.named_id is None:
        return dict.fromkeys(("patient_id", "patient_name", "preferred_name", "language", "zone"))
    return {
        "patient_id": head.named_id,
        "patient_name": uow.vault.open("patient.name", head.named_id, head.name_enc),
        "preferred_name": uow.vault.open_or("patient.preferred_name", head.named_id, head.preferred_name_enc)
        or None,
        "language": head.language,
        "zone": head.zone,
    }


def _first(_: UnitOfWork, rows: Sequence[Any]) -> Any:
    return rows[0] if rows else None


def _holder_views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[HolderView, ...]:
    return tuple(
        HolderView(
            patient_id=row.id,
            name=uow.vault.open("patient.name", row.id, row.name_enc),
            relation=row.relation,
            holder_name=uow.vault.open_or("patient_phone.holder_name", row.link_id, row.holder_name_enc)
            or None,
        )
        for row in rows
    )


def _open_question(_: UnitOfWork, rows: Sequence[Any]) -> OpenQuestion | None:
    return OpenQuestion(**vars(rows[0])) if rows else None


@cache
def _head() -> Spelled:
    c = Conversation
    return Spelled(
        select(
            c.id, c.version, c.change_no, c.owner_id, c.state, c.closed_reason, c.snoozed_until,
            c.waiting_since, c.unread, c.flags, c.phone_id, c.team_id,
            CareTeam.name.label("team_name"), CareTeam.zone.label("team_zone"), CareTeam.sender_id,
            CareTeam.answer_target_minutes, Phone.e164_enc, Phone.state.label("phone_state"),
            Patient.id.label("named_id"), Patient.name_enc, Patient.preferred_name_enc, Patient.language,
            Patient.zone, Staff.name.label("owner_name"), PhoneOptOut.opted_out_at,
            Draft.body_enc.label("draft_enc"), Draft.mode.label("draft_mode"),
            DraftPhoto.id.label("photo_id"), DraftPhoto.about_enc.label("photo_about_enc"),
        )
        .join(CareTeam, CareTeam.id == c.team_id)
        .join(Phone, Phone.id == c.phone_id)
        .outerjoin(Patient, Patient.id == c.patient_id)
        .outerjoin(Staff, Staff.id == c.owner_id)
        .outerjoin(PhoneOptOut, and_(PhoneOptOut.phone_id == Phone.id, PhoneOptOut.epoch == Phone.epoch))
        .outerjoin(Draft, and_(Draft.conversation_id == c.id, Draft.staff_id == bindparam("staff_id")))
        .outerjoin(
            DraftPhoto,
            and_(DraftPhoto.conversation_id == c.id, DraftPhoto.staff_id == bindparam("staff_id")),
        )
        .where(c.id == bindparam("conversation_id"), c.team_id == any_(some("team_ids")))
    )  # fmt: skip


@cache
def _holders() -> Spelled:
    link = PatientPhone
    return Spelled(
        select(Patient.id, Patient.name_enc, link.id.label("link_id"), link.relation, link.holder_name_enc)
        .join(Patient, Patient.id == link.patient_id)
        .where(link.phone_id == _of_conversation(Conversation.phone_id), link.ended_at.is_(None))
        .order_by(link.relation.desc(), link.rank, link.id)
    )


@cache
def _question() -> Spelled:
    sender = (
        select(CareTeam.sender_id)
        .join(Conversation, Conversation.team_id == CareTeam.id)
        .where(Conversation.id == bindparam("conversation_id"))
        .scalar_subquery()
    )
    return Spelled(
        select(
            Prompt.id.label("prompt_id"), Prompt.patient_id, Prompt.message_id, Prompt.source_kind,
            Prompt.source_id, Prompt.question, Prompt.opened_at, Prompt.expires_at,
        ).where(
            Prompt.phone_id == _of_conversation(Conversation.phone_id),
            Prompt.sender_id == sender,
            Prompt.state == "open",
        )
    )  # fmt: skip


@cache
def _notes(*, bounded: bool) -> Spelled:
    wanted: Select[Any] = (
        select(
            Note.id, Note.at, Note.author_id, Staff.name.label("author_name"), Note.body_enc, Note.mentions
        )
        .outerjoin(Staff, Staff.id == Note.author_id)
        .where(Note.conversation_id == bindparam("conversation_id"))
    )
    if bounded:
        wanted = wanted.where(Note.at < bindparam("until"))
    return Spelled(wanted.order_by(Note.at.desc()).limit(MOST_NOTES))


def _of_conversation(column: Any) -> Any:
    return select(column).where(Conversation.id == bindparam("conversation_id")).scalar_subquery()
