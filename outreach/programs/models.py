"""Tables of the programs domain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class ProgramVersion(Base):
    """A program file as released: never changed. Enrollments keep the version they started with."""

    __tablename__ = "program_version"
    __retention__ = "clinical"
    id: Mapped[Id]
    program: Mapped[str] = mapped_column(Text)
    number: Mapped[int] = mapped_column(Integer)
    file_hash: Mapped[str] = mapped_column(Text)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    source_text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, default="released")
    """draft | released | retired | withdrawn"""
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    released_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    released_at: Mapped[At | None]
    __table_args__ = (UniqueConstraint("program", "number"), UniqueConstraint("program", "file_hash"))


class Enrollment(Base):
    """One patient in one program version, counted from an anchor."""

    __tablename__ = "enrollment"
    __retention__ = "clinical"
    id: Mapped[Id]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    program_version_id: Mapped[UUID] = mapped_column(ForeignKey("program_version.id"))
    program: Mapped[str] = mapped_column(Text)
    anchor_kind: Mapped[str] = mapped_column(Text)
    anchor_id: Mapped[UUID]
    """The encounter, appointment ... it counts from."""
    anchor_at: Mapped[At]
    anchor_version: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(Text, default="active")
    """active | paused | finished | stopped"""
    stop_reason: Mapped[str | None] = mapped_column(Text)
    enrolled_at: Mapped[At]
    enrolled_by: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[At | None]
    state_enc: Mapped[Sealed | None]
    """JSON: what answers so far mean for branches and cadence."""
    __table_args__ = (
        UniqueConstraint("patient_id", "program", "anchor_kind", "anchor_id"),
        Index("ix_enrollment_active", "program", postgresql_where=text("state = 'active'")),
    )


class EnrollmentChange(Base):
    """What was done to an enrollment, and what it was until then: rows are only added. Replays play them."""

    __tablename__ = "enrollment_change"
    __retention__ = "clinical"
    id: Mapped[Id]
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Order of writing: two changes may bear the same product time."""
    enrollment_id: Mapped[UUID] = mapped_column(ForeignKey("enrollment.id"))
    at: Mapped[At]
    kind: Mapped[str] = mapped_column(Text)
    """moved (what it counts from) | goes_on (after a stay) | migrated (to another version) | paused
    | taken_up | ended | answered (an answer ended it) | resumed (they want texts again)"""
    reason: Mapped[str | None] = mapped_column(Text)
    """Why it ended."""
    program_version_id: Mapped[UUID] = mapped_column(ForeignKey("program_version.id"))
    """Which version it followed until then; so with the anchor."""
    anchor_at: Mapped[At]
    anchor_version: Mapped[int] = mapped_column(Integer)
    __table_args__ = (Index("ix_enrollment_change_enrollment", "enrollment_id", "no"),)
