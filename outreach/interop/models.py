"""Tables of the interop package: what could not be used, kept with its reason."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class Quarantine(Base):
    """A record we were sent and can't use: its reason, and the record itself, sealed."""

    __tablename__ = "quarantine"
    __retention__ = "clinical"
    id: Mapped[Id]
    source: Mapped[str] = mapped_column(Text)
    """fhir | hl7 | csv"""
    record_kind: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    digest: Mapped[Sealed] = mapped_column(unique=True)
    where_enc: Mapped[Sealed]
    raw_enc: Mapped[Sealed]
    at: Mapped[At]
    settled_at: Mapped[At | None]
    settled_by: Mapped[UUID | None]
    __table_args__ = (Index("ix_quarantine_open", "at", postgresql_where=text("settled_at IS NULL")),)
