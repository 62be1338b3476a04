"""Tables of the patients domain. Names, numbers and birth dates are sealed; a blind index finds phones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class Patient(Base):
    """A person in our care. A merge points to the surviving row and moves nothing, so it can be undone."""

    __tablename__ = "patient"
    __retention__ = "clinical"
    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    name_enc: Mapped[Sealed]
    """Full name."""
    preferred_name_enc: Mapped[Sealed | None]
    """What to call them in a text; without one, texts greet nobody by name."""
    birth_date_enc: Mapped[Sealed | None]
    language: Mapped[str] = mapped_column(Text, default="en")
    zone: Mapped[str | None] = mapped_column(Text)
    zone_source: Mapped[str | None] = mapped_column(Text)
    """stated | address | facility | none: never an area code."""
    us_state: Mapped[str | None] = mapped_column(Text)
    """Two letters, as in the address: some states allow fewer hours than ours."""
    preferred_hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    literacy: Mapped[str] = mapped_column(Text, default="standard")
    risk_tier: Mapped[str | None] = mapped_column(Text)
    needs: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    fewer_texts: Mapped[bool] = mapped_column(default=False)
    minor_until: Mapped[At | None]
    deceased_at: Mapped[At | None]
    hospice_at: Mapped[At | None]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[At]
    __table_args__ = (
        Index("ix_patient_team_id", "team_id", "id"),
        Index("ix_patient_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )


class PatientIdentifier(Base):
    """A record number some system knows the patient by."""

    __tablename__ = "patient_identifier"
    __retention__ = "clinical"
    id: Mapped[Id]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    system: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    """source (the sending system's own id) | mrn | other"""
    value_enc: Mapped[Sealed]
    value_index: Mapped[Sealed]
    __table_args__ = (UniqueConstraint("system", "kind", "value_index"),)


class Phone(Base):
    """A telephone. This row is the lock: STOP, budget, opening a question and claiming a send take it."""

    __tablename__ = "phone"
    __retention__ = "suppression"
    id: Mapped[Id]
    e164_enc: Mapped[Sealed]
    e164_index: Mapped[Sealed] = mapped_column(unique=True)
    line_type: Mapped[str] = mapped_column(Text, default="unknown")
    state: Mapped[str] = mapped_column(Text, default="usable")
    """usable | invalid | wrong_person | deactivated"""
    state_reason: Mapped[str | None] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(Integer, default=1)
    """Grows when a number gets a new holder, who starts clean."""
    verified_at: Mapped[At | None]
    created_at: Mapped[At]
    __table_args__ = (
        Index(
            "ix_phone_unverified",
            "created_at",
            postgresql_where=text("line_type = 'unknown' AND verified_at IS NULL"),
        ),
    )


class PhoneHolder(Base):
    """One holder of a number: an epoch of it."""

    __tablename__ = "phone_holder"
    __retention__ = "suppression"
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True)
    since: Mapped[At]
    how: Mapped[str] = mapped_column(Text)


class PatientPhone(Base):
    """Whose phone: the patient's own, or a caregiver's with what they may do."""

    __tablename__ = "patient_phone"
    __retention__ = "clinical"
    id: Mapped[Id]
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"), index=True)
    relation: Mapped[str] = mapped_column(Text)
    """self | caregiver"""
    holder_name_enc: Mapped[Sealed | None]
    scopes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """see | answer | be_told"""
    language: Mapped[str | None] = mapped_column(Text)
    rank: Mapped[int] = mapped_column(Integer, default=1)
    ended_at: Mapped[At | None]
    __table_args__ = (UniqueConstraint("patient_id", "phone_id", "relation"),)


class PatientWord(Base):
    """That a patient's names or record numbers begin with what is behind a number (kernel/words.py)."""

    __tablename__ = "patient_word"
    __retention__ = "clinical"
    bucket: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    patient_id: Mapped[UUID] = mapped_column(
        ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class RecordChange(Base):
    """What somebody's record said until a moment, and says from then on: rows are only added. Replays play
    them.
    """

    __tablename__ = "record_change"
    __retention__ = "clinical"
    id: Mapped[Id]
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Order of writing: two changes may bear the same product time."""
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    kind: Mapped[str] = mapped_column(Text)
    """patient | appointment | activity | supply"""
    subject_id: Mapped[UUID]
    at: Mapped[At]
    change_enc: Mapped[Sealed]
    """JSON: {"was": {...}, "became": {...}}, columns by name."""
    __table_args__ = (Index("ix_record_change_patient", "patient_id", "no"),)
