"""Tables of the care domain: what other systems told us, each with its source, id and version there."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, ForeignKey, Index, Integer, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class FromSource:
    """Columns of all that another system sent: unique by (system, source_id), versioned by our own count."""

    id: Mapped[Id]
    source_system: Mapped[str] = mapped_column(Text)
    source_index: Mapped[Sealed]
    """Blind index of the source's id: some systems put a name or record number in it."""
    version: Mapped[int] = mapped_column(Integer, default=1)
    digest: Mapped[Sealed]
    """Keyed digest of what was read, so that a re-import changes nothing."""
    received_at: Mapped[At]

    @declared_attr
    def patient_id(cls) -> Mapped[UUID]:  # noqa: N805 - SQLAlchemy's way
        return mapped_column(ForeignKey("patient.id"), index=True)


class Encounter(FromSource, Base):
    """A stay or a visit, and how it ended."""

    __tablename__ = "encounter"
    __retention__ = "clinical"
    kind: Mapped[str] = mapped_column(Text)
    """inpatient | emergency | observation | ambulatory | other"""
    status: Mapped[str] = mapped_column(Text)
    started_at: Mapped[At | None]
    ended_at: Mapped[At | None]
    disposition: Mapped[str] = mapped_column(Text, default="unknown")
    """home | home_health | facility | hospice | expired | left_against_advice | transfer | unknown"""
    detail_enc: Mapped[Sealed | None]
    """JSON: type and reason as the source words them."""
    discharge_told_at: Mapped[At | None]
    """When we told the domains above that the patient went home: once, whatever is corrected later."""
    __table_args__ = (UniqueConstraint("source_system", "source_index"),)


class CarePlan(FromSource, Base):
    """A plan of care."""

    __tablename__ = "care_plan"
    __retention__ = "clinical"
    status: Mapped[str] = mapped_column(Text)
    encounter_id: Mapped[UUID | None] = mapped_column(ForeignKey("encounter.id"))
    detail_enc: Mapped[Sealed | None]
    __table_args__ = (UniqueConstraint("source_system", "source_index"),)


class CarePlanActivity(FromSource, Base):
    """One thing that was ordered in a care plan."""

    __tablename__ = "care_plan_activity"
    __retention__ = "clinical"
    care_plan_id: Mapped[UUID] = mapped_column(ForeignKey("care_plan.id"))
    status: Mapped[str] = mapped_column(Text)
    phrase: Mapped[str | None] = mapped_column(Text)
    """Key of the safe phrase (care/phrases.yaml) texts may use; empty if none fits."""
    day: Mapped[int | None] = mapped_column(Integer)
    """Days after discharge on which to ask about it; `timing` says whose idea that is."""
    timing: Mapped[str] = mapped_column(Text, default="default")
    """source | default (ours, and said so on the staff page)"""
    detail_enc: Mapped[Sealed]
    """JSON: the activity in the source's words, its codes."""
    __table_args__ = (UniqueConstraint("source_system", "source_index"),)


class Condition(FromSource, Base):
    """A diagnosis or problem. Never leaves the house in a text."""

    __tablename__ = "condition"
    __retention__ = "clinical"
    status: Mapped[str] = mapped_column(Text)
    detail_enc: Mapped[Sealed]
    """JSON: text, codes, onset."""
    __table_args__ = (UniqueConstraint("source_system", "source_index"),)


class Procedure(FromSource, Base):
    """Something that was done, or is planned: a joint replaced, a birth."""

    __tablename__ = "procedure"
    __retention__ = "clinical"
    status: Mapped[str] = mapped_column(Text)
    """In FHIR R4's words: preparation | in-progress | completed | not-done ..."""
    performed_at: Mapped[At | None]
    """When it ended, or will; the start if no end is given."""
    detail_enc: Mapped[Sealed]
    """JSON: text, codes."""
    __table_args__ = (UniqueConstraint("source_system", "source_index"),)


class MedicationSupply(FromSource, Base):
    """A medication and, where known, the day it runs out."""

    __tablename__ = "medication_supply"
    __retention__ = "clinical"
    status: Mapped[str] = mapped_column(Text)
    supplied_on: Mapped[date | None] = mapped_column(Date)
    days: Mapped[int | None] = mapped_column(Integer)
    runs_out_on: Mapped[date | None] = mapped_column(Date)
    days_source: Mapped[str] = mapped_column(Text, default="none")
    """source | default | none"""
    detail_enc: Mapped[Sealed]
    __table_args__ = (
        UniqueConstraint("source_system", "source_index"),
        Index("ix_medication_supply_runs_out_on", "runs_out_on"),
    )


class Appointment(FromSource, Base):
    """A booked visit. `start_version` grows only when its start really changes."""

    __tablename__ = "appointment"
    __retention__ = "clinical"
    status: Mapped[str] = mapped_column(Text)
    """booked | confirmed | declined | change_asked | cancelled | arrived | done | no_show | unknown"""
    source_status: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[At]
    minutes: Mapped[int | None] = mapped_column(Integer)
    start_version: Mapped[int] = mapped_column(Integer, default=1)
    booked_on: Mapped[date | None] = mapped_column(Date)
    detail_enc: Mapped[Sealed | None]
    write_back: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    __table_args__ = (
        UniqueConstraint("source_system", "source_index"),
        Index("ix_appointment_starts_at", "starts_at"),
    )
