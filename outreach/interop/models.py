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


class Imported(Base):
    """What a source last said of one person, as a digest: said again, it undoes no correction of ours."""

    __tablename__ = "imported"
    __retention__ = "clinical"
    source_system: Mapped[str] = mapped_column(Text, primary_key=True)
    source_index: Mapped[Sealed] = mapped_column(primary_key=True)
    """Blind index of the source's id."""
    digest: Mapped[Sealed]
    at: Mapped[At]
