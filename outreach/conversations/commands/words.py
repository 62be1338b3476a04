"""What texts are found by: their words as blind numbers, written as each text takes its place in a thread."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations.models import Conversation, MessageWord
from outreach.kernel import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message


def index_text(uow: UnitOfWork, *, message_id: UUID, team_id: UUID, at: datetime, body: str) -> None:
    """Make a text findable by its words for one team; saying it again changes nothing."""
    key = words.team_key(uow.vault, team_id)
    # Two words may share a number. Rows come in one order, so that two writers never wait in a circle.
    buckets = sorted(set(words.buckets(key, "text", words.worth_finding(body)).values()))
    if buckets:
        rows = [{"bucket": bucket, "at": at, "message_id": message_id} for bucket in buckets]
        uow.session.execute(insert(MessageWord).values(rows).on_conflict_do_nothing())


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
