"""Tables of the escalations domain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class Escalation(Base):
    """Something a human must act on, with an owner, a clock and a ladder."""

    __tablename__ = "escalation"
    __retention__ = "clinical"
    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    conversation_id: Mapped[UUID | None]
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    phone_id: Mapped[UUID | None] = mapped_column(ForeignKey("phone.id"))
    tier: Mapped[str] = mapped_column(Text)
    """red | orange | yellow | silent"""
    topic: Mapped[str] = mapped_column(Text)
    source_kind: Mapped[str] = mapped_column(Text)
    """inbound | answer | silence | failure"""
    source_id: Mapped[UUID]
    reading: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Rule, lexicon version, confidence and the places in the text: no words."""
    state: Mapped[str] = mapped_column(Text, default="raised")
    """raised | acknowledged | resolved | overruled"""
    raised_at: Mapped[At]
    due_at: Mapped[At]
    first_due_at: Mapped[At | None]
    """The clock it had before it was first reopened: a clock once missed stays missed."""
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    step: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Place on the ladder: on call, backup, everyone, operator."""
    next_step_at: Mapped[At | None]
    acknowledged_at: Mapped[At | None]
    acknowledged_by: Mapped[UUID | None]
    resolved_at: Mapped[At | None]
    resolved_by: Mapped[UUID | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    note_enc: Mapped[Sealed | None]
    safety_text: Mapped[str] = mapped_column(Text, default="none")
    """none | queued | not_texted (opted out: CALL NOW)"""
    roster: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """Whom the ladder named, by id, as the roster stood then."""
    __table_args__ = (
        UniqueConstraint("source_kind", "source_id", "topic"),
        Index(
            "ix_escalation_open",
            "team_id",
            "due_at",
            postgresql_where=text("state IN ('raised', 'acknowledged')"),
        ),
        Index("ix_escalation_ladder", "next_step_at", postgresql_where=text("state = 'raised'")),
        Index("ix_escalation_conversation", "conversation_id"),
        # Figures look at a stretch of days of some teams.
        Index("ix_escalation_raised", "team_id", "raised_at"),
    )


class Task(Base):
    """Work without a text: a call, a visit, a number to check."""

    __tablename__ = "task"
    __retention__ = "clinical"
    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    conversation_id: Mapped[UUID | None]
    kind: Mapped[str] = mapped_column(Text)
    """tcm_call | visit | weekly_call | live_call | refill | appointment_change | wrong_person | read_text |
    parked_fact | sender_trouble | other
    """
    source_kind: Mapped[str] = mapped_column(Text)
    source_id: Mapped[UUID]
    detail_enc: Mapped[Sealed | None]
    state: Mapped[str] = mapped_column(Text, default="open")
    """open | done | dropped"""
    due_at: Mapped[At]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[At]
    done_at: Mapped[At | None]
    done_by: Mapped[UUID | None]
    outcome_enc: Mapped[Sealed | None]
    __table_args__ = (
        UniqueConstraint("kind", "source_kind", "source_id"),
        Index("ix_task_open", "team_id", "due_at", postgresql_where=text("state = 'open'")),
    )


class Page(Base):
    """A page to a member of staff: by text to a pager, without patient data."""

    __tablename__ = "page"
    __retention__ = "clinical"
    id: Mapped[Id]
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalation.id"), index=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    step: Mapped[int] = mapped_column(SmallInteger)
    message_id: Mapped[UUID | None]
    at: Mapped[At]
    acknowledged_at: Mapped[At | None]
    __table_args__ = (UniqueConstraint("escalation_id", "staff_id", "step"),)
