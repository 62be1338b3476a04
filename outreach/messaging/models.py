"""Tables of the messaging domain: texts, attempts to send them, and what the provider told us."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.db import At, Base, Id, Sealed


class Message(Base):
    """A text in or out. Its state is derived from its newest attempt, and never goes down."""

    __tablename__ = "message"
    __retention__ = "clinical"
    id: Mapped[Id]
    direction: Mapped[str] = mapped_column(Text)
    """in | out"""
    conversation_id: Mapped[UUID | None]
    """Set by the conversations domain; no foreign key, because calls go down."""
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"))
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("care_team.id"))
    program: Mapped[str | None] = mapped_column(Text)
    """Name of the program it belongs to: pauses hold by team and by program."""
    about_patient: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"))
    kind: Mapped[str] = mapped_column(Text)
    """safety | page | staff | reply | confirmation | reminder | program | broadcast | inbound | recovered"""
    purpose: Mapped[str | None] = mapped_column(Text)
    phone_epoch: Mapped[int | None] = mapped_column(Integer)
    """Holder of the number it was written for: a new holder must not get it."""
    author_kind: Mapped[str] = mapped_column(Text)
    """patient | caregiver | staff | program | reminder | safety | system | page"""
    author_id: Mapped[UUID | None]
    body_enc: Mapped[Sealed]
    encoding: Mapped[str] = mapped_column(Text)
    segments: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    """queued sending accepted sent delivered failed undelivered in_doubt canceled expired | received"""
    error_code: Mapped[int | None] = mapped_column(Integer)
    error_class: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(SmallInteger, default=3)
    """0 safety, 1 staff reply, 2 answer to a patient, 3 reminder, 4 program, 5 broadcast"""
    source_kind: Mapped[str] = mapped_column(Text)
    source_id: Mapped[UUID]
    decision_id: Mapped[UUID | None] = mapped_column(ForeignKey("decision.id"))
    language: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[At]
    """Product time from which it may go out; undo and back-off move it."""
    not_after: Mapped[At | None]
    retry_at: Mapped[At | None]
    """Machine time before which no new attempt starts."""
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often provider or carrier said it failed; tries that never reached the provider don't count."""
    media_urls: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Pictures that go out with it: addresses of ours that hold nothing of a patient's."""
    anchors: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Kind, id and version of the records its words speak of; the claim refuses it once one has moved."""
    at: Mapped[At]
    """Product time at which it was written (out) or reached the provider (in)."""
    settled_at: Mapped[At | None]
    ask_at: Mapped[At | None]
    """Machine time at which the provider is asked what became of it, while nobody has told."""
    crossed: Mapped[bool] = mapped_column(Boolean, default=False)
    """It was in flight when a STOP came in."""
    redacted_at: Mapped[At | None]
    __table_args__ = (
        # Work to do, found without reading what is done: claims walk this index in its order.
        Index(
            "ix_message_queued",
            "sender_id",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state = 'queued'"),
        ),
        Index("ix_message_in_doubt", "sender_id", "id", postgresql_where=text("state = 'in_doubt'")),
        Index("ix_message_conversation", "conversation_id", "at", "id"),
        Index("ix_message_phone", "phone_id", "at"),
        # Texts that only the provider knew of, after a restore: those whose cause may still come up.
        Index("ix_message_recovered", "phone_id", "at", postgresql_where=text("kind = 'recovered'")),
        Index("ix_message_ask_at", "ask_at", postgresql_where=text("ask_at IS NOT NULL")),
        # What still has its words at the provider.
        Index(
            "ix_message_to_redact",
            "settled_at",
            "id",
            postgresql_where=text("redacted_at IS NULL AND settled_at IS NOT NULL"),
        ),
    )


class IdempotencyKey(Base):
    """What a text is for, once: a touchpoint's identity, a staff draft, a safety text of one inbound."""

    __tablename__ = "idempotency_key"
    __retention__ = "clinical"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), index=True)


class MessagePart(Base):
    """What a merged text is made of; at most one part is a question."""

    __tablename__ = "message_part"
    __retention__ = "clinical"
    id: Mapped[Id]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), index=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    source_kind: Mapped[str] = mapped_column(Text)
    source_id: Mapped[UUID]


