"""What texts are found by: their words as blind numbers, written as each text takes its place in a thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from outreach.conversations.models import Conversation
from outreach.kernel import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message

KEEP = text(
    """
    INSERT INTO message_word (bucket, at, message_id)
    SELECT * FROM unnest(CAST(:buckets AS integer[]), CAST(:times AS timestamptz[]), CAST(:ids AS uuid[]))
    ON CONFLICT DO NOTHING
    """
)


@dataclass(frozen=True, kw_only=True)
class Said:
    """A text in a team's thread."""

    message_id: UUID
    team_id: UUID
    at: datetime
    body: str = field(repr=False)


def index_text(uow: UnitOfWork, *, message_id: UUID, team_id: UUID, at: datetime, body: str) -> None:
    """Make a text findable by its words for one team; saying it again changes nothing."""
    index_said(uow, [Said(message_id=message_id, team_id=team_id, at=at, body=body)])


def index_said(uow: UnitOfWork, said: Iterable[Said]) -> None:
    """Do the same for several texts."""
    # Two words may share a number. Rows come in one order, so that two writers never wait in a circle.
    rows = sorted(
        {(bucket, one.at, one.message_id) for one in said for bucket in _buckets(uow, one)},
    )
    if rows:
        buckets, times, ids = (list(column) for column in zip(*rows, strict=True))
        uow.session.execute(KEEP, {"buckets": buckets, "times": times, "ids": ids})


def _buckets(uow: UnitOfWork, said: Said) -> Iterable[int]:
    key = words.team_key(uow.vault, said.team_id)
    return words.buckets(key, "text", words.worth_finding(said.body)).values()


def index_texts(uow: UnitOfWork, *, after: UUID | None = None, limit: int = 500) -> UUID | None:
    """Make the next texts findable, in the order of their ids; return where to go on, None at the end.

    For texts from before there was an index, and after the keys of blind indexes were changed.
    """
    wanted = (
        select(Message.id, Message.at, Message.body_enc, Conversation.team_id)
        .outerjoin(Conversation, Conversation.id == Message.conversation_id)
        .order_by(Message.id)
        .limit(limit)
    )
    rows = uow.session.execute(wanted if after is None else wanted.where(Message.id > after)).all()
    for row in rows:
        if row.team_id is not None:
            body = uow.vault.open("message.body", row.id, row.body_enc)
            index_text(uow, message_id=row.id, team_id=row.team_id, at=row.at, body=body)
    return rows[-1].id if len(rows) == limit else None
