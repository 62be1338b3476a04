"""Taking words and pictures away at the provider once they are safe with us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging.ports import MediaTooLarge, ProviderUnavailable, SmsGateway

FINAL_AFTER = timedelta(minutes=10)
"""A text is left alone this long after its final status: a late look-up may still match it by its words."""
MEDIA_TRIES = 14
"""With waits that double up to four hours: somewhat more than a day."""
BATCH = 50

logger = log.get(__name__)

TO_REDACT = text(
    """
    SELECT m.id, p.sid FROM message m
    JOIN LATERAL (
        SELECT s.sid FROM provider_sid s JOIN attempt a ON a.id = s.attempt_id WHERE a.message_id = m.id
        UNION ALL
        SELECT s.sid FROM provider_sid s WHERE m.direction = 'in' AND s.inbound_receipt_id = m.source_id
    ) AS p ON TRUE
    WHERE m.redacted_at IS NULL AND m.settled_at IS NOT NULL AND m.settled_at <= :before
    ORDER BY m.settled_at, m.id LIMIT :batch
    """
)
REDACTED = text("UPDATE message SET redacted_at = :machine_now WHERE id = ANY(CAST(:ids AS uuid[]))")
WITHOUT_SID = text(
    """
    UPDATE message SET redacted_at = :machine_now
    WHERE id IN (
        SELECT m.id FROM message m WHERE m.redacted_at IS NULL AND m.settled_at <= :before
            AND NOT EXISTS (SELECT FROM provider_sid s JOIN attempt a ON a.id = s.attempt_id
                WHERE a.message_id = m.id)
            AND NOT EXISTS (SELECT FROM provider_sid s WHERE s.inbound_receipt_id = m.source_id)
        ORDER BY m.settled_at, m.id LIMIT :batch
    )
    """
)
IS_WANTED = text(
    "SELECT COALESCE((settings->>'redact_at_provider')::boolean, FALSE) FROM organization LIMIT 1"
)
TAKE_MEDIA = text(
    """
    UPDATE media
    SET retry_at = CAST(:machine_now AS timestamptz)
            + make_interval(mins => LEAST(CAST(power(2, LEAST(tries + 1, 10)) AS int), 240)),
        tries = tries + 1
    WHERE id IN (
        SELECT id FROM media
        WHERE deleted_at_provider IS NULL AND provider_url_enc IS NOT NULL
            AND (retry_at IS NULL OR retry_at <= :machine_now)
        ORDER BY retry_at NULLS FIRST LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id, message_id, provider_url_enc, state, tries
    """
)
KEEP = text(
    """
    UPDATE media
    SET content_enc = :content, content_type = :content_type, state = 'kept', fetched_at = :machine_now
    WHERE id = :id AND state = 'waiting'
    """
)
REFUSE = text(
    """
    UPDATE media SET state = 'refused', retry_at = NULL WHERE id = :id AND state = 'waiting'
    """
)
DELETED = text(
    """
    UPDATE media SET deleted_at_provider = :machine_now, provider_url_enc = NULL, retry_at = NULL
    WHERE id = :id
    """
)


def redact(transactions: Transactions, gateway: SmsGateway, *, batch: int = BATCH) -> int:
    """Empty settled texts at the provider, if the organization's `redact_at_provider` says so.

    Return how many texts were emptied. Ours stay as they are: they are encrypted.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        if not uow.session.scalar(IS_WANTED):
            return 0
        before = uow.machine_now - FINAL_AFTER
        rows = uow.session.execute(TO_REDACT, {"before": before, "batch": batch}).all()
        uow.session.execute(WITHOUT_SID, {"before": before, "batch": batch, "machine_now": uow.machine_now})
    done: list[UUID] = []
    for row in rows:
        try:
            gateway.redact(row.sid)
        except ProviderUnavailable:
            logger.warning("redaction_put_off", message_id=str(row.id))
            continue
        done.append(row.id)
    if done:
        with transactions.begin(actor=SYSTEM) as uow:
            uow.session.execute(REDACTED, {"ids": done, "machine_now": uow.machine_now})
    return len(done)


def fetch_media(transactions: Transactions, gateway: SmsGateway, *, batch: int = 10) -> int:
    """Fetch pictures of inbound texts, keep them encrypted, then delete them at the provider.

    Return how many were kept. A file that can't be had within a day, or is too large to keep, is shown as
    such and then deleted there, too: staff see that there was one and ask again.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        rows = uow.session.execute(
            TAKE_MEDIA,
            {"machine_now": uow.machine_now, "batch": batch},
        ).all()
        urls = {row.id: uow.vault.open("media.provider_url", row.id, row.provider_url_enc) for row in rows}
    return sum(_fetch(transactions, gateway, row, urls[row.id]) for row in rows)


def _fetch(transactions: Transactions, gateway: SmsGateway, row: Any, url: str) -> bool:
    kept = False
    try:
        if row.state == "waiting":
            content_type, content = gateway.fetch_media(url)
            with transactions.begin(actor=SYSTEM) as uow:
                _keep(uow, row.id, content_type, content)
            kept = True
        # Only what is committed here is deleted there.
        gateway.delete_media(url)
    except ProviderUnavailable as error:
        logger.warning("media_put_off", media_id=str(row.id), error=type(error).__name__, tries=row.tries)
        if not kept and (row.tries >= MEDIA_TRIES or isinstance(error, MediaTooLarge)):
            with transactions.begin(actor=SYSTEM) as uow:
                uow.session.execute(REFUSE, {"id": row.id, "machine_now": uow.machine_now})
        return kept
    with transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(DELETED, {"id": row.id, "machine_now": uow.machine_now})
    return kept


def _keep(uow: UnitOfWork, media_id: UUID, content_type: str, content: bytes) -> None:
    uow.session.execute(
        KEEP,
        {
            "id": media_id,
            "content": uow.vault.seal_bytes("media.content", media_id, content),
            "content_type": content_type.partition(";")[0][:100],
            "machine_now": uow.machine_now,
        },
    )
