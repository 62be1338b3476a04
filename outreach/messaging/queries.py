"""Questions about texts. Answers are frozen views."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import IdempotencyKey, Media, Message
from outreach.messaging.rules import classify


class NoSuchMessage(NotFound):
    """There is no such text."""


@dataclass(frozen=True, kw_only=True)
class MessageView:
    """One text, its words opened."""

    id: UUID
    direction: str
    conversation_id: UUID | None
    phone_id: UUID
    sender_id: UUID
    team_id: UUID | None
    about_patient: UUID | None
    kind: str
    author_kind: str
    author_id: UUID | None
    body: str = field(repr=False)
    encoding: str
    segments: int
    state: str
    error_code: int | None
    error_class: str | None
    error_words: str | None
    """What staff can do about it."""
    source_kind: str
    source_id: UUID
    decision_id: UUID | None
    language: str | None
    due_at: datetime
    not_after: datetime | None
    at: datetime
    settled_at: datetime | None
    crossed: bool


@dataclass(frozen=True, kw_only=True)
class AttemptView:
    """One try to hand a text over, for `outreach why` and the message's page."""

    id: UUID
    number: int
    state: str
    provider_status: str | None
    error_code: int | None
    started_at: datetime
    settled_at: datetime | None
    looks: int
    sid: str | None


def message(uow: UnitOfWork, *, message_id: UUID) -> MessageView:
    """Return one text. Raise NoSuchMessage."""
    row = uow.session.get(Message, message_id)
    if row is None:
        raise NoSuchMessage
    return _view(uow, row)


def thread_messages(
    uow: UnitOfWork, *, conversation_id: UUID, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> tuple[MessageView, ...]:
    """Return a thread's texts, newest first, those before a (time, id) if given."""
    query = select(Message).where(Message.conversation_id == conversation_id)
    if before is not None:
        query = query.where((Message.at < before[0]) | ((Message.at == before[0]) & (Message.id < before[1])))
    rows = uow.session.scalars(query.order_by(Message.at.desc(), Message.id.desc()).limit(limit))
    return tuple(_view(uow, row) for row in rows)


def by_key(uow: UnitOfWork, *, key: str) -> UUID | None:
    """Return the text that was queued under an idempotency key."""
    return uow.session.scalar(select(IdempotencyKey.message_id).where(IdempotencyKey.key == key))


@dataclass(frozen=True, kw_only=True)
class File:
    """A photo or file of an inbound text, opened."""

    message_id: UUID
    conversation_id: UUID | None
    content_type: str
    content: bytes = field(repr=False)


def file(uow: UnitOfWork, *, media_id: UUID) -> File:
    """Return a kept photo or file. Raise NoSuchMessage for one that is not, or not yet, kept."""
    row = uow.session.execute(
        select(Media.content_type, Media.content_enc, Message.id, Message.conversation_id)
        .join(Message, Message.id == Media.message_id)
        .where(Media.id == media_id, Media.state == "kept")
    ).one_or_none()
    if row is None or row.content_enc is None:
        raise NoSuchMessage
    return File(
        message_id=row.id,
        conversation_id=row.conversation_id,
        content_type=row.content_type,
        content=uow.vault.open_bytes("media.content", media_id, row.content_enc),
    )


def states(uow: UnitOfWork, *, message_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the state of each of these texts."""
    rows = uow.session.execute(select(Message.id, Message.state).where(Message.id.in_(message_ids)))
    return {row.id: row.state for row in rows}


def attempts(uow: UnitOfWork, *, message_id: UUID) -> tuple[AttemptView, ...]:
    """Return every try to hand over a text, oldest first."""
    rows = uow.session.execute(
        text(
            """
            SELECT a.*, (SELECT sid FROM provider_sid p WHERE p.attempt_id = a.id LIMIT 1) AS sid
            FROM attempt a WHERE a.message_id = :id ORDER BY a.number
            """
        ),
        {"id": message_id},
    )
    return tuple(
        AttemptView(
            id=row.id,
            number=row.number,
            state=row.state,
            provider_status=row.provider_status,
            error_code=row.error_code,
            started_at=row.started_at,
            settled_at=row.settled_at,
            looks=row.looks,
            sid=row.sid,
        )
        for row in rows
    )


def planned_segments(uow: UnitOfWork, *, sender_id: UUID, until: datetime) -> int:
    """Return the segments that wait to leave a sender by a time."""
    found = uow.session.scalar(
        text(
            "SELECT COALESCE(sum(segments), 0) FROM message "
            "WHERE state = 'queued' AND sender_id = :sender_id AND due_at <= :until"
        ),
        {"sender_id": sender_id, "until": until},
    )
    return int(found or 0)


def _view(uow: UnitOfWork, row: Message) -> MessageView:
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in MessageView.__dataclass_fields__
        if name not in ("body", "error_words")
    }
    failed = row.state in ("failed", "undelivered")
    return MessageView(
        body=uow.vault.open("message.body", row.id, row.body_enc),
        error_words=classify(row.error_code).words if failed else None,
        **values,
    )
