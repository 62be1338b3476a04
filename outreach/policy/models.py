"""Tables of the policy domain: receipts, the contact ledger, pauses."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class DecisionRow(Base):
    """A receipt: one per change of outcome. Its facts and trace are sealed JSON; judging it again agrees."""

    __tablename__ = "decision"
    __retention__ = "clinical"
    id: Mapped[Id]
    subject_kind: Mapped[str] = mapped_column(Text)
    """touchpoint | reply | staff | safety | page | opt_out_confirmation"""
    subject_id: Mapped[UUID]
    phone_id: Mapped[UUID | None] = mapped_column(ForeignKey("phone.id"))
    outcome: Mapped[str] = mapped_column(Text)
    """send | defer | merge | suppress | ask_human"""
    rule: Mapped[str] = mapped_column(Text)
    until: Mapped[At | None]
    rules_version: Mapped[str] = mapped_column(Text)
    receipt_enc: Mapped[Sealed]
    at: Mapped[At]
    __table_args__ = (Index("ix_decision_subject", "subject_kind", "subject_id", "at"),)


class Contact(Base):
    """The contact ledger: one row per text to a phone that counts (or is free, and says why)."""

    __tablename__ = "contact"
    __retention__ = "clinical"
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"))
    local_day: Mapped[date] = mapped_column(Date)
    at: Mapped[At]
    counts: Mapped[int] = mapped_column(Integer)
    """1 against the budget, 0 free (staff, safety, follow-up to an answer)."""
    source: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_contact_phone_at", "phone_id", "at"),)


class Pause(Base):
    """Automated texts are held: everything, one team, or one program. Lifted by filling `lifted_at`."""

    __tablename__ = "pause"
    __retention__ = "deployment"
    id: Mapped[Id]
    scope: Mapped[str] = mapped_column(Text)
    """everything | team | program | sender"""
    scope_id: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    paused_at: Mapped[At]
    lifted_at: Mapped[At | None]
    lifted_by: Mapped[UUID | None]
