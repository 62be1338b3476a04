"""Tables of the conversations domain."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from outreach.conversations.rules import CALM
from outreach.kernel.db import At, Base, Id, Sealed


class Conversation(Base):
    """One phone and one care team. `version` grows with each change: two people don't undo each other."""

    __tablename__ = "conversation"
    __retention__ = "clinical"
    id: Mapped[Id]
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patient.id"), index=True)
    """Empty for an unknown sender, or a shared phone about which nobody has decided yet."""
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    state: Mapped[str] = mapped_column(Text, default="open")
    """open | snoozed | closed"""
    snoozed_until: Mapped[At | None]
    waiting_since: Mapped[At | None]
    """When the oldest text nobody has answered came in; empty when nobody waits."""
    unread: Mapped[int] = mapped_column(Integer, default=0)
    last_at: Mapped[At]
    last_message_id: Mapped[UUID | None]
    last_line_enc: Mapped[Sealed | None]
    last_direction: Mapped[str | None] = mapped_column(Text)
    flags: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """red | orange | yellow | silent | failed | unknown_sender | opted_out: why a row stands out"""
    urgency: Mapped[int] = mapped_column(SmallInteger, default=CALM, server_default=text(str(CALM)))
    """Rank of its flags in every list of open work (rules.urgency_of): 0 stands first."""
    urgent_due_at: Mapped[At | None]
    """When the most pressing open escalation must be in a person's hands; kept by the escalations domain."""
    staff_active_until: Mapped[At | None]
    """Live talk: automated texts wait until then."""
    version: Mapped[int] = mapped_column(Integer, default=1)
    change_no: Mapped[int] = mapped_column(BigInteger, default=0)
    closed_reason: Mapped[str | None] = mapped_column(Text)
    program: Mapped[str | None] = mapped_column(Text)
    """Name of the program whose text went out last."""
    tags: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Ids of the team's tags on it."""
    created_at: Mapped[At]
    __table_args__ = (
        UniqueConstraint("phone_id", "team_id"),
        # Each list walks its index once per rank of urgency, so that it reads a page and no more.
        Index("ix_conversation_team_last", "team_id", "state", "last_at", "id"),
        Index(
            "ix_conversation_waiting",
            "team_id",
            "urgency",
            "waiting_since",
            "id",
            postgresql_where=text("waiting_since IS NOT NULL AND state <> 'closed'"),
        ),
        Index(
            "ix_conversation_owner",
            "owner_id",
            "team_id",
            "urgency",
            "last_at",
            "id",
            # One's own open ones are counted without a look at the rows.
            postgresql_include=["state"],
            postgresql_where=text("owner_id IS NOT NULL AND state <> 'closed'"),
        ),
        Index("ix_conversation_team_all", "team_id", "urgency", "last_at", "id"),
        Index(
            "ix_conversation_tagged",
            "team_id",
            "urgency",
            "last_at",
            "id",
            postgresql_where=text("tags <> '[]'"),
        ),
        # One partial index for each list of the inbox that few rows are in.
        Index(
            "ix_conversation_unassigned",
            "team_id",
            "urgency",
            "waiting_since",
            "id",
            postgresql_where=text("waiting_since IS NOT NULL AND state = 'open' AND owner_id IS NULL"),
        ),
        Index(
            "ix_conversation_urgent",
            "team_id",
            "urgency",
            "urgent_due_at",
            "id",
            postgresql_where=text("urgent_due_at IS NOT NULL"),
        ),
        Index(
            "ix_conversation_failed",
            "team_id",
            "urgency",
            "last_at",
            "id",
            postgresql_where=text("flags ? 'failed' AND state <> 'closed'"),
        ),
        Index(
            "ix_conversation_unknown",
            "team_id",
            "urgency",
            "last_at",
            "id",
            postgresql_where=text("flags ? 'unknown_sender' AND state <> 'closed'"),
        ),
        Index(
            "ix_conversation_snoozed",
            "team_id",
            "snoozed_until",
            "id",
            postgresql_where=text("state = 'snoozed'"),
        ),
    )


class Prompt(Base):
    """An open question. One per phone and sender; the others wait their turn."""

    __tablename__ = "prompt"
    __retention__ = "clinical"
    id: Mapped[Id]
    phone_id: Mapped[UUID] = mapped_column(ForeignKey("phone.id"))
    sender_id: Mapped[UUID] = mapped_column(ForeignKey("sender.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"))
    source_kind: Mapped[str] = mapped_column(Text)
    """program | reminder | inbound (which patient do you mean?)"""
    source_id: Mapped[UUID]
    """The touchpoint it came with."""
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    question: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """Kind, reply words and their meaning: no patient data."""
    state: Mapped[str] = mapped_column(Text)
    """open | answered | superseded | expired"""
    opened_at: Mapped[At]
    expires_at: Mapped[At]
    closed_at: Mapped[At | None]
    asked_again: Mapped[int] = mapped_column(SmallInteger, default=0)
    __table_args__ = (
        Index(
            "uq_prompt_open", "phone_id", "sender_id", unique=True, postgresql_where=text("state = 'open'")
        ),
        Index("ix_prompt_phone", "phone_id", "sender_id", "opened_at"),
        Index("ix_prompt_expires", "expires_at", postgresql_where=text("state = 'open'")),
        Index("ix_prompt_set_aside", "expires_at", postgresql_where=text("state = 'superseded'")),
    )


