"""Tables of the inbound domain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Float, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id


class ReadingMark(Base):
    """Staff say that a text was read wrong. Holds no words: they stay with the text."""

    __tablename__ = "reading_mark"
    __retention__ = "clinical"
    id: Mapped[Id]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), unique=True)
    """One mark for one text: who marks it again changes it."""
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    escalation_id: Mapped[UUID | None]
    """The escalation that was overruled for it."""
    was: Mapped[str] = mapped_column(Text)
    """Class the lexicon gave it: triage.rules.Kind."""
    also: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    tier: Mapped[str | None] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)
    fired: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Rules that fired, with their places: [[start, end, rule], ...]."""
    language: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Float)
    lexicon: Mapped[str] = mapped_column(Text)
    should_be: Mapped[str | None] = mapped_column(Text)
    """The right class, if whoever marked it said so."""
    marked_by: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    marked_at: Mapped[At]
    taken_back_at: Mapped[At | None]
    __table_args__ = (
        Index(
            "ix_reading_mark_team",
            "team_id",
            "marked_at",
            "id",
            postgresql_where=text("taken_back_at IS NULL"),
        ),
    )
