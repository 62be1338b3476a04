"""Escalations as lists and threads show them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, case, select, text

from outreach.conversations.queries import Band
from outreach.conversations.rules import CALM, URGENCY
from outreach.escalations.models import Escalation
from outreach.escalations.rules import DANGERS, OPEN_STATES, TIERS
from outreach.kernel.asking import Question, Spelled, answer
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message
from outreach.patients.models import Patient
from outreach.staff.models import Staff

SAFETY = "escalation"
"""Source of a safety text: the escalation it belongs to."""
MOST_OPEN = 200
MOST_STEPS = 200


@dataclass(frozen=True, kw_only=True)
class EscalationView:
    """One escalation with whose it is and about whom."""

    escalation_id: UUID
    team_id: UUID
    conversation_id: UUID | None
    patient_id: UUID | None
    patient_name: str | None = field(repr=False)
    phone_id: UUID | None
    tier: str
    topic: str
    state: str
    raised_at: datetime
    due_at: datetime
    is_late: bool
    """Whether its clock has run out and nobody has resolved it."""
    owner_id: UUID | None
    owner_name: str | None
    step: int
    next_step_at: datetime | None
    safety_text: str
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    outcome: str | None
    note: str | None = field(repr=False)
    source_kind: str
    source_id: UUID
    reading: dict[str, Any] | None
    roster: dict[str, Any] | None


def open_for(
    uow: UnitOfWork,
    *,
    team_ids: Collection[UUID],
    tiers: Collection[str] = TIERS,
    limit: int = MOST_OPEN,
) -> tuple[EscalationView, ...]:
    """Return the open escalations of some teams: red, orange, all else, each the one due soonest first."""
    rows = uow.session.execute(
        _wanted()
        .where(
            Escalation.team_id.in_(list(team_ids)),
            Escalation.tier.in_(list(tiers)),
            text("escalation.state IN ('raised', 'acknowledged')"),
        )
        .order_by(case(URGENCY, value=Escalation.tier, else_=CALM), Escalation.due_at, Escalation.id)
        .limit(limit)
    )
    return tuple(_view(uow, row) for row in rows)


def escalation(
    uow: UnitOfWork, *, escalation_id: UUID, team_ids: Collection[UUID] | None = None
) -> EscalationView:
    """Return one escalation. Raise NotFound if there is none, or it is none of these teams'."""
    row = uow.session.execute(_wanted().where(Escalation.id == escalation_id)).one_or_none()
    if row is None or (team_ids is not None and row.Escalation.team_id not in team_ids):
        raise NotFound
    return _view(uow, row)


def for_conversation(uow: UnitOfWork, *, conversation_id: UUID) -> tuple[Band, ...]:
    """Return a thread's escalations as bands, oldest first: give them to `ThreadView.with_bands`."""
    return answer(uow, bands_in(conversation_id))


def bands_in(conversation_id: UUID) -> Question[tuple[Band, ...]]:
    """Return the question for a thread's escalations as bands, oldest first."""
    return Question(_bands(), {"conversation_id": conversation_id}, _band_views)


@cache
def _bands() -> Spelled:
    e = Escalation
    return Spelled(
        select(
            e.id, e.raised_at, e.tier, e.topic, e.state, e.due_at, e.owner_id,
            Staff.name.label("owner_name"), e.safety_text, e.step, e.acknowledged_at, e.resolved_at,
            e.outcome, e.note_enc, e.source_kind, e.source_id, e.reading, e.roster,
        )
        .outerjoin(Staff, Staff.id == e.owner_id)
        .where(e.conversation_id == bindparam("conversation_id"))
        .order_by(e.raised_at.desc(), e.id)
        .limit(MOST_OPEN)
    )  # fmt: skip


def _band_views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[Band, ...]:
    return tuple(_band(uow, row) for row in reversed(rows))


def open_in(uow: UnitOfWork, *, conversation_id: UUID) -> tuple[tuple[str, datetime], ...]:
    """Return tier and due time of what is open in a conversation."""
    rows = uow.session.execute(
        select(Escalation.tier, Escalation.due_at).where(
            Escalation.conversation_id == conversation_id, Escalation.state.in_(OPEN_STATES)
        )
    )
    return tuple((row.tier, row.due_at) for row in rows)


def due_steps(uow: UnitOfWork, *, limit: int = MOST_STEPS) -> tuple[UUID, ...]:
    """Return escalations whose next rung is due, the longest waiting first."""
    return tuple(
        uow.session.scalars(
            select(Escalation.id)
            .where(text("escalation.state = 'raised'"), Escalation.next_step_at <= uow.now)
            .order_by(Escalation.next_step_at)
            .limit(limit)
        )
    )


def of_safety_text(uow: UnitOfWork, *, message_id: UUID) -> UUID | None:
    """Return the escalation a safety text was sent for."""
    return uow.session.scalars(
        select(Message.source_id).where(Message.id == message_id, Message.source_kind == SAFETY)
    ).one_or_none()


def of_answer(uow: UnitOfWork, *, answer_id: UUID) -> UUID | None:
    """Return the red or orange escalation an answer raised, None if it raised none."""
    return uow.session.scalars(
        select(Escalation.id).where(
            Escalation.source_kind == "answer",
            Escalation.source_id == answer_id,
            Escalation.tier.in_(DANGERS),
        )
    ).one_or_none()


def _wanted() -> Any:
    return (
        select(Escalation, Staff.name.label("owner_name"), Patient.name_enc)
        .outerjoin(Staff, Staff.id == Escalation.owner_id)
        .outerjoin(Patient, Patient.id == Escalation.patient_id)
    )


def _view(uow: UnitOfWork, row: Row[Any]) -> EscalationView:
    one = row.Escalation
    name = uow.vault.open_or("patient.name", one.patient_id, row.name_enc) or None
    return EscalationView(
        escalation_id=one.id,
        team_id=one.team_id,
        conversation_id=one.conversation_id,
        patient_id=one.patient_id,
        patient_name=name,
        phone_id=one.phone_id,
        tier=one.tier,
        topic=one.topic,
        state=one.state,
        raised_at=one.raised_at,
        due_at=one.due_at,
        is_late=one.state in OPEN_STATES and one.due_at <= uow.now,
        owner_id=one.owner_id,
        owner_name=row.owner_name,
        step=one.step,
        next_step_at=one.next_step_at,
        safety_text=one.safety_text,
        acknowledged_at=one.acknowledged_at,
        resolved_at=one.resolved_at,
        outcome=one.outcome,
        note=uow.vault.open_or("escalation.note", one.id, one.note_enc) or None,
        source_kind=one.source_kind,
        source_id=one.source_id,
        reading=one.reading,
        roster=one.roster,
    )


def _band(uow: UnitOfWork, one: Any) -> Band:
    return Band(
        id=one.id,
        at=one.raised_at,
        tier=one.tier,
        topic=one.topic,
        state=one.state,
        due_at=one.due_at,
        owner_id=one.owner_id,
        owner_name=one.owner_name,
        safety_text=one.safety_text,
        step=one.step,
        acknowledged_at=one.acknowledged_at,
        resolved_at=one.resolved_at,
        outcome=one.outcome,
        note=uow.vault.open_or("escalation.note", one.id, one.note_enc) or None,
        source_kind=one.source_kind,
        source_id=one.source_id,
        rule=(one.reading or {}).get("rule"),
        paged=sum(len(step["paged"]) for step in (one.roster or {}).get("steps", ())),
    )
