"""The table of planned contacts."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class Touchpoint(Base):
    """One planned contact. Its identity, never its due time, is what a text is sent for."""

    __tablename__ = "touchpoint"
    __retention__ = "clinical"
    id: Mapped[Id]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    source_kind: Mapped[str] = mapped_column(Text)
    """program | activity | appointment | refill"""
    source_id: Mapped[UUID]
    """Enrollment, care-plan activity, appointment or medication supply."""
    step: Mapped[str] = mapped_column(Text)
    occurrence: Mapped[int] = mapped_column(Integer, default=0)
    anchor_version: Mapped[int] = mapped_column(Integer, default=1)
    local_day: Mapped[date] = mapped_column(Date)
    local_time: Mapped[str] = mapped_column(Text)
    due_at: Mapped[At]
    not_after: Mapped[At]
    state: Mapped[str] = mapped_column(Text, default="planned")
    """planned | held | sent | answered | skipped | suppressed | expired"""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it was skipped, suppressed or expired: a rule's name."""
    why: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Where it comes from, by id and key: program, version, step, activity id, default timing or not."""
    text_enc: Mapped[Sealed | None]
    """What was, or will be, said (kept once sent)."""
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("decision.id"))
    tries: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    settled_at: Mapped[At | None]
    __table_args__ = (
        UniqueConstraint("source_kind", "source_id", "step", "occurrence", "anchor_version"),
        Index("ix_touchpoint_due", "due_at", "id", postgresql_where=text("state IN ('planned', 'held')")),
        Index("ix_touchpoint_patient", "patient_id", "due_at"),
        Index("ix_touchpoint_source", "source_kind", "source_id"),
    )
