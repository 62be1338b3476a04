"""Rows of given conversations, for live pages: one statement for any number of them, in no order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.conversations.models import Conversation
from outreach.conversations.queries import lists, walks
from outreach.conversations.queries.views import InboxRow
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient
from outreach.staff.models import CareTeam, Staff

EVERYTHING = walks.Listed(where=(), by=Conversation.last_at)


def rows(uow: UnitOfWork, *, conversation_ids: Collection[UUID]) -> tuple[InboxRow, ...]:
    """Return the rows of these conversations, whatever their team: the caller shows each to its own team."""
    if not conversation_ids:
        return ()
    found: Sequence[Any] = uow.session.execute(
        select(
            *Conversation.__table__.c,
            CareTeam.answer_target_minutes,
            walks.number_of(Conversation.patient_id, Conversation.phone_id),
            Patient.id.label("named_id"),
            Patient.name_enc,
            Patient.language,
            Staff.name.label("owner_name"),
            walks.tag_words(Conversation.tags, Conversation.team_id),
            walks.people_on(Conversation.patient_id, Conversation.phone_id),
        )
        .select_from(Conversation)
        .join(CareTeam, CareTeam.id == Conversation.team_id)
        .outerjoin(Patient, Patient.id == Conversation.patient_id)
        .outerjoin(Staff, Staff.id == Conversation.owner_id)
        .where(Conversation.id.in_(conversation_ids))
    ).all()
    return tuple(lists._row(uow, row, EVERYTHING) for row in found)


def of_patients(
    uow: UnitOfWork, *, patient_ids: Collection[UUID], team_ids: Collection[UUID]
) -> dict[UUID, list[UUID]]:
    """Return the conversations of some teams with these patients, the last one first, by patient."""
    found: dict[UUID, list[UUID]] = {}
    if not patient_ids:
        return found
    for row in uow.session.execute(
        select(Conversation.id, Conversation.patient_id)
        .where(Conversation.patient_id.in_(patient_ids), Conversation.team_id.in_(team_ids))
        .order_by(Conversation.last_at.desc())
    ):
        found.setdefault(row.patient_id, []).append(row.id)
    return found


def among(
    uow: UnitOfWork, *, conversation_ids: Collection[UUID], team_ids: Collection[UUID]
) -> frozenset[UUID]:
    """Return which of these conversations are of some teams."""
    return frozenset(
        uow.session.scalars(
            select(Conversation.id).where(
                Conversation.id.in_(conversation_ids), Conversation.team_id.in_(team_ids)
            )
        )
    )


def of_phone(uow: UnitOfWork, *, phone_id: UUID, team_ids: Collection[UUID]) -> tuple[UUID, ...]:
    """Return the conversations of some teams with a phone, the last one first."""
    return tuple(
        uow.session.scalars(
            select(Conversation.id)
            .where(Conversation.phone_id == phone_id, Conversation.team_id.in_(team_ids))
            .order_by(Conversation.last_at.desc())
        )
    )


def views_of(row: InboxRow, *, now: datetime) -> frozenset[str]:
    """Return the lists a row stands in now, "mine" apart: whose it is says `owner_id`."""
    waits, is_closed = row.waiting_since is not None, row.state == "closed"
    standing = {
        "unassigned": waits and row.state == "open" and row.owner_id is None,
        "waiting": waits and not is_closed and row.past_target,
        "escalations": row.urgent_due_at is not None,
        "failed": "failed" in row.flags and not is_closed,
        "unknown": "unknown_sender" in row.flags and not is_closed,
        "snoozed": row.state == "snoozed" and row.snoozed_until is not None and row.snoozed_until <= now,
        "closed": is_closed,
        "all": True,
    }
    return frozenset(name for name, holds in standing.items() if holds)
