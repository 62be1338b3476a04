"""Where a colleague was named in a note."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from outreach.conversations.models import Conversation, Mention, Note
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient
from outreach.staff.models import Staff

MOST = 100


@dataclass(frozen=True, kw_only=True)
class MentionView:
    """A note that names somebody."""

    note_id: UUID
    conversation_id: UUID
    patient_id: UUID | None
    team_id: UUID
    patient_name: str | None = field(repr=False)
    author_name: str | None
    body: str = field(repr=False)
    at: datetime
    seen: bool


def mentions(
    uow: UnitOfWork, *, staff_id: UUID, team_ids: Collection[UUID], limit: int = MOST
) -> tuple[MentionView, ...]:
    """Return where somebody was named in notes of some teams, the newest first."""
    rows = uow.session.execute(
        select(
            Mention,
            Note.body_enc,
            Staff.name.label("author_name"),
            Conversation.patient_id,
            Patient.id.label("known_id"),
            Patient.name_enc,
        )
        .join(Note, Note.id == Mention.note_id)
        .join(Conversation, Conversation.id == Mention.conversation_id)
        .outerjoin(Staff, Staff.id == Note.author_id)
        .outerjoin(Patient, Patient.id == Conversation.patient_id)
        .where(Mention.staff_id == staff_id, Mention.team_id.in_(team_ids))
        .order_by(Mention.at.desc(), Mention.note_id.desc())
        .limit(limit)
    )
    return tuple(
        MentionView(
            note_id=row.Mention.note_id,
            conversation_id=row.Mention.conversation_id,
            patient_id=row.patient_id,
            team_id=row.Mention.team_id,
            patient_name=uow.vault.open_or("patient.name", row.known_id, row.name_enc) or None,
            author_name=row.author_name,
            body=uow.vault.open("note.body", row.Mention.note_id, row.body_enc),
            at=row.Mention.at,
            seen=row.Mention.seen_at is not None,
        )
        for row in rows
    )


def unseen_mentions(uow: UnitOfWork, *, staff_id: UUID, team_ids: Collection[UUID]) -> int:
    """Return how many notes that name somebody they have not seen yet, counted up to 100."""
    some = (
        select(Mention.note_id)
        .where(Mention.staff_id == staff_id, Mention.team_id.in_(team_ids), Mention.seen_at.is_(None))
        .limit(MOST)
        .subquery()
    )
    return uow.session.scalar(select(func.count()).select_from(some)) or 0
