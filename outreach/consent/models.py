"""Tables of the consent domain. The ledger is append-only; the three states are derived from it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class ConsentEvent(Base):
    """One thing somebody said or did about being texted, with its evidence. Never changed, never deleted."""

    __tablename__ = "consent_event"
    __retention__ = "suppression"
    id: Mapped[Id]
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    """Order of writing: two events may bear the same product time, and ids tell nothing."""
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"))
    epoch: Mapped[int] = mapped_column(Integer)
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    sender_id: Mapped[UUID | None] = mapped_column(ForeignKey("sender.id"))
    purpose: Mapped[str] = mapped_column(Text)
    """care | reminders | all"""
    kind: Mapped[str] = mapped_column(Text)
    """basis | opt_in | opt_out | confirmed | provider_block | provider_unblock | warned | wrong_person
    | right_person
    """
    how: Mapped[str] = mapped_column(Text)
    """text | provider | staff | caregiver | registration | import | database (of reassigned numbers)"""
    by_staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    inbound_receipt_id: Mapped[UUID | None]
    setting: Mapped[str | None] = mapped_column(Text)
    """The deployment's `basis` then: of this purpose, or of each ("care=registration reminders=opt_in")."""
    wording_version: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    evidence_enc: Mapped[Sealed | None]
    at: Mapped[At]
    __table_args__ = (
        Index("ix_consent_event_phone", "phone_id", "no"),
        Index(
            "ix_consent_event_patient",
            "patient_id",
            "no",
            postgresql_where=text("patient_id IS NOT NULL"),
        ),
    )


class PhoneOptOut(Base):
    """The phone said stop (or start again): current state per holder epoch. A suppression never expires."""

    __tablename__ = "phone_opt_out"
    __retention__ = "suppression"
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True)
    opted_out_at: Mapped[At | None]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("consent_event.id"))
    confirmed_at: Mapped[At | None]
    """When the one confirmation went out (or was found to be the provider's)."""


class ProviderBlock(Base):
    """The provider refuses to carry texts from this sender to this phone (error 21610)."""

    __tablename__ = "provider_block"
    __retention__ = "suppression"
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"), primary_key=True)
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"), primary_key=True)
    blocked_at: Mapped[At | None]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("consent_event.id"))


class ContactPreference(Base):
    """The person's own wishes: they follow a change of number."""

    __tablename__ = "contact_preference"
    __retention__ = "suppression"
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    """allowed | refused"""
    basis: Mapped[str] = mapped_column(Text)
    """registration | opt_in_text | staff_documented: why we may text at all"""
    event_id: Mapped[UUID] = mapped_column(ForeignKey("consent_event.id"))
    warned_at: Mapped[At | None]
