"""A text that came in becomes part of its thread; its photos wait to be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.segments import count_segments
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Media, Message

LINK = text(
    """
    WITH linked AS (
        UPDATE inbound_receipt SET message_id = :message_id WHERE id = :receipt_id RETURNING id, sid
    )
    INSERT INTO provider_sid (sid, inbound_receipt_id, seen_at) SELECT sid, id, :seen_at FROM linked
    ON CONFLICT DO NOTHING
    """
)
KNOWN = text("SELECT message_id, received_at FROM inbound_receipt WHERE id = :receipt_id FOR NO KEY UPDATE")


def record_inbound(
    uow: UnitOfWork,
    *,
    receipt_id: UUID,
    phone_id: UUID,
    sender_id: UUID,
    body: str,
    media: Sequence[tuple[str, str]] = (),
    conversation_id: UUID | None = None,
    about_patient: UUID | None = None,
    team_id: UUID | None = None,
    author_kind: str = "patient",
    language: str | None = None,
    at: datetime | None = None,
) -> UUID:
    """Store the text of a receipt as a message, once, and return its id.

    `media` holds address and content type of each file. `at` is when it reached the provider, if known.
    """
    receipt = uow.session.execute(KNOWN, {"receipt_id": receipt_id}).one()
    if receipt.message_id is not None:
        return UUID(str(receipt.message_id))
    message_id = uow.new_id()
    count = count_segments(body)
    when = at or receipt.received_at
    uow.session.execute(
        insert(Message).values(
            id=message_id,
            direction="in",
            state="received",
            kind="inbound",
            phone_id=phone_id,
            sender_id=sender_id,
            team_id=team_id,
            conversation_id=conversation_id,
            about_patient=about_patient,
            author_kind=author_kind,
            body_enc=uow.vault.seal("message.body", message_id, body),
            encoding=count.encoding,
            segments=count.segments,
            source_kind="inbound",
            source_id=receipt_id,
            language=language,
            due_at=when,
            at=when,
            settled_at=uow.machine_now,
        )
    )
    linked = {"message_id": message_id, "receipt_id": receipt_id, "seen_at": uow.machine_now}
    uow.session.execute(LINK, linked)
    _keep_media(uow, message_id, media)
    return message_id


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