class Answer(Base):
    """What a reply meant for a question."""

    __tablename__ = "answer"
    __retention__ = "clinical"
    id: Mapped[Id]
    prompt_id: Mapped[UUID] = mapped_column(ForeignKey("prompt.id"), index=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patient.id"), index=True)
    value_enc: Mapped[Sealed]
    """JSON: {"choice": "2"} or {"number": 120.5} ..."""
    by: Mapped[str] = mapped_column(Text)
    """patient | caregiver | staff"""
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[At]
    __table_args__ = (UniqueConstraint("prompt_id", "message_id"), Index("ix_answer_message", "message_id"))


class Note(Base):
    """An internal note; patients never see it."""

    __tablename__ = "note"
    __retention__ = "clinical"
    id: Mapped[Id]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), index=True)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))
    body_enc: Mapped[Sealed]
    mentions: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    at: Mapped[At]


class Mention(Base):
    """A colleague was named in a note: theirs to look at."""

    __tablename__ = "mention"
    __retention__ = "clinical"
    note_id: Mapped[UUID] = mapped_column(ForeignKey("note.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    at: Mapped[At]
    seen_at: Mapped[At | None]
    __table_args__ = (
        Index("ix_mention_staff", "staff_id", "at"),
        Index("ix_mention_unseen", "staff_id", postgresql_where=text("seen_at IS NULL")),
    )


class Draft(Base):
    """What a colleague was typing, kept on the server."""

    __tablename__ = "draft"
    __retention__ = "clinical"
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    body_enc: Mapped[Sealed]
    mode: Mapped[str] = mapped_column(Text, server_default="note")
    """text | note. One of which nobody knows comes back as a note: no note may become a text by itself."""
    at: Mapped[At]


class DraftPhoto(Base):
    """A photo a colleague has chosen and not sent yet."""

    __tablename__ = "draft_photo"
    __retention__ = "clinical"
    id: Mapped[Id]
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversation.id"))
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    content_type: Mapped[str] = mapped_column(Text)
    content_enc: Mapped[Sealed]
    about_enc: Mapped[Sealed | None]
    at: Mapped[At]
    """Machine time: the daily sweep goes by it."""
    __table_args__ = (UniqueConstraint("conversation_id", "staff_id"), Index("ix_draft_photo_at", "at"))


class QuickReply(Base):
    """A text a team uses often, with fields to fill in."""

    __tablename__ = "quick_reply"
    __retention__ = "deployment"
    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    shortcut: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="en")
    body: Mapped[str] = mapped_column(Text)
    __table_args__ = (UniqueConstraint("team_id", "shortcut", "language"),)


class Change(Base):
    """What live pages have to redraw: one row per committed change of a conversation, kept for a day."""

    __tablename__ = "conversation_change"
    __retention__ = "plumbing"
    no: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    team_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    at: Mapped[At]
    """Machine time: live pages and the daily sweep go by it."""
    __table_args__ = (Index("ix_conversation_change_at", "at"),)


class Tag(Base):
    """A word of a team's own for sorting its conversations."""

    __tablename__ = "tag"
    __retention__ = "clinical"
    id: Mapped[Id]
    team_id: Mapped[UUID] = mapped_column(ForeignKey("care_team.id"))
    word_enc: Mapped[Sealed]
    word_index: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed digest of the word without case: a team has each word once."""
    created_at: Mapped[At]
    __table_args__ = (UniqueConstraint("team_id", "word_index"),)


class SavedView(Base):
    """A list somebody made for themselves: its name, and what it filters by."""

    __tablename__ = "saved_view"
    __retention__ = "staff"
    id: Mapped[Id]
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    definition_enc: Mapped[Sealed]
    """JSON: {"name": ..., "view": ..., and the filters}."""
    created_at: Mapped[At]


class MessageWord(Base):
    """That a text holds one of the words behind a number (kernel/words.py); newest last in each number.

    No foreign key: it would cost an index as large as the table. Whoever deletes a text deletes its words.
    """

    __tablename__ = "message_word"
    __retention__ = "clinical"
    bucket: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[At] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