class Attempt(Base):
    """One try to hand a text to the provider, written before it starts."""

    __tablename__ = "attempt"
    __retention__ = "clinical"
    id: Mapped[Id]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), index=True)
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"))
    number: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(Text)
    """sending | accepted | refused | in_doubt | absent (proved never to have reached the provider)"""
    provider_status: Mapped[str | None] = mapped_column(Text)
    provider_rank: Mapped[int] = mapped_column(SmallInteger, default=0)
    error_code: Mapped[int | None] = mapped_column(Integer)
    started_at: Mapped[At]
    """Machine time."""
    lease_until: Mapped[At]
    posted_to: Mapped[str | None] = mapped_column(Text)
    """Address it was sent from, once the provider chose one."""
    settled_at: Mapped[At | None]
    look_at: Mapped[At]
    """Machine time from which the provider's list is asked about it, while it is unsettled."""
    looked_at: Mapped[At | None]
    looks: Mapped[int] = mapped_column(SmallInteger, default=0)
    """How often a listing was searched for it in vain."""
    is_safety: Mapped[bool] = mapped_column(Boolean, default=False)
    __table_args__ = (
        # One unsettled attempt per phone and sender, so that a listing tells whose it is.
        Index(
            "uq_attempt_unsettled",
            "phone_id",
            "sender_id",
            unique=True,
            postgresql_where=text("settled_at IS NULL AND NOT is_safety"),
        ),
        Index("ix_attempt_unsettled", "look_at", postgresql_where=text("settled_at IS NULL")),
    )


class ProviderSid(Base):
    """The provider's name for a text, in or out: what makes a second arrival of it harmless."""

    __tablename__ = "provider_sid"
    __retention__ = "clinical"
    sid: Mapped[str] = mapped_column(Text, primary_key=True)
    attempt_id: Mapped[UUID | None]
    inbound_receipt_id: Mapped[UUID | None]
    seen_at: Mapped[At]
    __table_args__ = (Index("ix_provider_sid_attempt", "attempt_id"),)


class DeliveryEvent(Base):
    """One status callback, kept as it came; a repeat is the same row."""

    __tablename__ = "delivery_event"
    __retention__ = "clinical"
    id: Mapped[Id]
    sid: Mapped[str] = mapped_column(Text)
    attempt_id: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(Text)
    error_code: Mapped[int] = mapped_column(Integer, default=0)
    at: Mapped[At]
    __table_args__ = (UniqueConstraint("sid", "status", "error_code"),)


class InboundReceipt(Base):
    """An inbound text exactly as the provider posted it: stored before anything clever happens."""

    __tablename__ = "inbound_receipt"
    __retention__ = "clinical"
    id: Mapped[Id]
    sid: Mapped[str] = mapped_column(Text, unique=True)
    from_index: Mapped[Sealed]
    raw_enc: Mapped[Sealed]
    """JSON of the posted parameters."""
    how: Mapped[str] = mapped_column(Text)
    """webhook | fallback | sweep"""
    received_at: Mapped[At]
    interpreted_at: Mapped[At | None]
    safety_read_at: Mapped[At | None]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    __table_args__ = (
        Index("ix_inbound_receipt_waiting", "from_index", postgresql_where=text("interpreted_at IS NULL")),
    )


class Media(Base):
    """A photo or file of a text, encrypted: theirs, fetched with credentials and then deleted at the
    provider; ours, as it was sent.
    """

    __tablename__ = "media"
    __retention__ = "clinical"
    id: Mapped[Id]
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), index=True)
    place: Mapped[int] = mapped_column(SmallInteger)
    content_type: Mapped[str] = mapped_column(Text)
    provider_url_enc: Mapped[Sealed | None]
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    retry_at: Mapped[At | None]
    content_enc: Mapped[Sealed | None]
    about_enc: Mapped[Sealed | None]
    """What it shows, in a colleague's words, for those who can't see it."""
    state: Mapped[str] = mapped_column(Text, default="waiting")
    """waiting | kept | refused"""
    fetched_at: Mapped[At | None]
    deleted_at_provider: Mapped[At | None]
    __table_args__ = (
        Index("ix_media_waiting", "retry_at", postgresql_where=text("deleted_at_provider IS NULL")),
    )


class Picture(Base):
    """A picture that goes out with a text: sealed, served at a signed address, then deleted."""

    __tablename__ = "picture"
    __retention__ = "clinical"
    id: Mapped[Id]
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"), index=True)
    content_type: Mapped[str] = mapped_column(Text)
    content_enc: Mapped[Sealed | None]
    fetches: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    kept_at: Mapped[At]
    deleted_at: Mapped[At | None]
    __table_args__ = (Index("ix_picture_kept", "kept_at", postgresql_where=text("content_enc IS NOT NULL")),)


class SenderSpend(Base):
    """What a sender has spent: its bucket of segments per second, and the carriers' day."""

    __tablename__ = "sender_spend"
    __retention__ = "plumbing"
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"), primary_key=True)
    tokens: Mapped[float]
    refilled_at: Mapped[At]
    day: Mapped[str] = mapped_column(Text)
    """Pacific date (carriers reset there at midnight)."""
    day_segments: Mapped[int] = mapped_column(Integer, default=0)
    held_until: Mapped[At | None]
    """Machine time until which nothing but safety texts leaves it: the provider was busy or away."""
    troubles: Mapped[int] = mapped_column(SmallInteger, default=0)
    """Batches in a row that met only trouble; after one the next batch is a single text."""


class InboundSweep(Base):
    """How far the provider's list of inbound texts has been read for a sender."""

    __tablename__ = "inbound_sweep"
    __retention__ = "plumbing"
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"), primary_key=True)
    swept_until: Mapped[At]
