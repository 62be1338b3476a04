"""Texts that came in are stored as messages; their photos wait to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.segments import count_segments
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Media, Message

LINK = text(
    """
    WITH linked AS (
        UPDATE inbound_receipt r SET message_id = g.message_id
        FROM unnest(CAST(:receipt_ids AS uuid[]), CAST(:message_ids AS uuid[])) AS g(receipt_id, message_id)
        WHERE r.id = g.receipt_id
        RETURNING r.id, r.sid
    )
    INSERT INTO provider_sid (sid, inbound_receipt_id, seen_at) SELECT sid, id, :seen_at FROM linked
    ORDER BY sid
    ON CONFLICT DO NOTHING
    """
)
KNOWN = text(
    "SELECT id, message_id, received_at FROM inbound_receipt WHERE id = ANY(:receipt_ids) "
    "ORDER BY id FOR NO KEY UPDATE"
)
KEEP = insert(Message.__table__)  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Incoming:
    """A text that came in: of which receipt, from where to whom, and how it is filed.

    `media` holds address and content type of each file. `at` is when it reached the provider, if known.
    """

    receipt_id: UUID
    phone_id: UUID
    sender_id: UUID
    body: str = field(repr=False)
    media: Sequence[tuple[str, str]] = field(default=(), repr=False)
    conversation_id: UUID | None = None
    about_patient: UUID | None = None
    team_id: UUID | None = None
    author_kind: str = "patient"
    language: str | None = None
    at: datetime | None = None


def record_inbound(uow: UnitOfWork, one: Incoming) -> UUID:
    """Store the text of a receipt as a message, once, and return its id."""
    return record_all_inbound(uow, [one])[0]


def record_all_inbound(uow: UnitOfWork, incoming: Sequence[Incoming]) -> list[UUID]:
    """Store the texts of several receipts as messages, each once, and return their ids in this order."""
    receipts = {
        row.id: row
        for row in uow.session.execute(KNOWN, {"receipt_ids": [one.receipt_id for one in incoming]})
    }
    fresh = {one.receipt_id: uow.new_id() for one in incoming if receipts[one.receipt_id].message_id is None}
    new = [one for one in incoming if one.receipt_id in fresh]
    if new:
        rows = [
            _row(uow, one, fresh[one.receipt_id], one.at or receipts[one.receipt_id].received_at)
            for one in new
        ]
        uow.session.connection().execute(KEEP, rows)
        linked = {"receipt_ids": list(fresh), "message_ids": list(fresh.values()), "seen_at": uow.machine_now}
        uow.session.execute(LINK, linked)
    for one in new:
        _keep_media(uow, fresh[one.receipt_id], one.media)
    return [fresh.get(one.receipt_id) or receipts[one.receipt_id].message_id for one in incoming]


def _row(uow: UnitOfWork, one: Incoming, message_id: UUID, at: datetime) -> dict[str, Any]:
    count = count_segments(one.body)
    return {
        "id": message_id,
        "direction": "in",
        "state": "received",
        "kind": "inbound",
        "phone_id": one.phone_id,
        "sender_id": one.sender_id,
        "team_id": one.team_id,
        "conversation_id": one.conversation_id,
        "about_patient": one.about_patient,
        "author_kind": one.author_kind,
        "body_enc": uow.vault.seal("message.body", message_id, one.body),
        "encoding": count.encoding,
        "segments": count.segments,
        "source_kind": "inbound",
        "source_id": one.receipt_id,
        "language": one.language,
        "due_at": at,
        "at": at,
        "settled_at": uow.machine_now,
    }


def _keep_media(uow: UnitOfWork, message_id: UUID, media: Sequence[tuple[str, str]]) -> None:
    for place, (url, content_type) in enumerate(media):
        media_id = uow.new_id()
        uow.session.execute(
            insert(Media).values(
                id=media_id,
                message_id=message_id,
                place=place,
                content_type=content_type[:100],
                provider_url_enc=uow.vault.seal("media.provider_url", media_id, url),
            )
        )
    if media:
        uow.wakes.add("fetch_media")
