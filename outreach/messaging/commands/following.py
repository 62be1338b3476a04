"""Asking the provider about texts it took and of which no callback has told the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging.commands import statuses
from outreach.messaging.ports import ProviderUnavailable, SmsGateway
from outreach.messaging.rules import following

LEASE = timedelta(seconds=60)
BATCH = 50

logger = log.get(__name__)

TAKE = text(
    """
    WITH due AS (
        SELECT id FROM message WHERE ask_at <= :machine_now
        ORDER BY ask_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE message m SET ask_at = :later FROM due WHERE m.id = due.id RETURNING m.id, m.attempts
    )
    SELECT t.id, a.id AS attempt_id, a.started_at, p.sid
    FROM taken t JOIN attempt a ON a.message_id = t.id AND a.number = t.attempts
    LEFT JOIN provider_sid p ON p.attempt_id = a.id
    """
)
# What is still only sent when nothing more will come is over: its carrier gives no receipts.
ASKED = text(
    """
    UPDATE message
    SET ask_at = :ask_at,
        settled_at = CASE WHEN CAST(:ask_at AS timestamptz) IS NULL
            THEN COALESCE(settled_at, :machine_now) ELSE settled_at END
    WHERE id = :message_id AND state IN ('accepted', 'sent')
    """
)


@dataclass(frozen=True, kw_only=True)
class _Unheard:
    """A text nobody has told the end of."""

    message_id: UUID
    attempt_id: UUID
    started_at: datetime
    sid: str | None


def ask_after(transactions: Transactions, gateway: SmsGateway, *, batch: int = BATCH) -> int:
    """Ask about texts that were taken a while ago and not heard of since. Return how many were asked about.

    What the provider says counts like a callback. One that can't be asked about is asked about again soon.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        taken = {"machine_now": uow.machine_now, "later": uow.machine_now + LEASE, "batch": batch}
        unheard = [
            _Unheard(message_id=row.id, attempt_id=row.attempt_id, started_at=row.started_at, sid=row.sid)
            for row in uow.session.execute(TAKE, taken)
        ]
    for one in unheard:
        try:
            _ask(transactions, gateway, one)
        except ProviderUnavailable:
            logger.warning("asking_put_off", message_id=str(one.message_id))
    return len(unheard)


def _ask(transactions: Transactions, gateway: SmsGateway, one: _Unheard) -> None:
    found = gateway.fetch(one.sid) if one.sid else None
    with transactions.begin(actor=SYSTEM) as uow:
        if found is not None:
            outcome = statuses.record_status(
                uow,
                sid=found.sid,
                status=found.status,
                error_code=found.error_code,
                message_id=one.message_id,
                attempt_id=one.attempt_id,
                sent_from=found.sent_from,
            )
            logger.info("text_asked_about", message_id=str(one.message_id), outcome=outcome)
        ask_at = following.next_ask(started_at=one.started_at, now=uow.machine_now)
        uow.session.execute(
            ASKED,
            {"message_id": one.message_id, "ask_at": ask_at, "machine_now": uow.machine_now},
        )
