"""Questions about texts. Answers are frozen views."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from outreach.kernel import ids
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import IdempotencyKey, Media, Message
from outreach.messaging.rules import classify
from outreach.messaging.rules.allowance import carriers_day

MOST_COUNTED = 1000
LATELY = timedelta(minutes=5)
WAITING = text(
    """
    SELECT
        (SELECT count(*) FROM (SELECT FROM outbox LIMIT :most) AS a) AS facts,
        (SELECT count(*) FROM (SELECT FROM parked WHERE settled_at IS NULL LIMIT :most) AS b) AS parked,
        (SELECT count(*) FROM (SELECT FROM message WHERE state = 'queued' LIMIT :most) AS c) AS texts_queued,
        (SELECT count(*) FROM (SELECT FROM message WHERE state = 'in_doubt' LIMIT :most) AS d)
            AS texts_in_doubt,
        (SELECT count(*) FROM (SELECT FROM inbound_receipt WHERE interpreted_at IS NULL LIMIT :most) AS e)
            AS texts_not_understood,
        (SELECT min(s.ready_at) FROM (SELECT stream FROM outbox LIMIT :most) AS o
            JOIN stream AS s ON s.key = o.stream) AS oldest
    """
)
ATTEMPTED = text("SELECT state, count(*) AS found FROM attempt WHERE id >= :since GROUP BY state")
DECIDED = text(
    "SELECT outcome, rule, count(*) AS found FROM decision WHERE id >= :since GROUP BY outcome, rule"
)
"""Ids begin with the time they were made at: this reads the end of the primary key and no more."""
TROUBLES = text(
    """
    SELECT d.held_why, s.id, s.label, s.stopped_reason,
        (SELECT count(*) FROM (SELECT FROM message m WHERE m.state = 'queued' AND m.sender_id = s.id
            LIMIT 1000) AS few) AS waiting
    FROM (SELECT 1) AS one LEFT JOIN deployment d ON d.id = 1 AND d.held_at IS NOT NULL
    LEFT JOIN sender s ON s.stopped_at IS NOT NULL
    ORDER BY s.label
    """
)


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


def used_today(uow: UnitOfWork, *, sender_id: UUID) -> int:
    """Return the segments a sender has sent in the carriers' day."""
    found = uow.session.scalar(
        text("SELECT day_segments FROM sender_spend WHERE sender_id = :sender_id AND day = :day"),
        {"sender_id": sender_id, "day": carriers_day(uow.machine_now)},
    )
    return int(found or 0)


def segments_each(uow: UnitOfWork, *, sender_id: UUID) -> float | None:
    """Return how many segments a sender's automated texts of the last week had on average; None if none."""
    found = uow.session.scalar(
        text(
            "SELECT avg(segments) FROM (SELECT segments FROM message WHERE direction = 'out' "
            "AND sender_id = :sender_id AND priority >= 3 AND at > :since LIMIT 1000) AS few"
        ),
        {"sender_id": sender_id, "since": uow.now - timedelta(days=7)},
    )
    return float(found) if found is not None else None


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """A sender that was stopped because of our account."""

    id: UUID
    label: str
    reason: str
    words: str
    """What the provider's code means."""
    waiting: int
    """Texts that wait for it, capped at 1,000."""


@dataclass(frozen=True, kw_only=True)
class Troubles:
    """What an operator must mend before texts leave again."""

    held_why: str | None
    """copied | behind: the database was restored, and waits for `outreach reconcile`"""
    stopped: tuple[Stopped, ...]


def troubles(uow: UnitOfWork) -> Troubles:
    """Return what stands in the way of sending, one statement."""
    rows = uow.session.execute(TROUBLES).all()
    return Troubles(
        held_why=rows[0].held_why,
        stopped=tuple(
            Stopped(
                id=row.id,
                label=row.label,
                reason=row.stopped_reason or "",
                words=_meaning(row.stopped_reason or ""),
                waiting=row.waiting,
            )
            for row in rows
            if row.id is not None
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Load:
    """How much waits and how much was done lately, counted in the database: whatever process did it."""

    waiting: Mapping[str, int]
    """Rows by queue, each counted to 1,000."""
    oldest_seconds: float
    attempts: Mapping[str, int]
    decisions: Mapping[tuple[str, str], int]
    """By outcome and rule."""


def load(uow: UnitOfWork) -> Load:
    """Return what operators watch: what waits now, and the last five minutes' attempts and decisions."""
    waiting = uow.session.execute(WAITING, {"most": MOST_COUNTED}).one()._asdict()
    oldest = waiting.pop("oldest")
    since = {"since": ids.first_at(uow.machine_now - LATELY)}
    return Load(
        waiting=waiting,
        oldest_seconds=max(0.0, (uow.machine_now - oldest).total_seconds()) if oldest else 0.0,
        attempts={row.state: row.found for row in uow.session.execute(ATTEMPTED, since)},
        decisions={(row.outcome, row.rule): row.found for row in uow.session.execute(DECIDED, since)},
    )


def _meaning(reason: str) -> str:
    code = reason.removeprefix("error_")
    return classify(int(code)).words if code.isdigit() else reason


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
