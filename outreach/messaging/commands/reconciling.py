"""Settling sends whose outcome nobody told us, by asking the provider what it has.

Each step is a transaction of its own, and no transaction is open while the provider is asked. Any number of
workers may reconcile at once: taking a send to look for it moves its next look ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging import events
from outreach.messaging.commands import statuses
from outreach.messaging.ports import ProviderMessage, ProviderUnavailable, SmsGateway
from outreach.messaging.rules import matching, settling
from outreach.messaging.rules.window import validity_seconds

LOOK_LEASE = timedelta(seconds=60)
UNAVAILABLE = timedelta(seconds=15)
BATCH = 50

logger = log.get(__name__)

Settled = Literal["found", "wait", "send_again", "to_staff", "unavailable"]

TAKE = text(
    """
    WITH due AS (
        SELECT id FROM attempt WHERE settled_at IS NULL AND look_at <= :machine_now
        ORDER BY look_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE attempt a SET look_at = :later,
            state = CASE WHEN a.state = 'sending' THEN 'in_doubt' ELSE a.state END
        FROM due WHERE a.id = due.id
        RETURNING a.id, a.message_id, a.phone_id, a.started_at, a.looks
    ), doubted AS (
        UPDATE message m SET state = 'in_doubt' FROM taken t WHERE m.id = t.message_id AND m.state = 'sending'
    )
    SELECT t.*, m.body_enc, m.segments, jsonb_array_length(m.media_urls) AS media_count, f.e164_enc, s.address
    FROM taken t JOIN message m ON m.id = t.message_id JOIN phone f ON f.id = t.phone_id
    JOIN sender s ON s.id = m.sender_id
    """
)
ADOPTED = text("SELECT sid FROM provider_sid WHERE sid = ANY(CAST(:sids AS text[]))")
# Later sends that the provider has certainly taken: a list without any of them is behind. Ids rise with time.
TAKEN_LATER = text(
    """
    SELECT p.sid FROM attempt a JOIN provider_sid p ON p.attempt_id = a.id
    WHERE a.id > :attempt_id AND a.started_at > :started_at AND a.state = 'accepted'
    ORDER BY a.id LIMIT :few
    """
)
FEW = 20
LOOKED = text(
    """
    UPDATE attempt a SET looks = a.looks + 1, looked_at = :machine_now
    FROM message m
    WHERE a.id = :attempt_id AND a.settled_at IS NULL AND m.id = a.message_id
    RETURNING a.looks, a.started_at, a.message_id, a.phone_id, a.is_safety, a.number, m.attempts, m.not_after,
        (SELECT count(*) FROM attempt b WHERE b.message_id = a.message_id
            AND (b.looks > 0 OR b.state IN ('accepted', 'in_doubt'))) AS sends
    """
)
NEXT_LOOK = text("UPDATE attempt SET look_at = :look_at WHERE id = :attempt_id AND settled_at IS NULL")
ABSENT = text("UPDATE attempt SET state = 'absent', settled_at = :machine_now WHERE id = :attempt_id")
GIVEN_UP = text("UPDATE attempt SET settled_at = :machine_now WHERE id = :attempt_id")
QUEUE_AGAIN = text(
    """
    UPDATE message SET state = 'queued', retry_at = NULL
    WHERE id = :message_id AND state = 'in_doubt' AND attempts = :number RETURNING id
    """
)
EXPIRE = text(
    """
    UPDATE message SET state = 'expired', error_class = 'expired', settled_at = :machine_now
    WHERE id = :message_id AND state = 'in_doubt' AND attempts = :number RETURNING id
    """
)


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What one round of looking came to."""

    found: int = 0
    sent_again: int = 0
    to_staff: int = 0
    waiting: int = 0
    unavailable: int = 0


@dataclass(frozen=True, kw_only=True)
class _Lost:
    """A send to look for."""

    attempt_id: UUID
    phone: str
    sought: matching.Sought


def reconcile(
    transactions: Transactions,
    gateway: SmsGateway,
    *,
    rules: settling.SettlingRules | None = None,
    batch: int = BATCH,
) -> Reconciled:
    """Look for sends that are in doubt, expired leases among them, and settle those that can be.

    Found at the provider: adopted. Looked for in vain often and long enough: sent again with the same
    identity; after the last send the rules allow, or where the list can't tell, staff decide.
    """
    rules = rules or settling.SettlingRules()
    with transactions.begin(actor=SYSTEM) as uow:
        lost = _take(uow, batch)
    listed = _list(gateway, lost) if lost else ()
    counts: dict[str, int] = {}
    for one in lost:
        outcome = _settle(transactions, one, listed, rules)
        counts[outcome] = counts.get(outcome, 0) + 1
    if counts:
        logger.info("reconciled", **counts)
    return Reconciled(
        found=counts.get("found", 0),
        sent_again=counts.get("send_again", 0),
        to_staff=counts.get("to_staff", 0),
        waiting=counts.get("wait", 0),
        unavailable=counts.get("unavailable", 0),
    )


def _take(uow: UnitOfWork, batch: int) -> list[_Lost]:
    rows = uow.session.execute(
        TAKE, {"machine_now": uow.machine_now, "later": uow.machine_now + LOOK_LEASE, "batch": batch}
    )
    return [
        _Lost(
            attempt_id=row.id,
            phone=uow.vault.open("phone.e164", row.phone_id, row.e164_enc),
            sought=matching.Sought(
                sender_address=row.address,
                body=uow.vault.open("message.body", row.message_id, row.body_enc),
                segments=row.segments,
                media_count=row.media_count,
                started_at=row.started_at,
            ),
        )
        for row in rows
    ]


def _list(gateway: SmsGateway, lost: Sequence[_Lost]) -> Sequence[ProviderMessage] | None:
    """Return what the provider has since the oldest of these sends began; None if it could not tell.

    One list for all of them, and none by phone: its address would carry a patient's number.
    """
    since = min(one.sought.started_at for one in lost) - matching.CLOCKS_DIFFER
    try:
        return list(gateway.list_sent(since=since))
    except ProviderUnavailable:
        return None


def _settle(
    transactions: Transactions,
    lost: _Lost,
    listed: Sequence[ProviderMessage] | None,
    rules: settling.SettlingRules,
) -> Settled:
    if listed is None:
        # A list that did not come proves nothing, so it does not count as a look.
        with transactions.begin(actor=SYSTEM) as uow:
            _look_again(uow, lost.attempt_id, uow.machine_now + UNAVAILABLE)
        return "unavailable"
    to_phone = [message for message in listed if message.to == lost.phone]
    with transactions.begin(actor=SYSTEM) as uow:
        answer = matching.match(lost.sought, to_phone, adopted=_adopted(uow, to_phone))
        if isinstance(answer, matching.Found):
            return _adopt(uow, lost, answer.message)
        behind = _is_behind(uow, lost, listed)
        ambiguous = isinstance(answer, matching.Ambiguous)
        return _looked_in_vain(uow, lost, rules, ambiguous=ambiguous, behind=behind)


def _adopted(uow: UnitOfWork, listed: Sequence[ProviderMessage]) -> set[str]:
    return set(uow.session.scalars(ADOPTED, {"sids": [message.sid for message in listed]}))


def _is_behind(uow: UnitOfWork, lost: _Lost, listed: Sequence[ProviderMessage]) -> bool:
    later = set(
        uow.session.scalars(
            TAKEN_LATER,
            {"attempt_id": lost.attempt_id, "started_at": lost.sought.started_at, "few": FEW},
        )
    )
    return bool(later) and later.isdisjoint(message.sid for message in listed)


def _adopt(uow: UnitOfWork, lost: _Lost, message: ProviderMessage) -> Settled:
    message_id = uow.session.scalar(
        text("SELECT message_id FROM attempt WHERE id = :id"), {"id": lost.attempt_id}
    )
    statuses.record_status(
        uow,
        sid=message.sid,
        status=message.status,
        error_code=message.error_code,
        message_id=message_id,
        attempt_id=lost.attempt_id,
        sent_from=message.sent_from,
    )
    logger.info("doubt_settled", attempt_id=str(lost.attempt_id), status=message.status)
    return "found"


def _looked_in_vain(
    uow: UnitOfWork, lost: _Lost, rules: settling.SettlingRules, *, ambiguous: bool, behind: bool
) -> Settled:
    row = uow.session.execute(
        LOOKED, {"attempt_id": lost.attempt_id, "machine_now": uow.machine_now}
    ).one_or_none()
    if row is None:
        # A callback settled it while we looked.
        return "found"
    rule = rules.of(is_safety=row.is_safety)
    verdict = settling.after_looking_in_vain(
        started_at=row.started_at,
        now=uow.machine_now,
        looks=row.looks,
        sends=row.sends,
        settling=rule,
        # Danger goes out rather twice than late.
        list_is_behind=behind and not row.is_safety,
    )
    if verdict == "wait":
        again = settling.next_look(looked_at=uow.machine_now, looks=row.looks, settling=rule)
        _look_again(uow, lost.attempt_id, again or uow.machine_now)
        return "wait"
    if verdict == "to_staff" or ambiguous:
        return _to_staff(uow, lost, row)
    return _send_again(uow, lost, row)


def _look_again(uow: UnitOfWork, attempt_id: UUID, at: datetime) -> None:
    uow.session.execute(NEXT_LOOK, {"attempt_id": attempt_id, "look_at": at})


def _send_again(uow: UnitOfWork, lost: _Lost, row: Any) -> Settled:
    uow.session.execute(ABSENT, {"attempt_id": lost.attempt_id, "machine_now": uow.machine_now})
    values = {"message_id": row.message_id, "number": row.number}
    if validity_seconds(now=uow.now, not_after=row.not_after) is None:
        if uow.session.scalar(EXPIRE, values | {"machine_now": uow.machine_now}):
            uow.publish(
                events.MessageDropped(message_id=row.message_id, phone_id=row.phone_id, reason="expired")
            )
    elif uow.session.scalar(QUEUE_AGAIN, values):
        logger.info("absence_proved", message_id=str(row.message_id))
        uow.wakes.add("deliver")
    return "send_again"


def _to_staff(uow: UnitOfWork, lost: _Lost, row: Any) -> Settled:
    """Leave the text in doubt, let the phone's other texts go on, and tell a human.

    A callback that comes later still finds the attempt by its id.
    """
    uow.session.execute(GIVEN_UP, {"attempt_id": lost.attempt_id, "machine_now": uow.machine_now})
    uow.publish(events.MessageInDoubt(message_id=row.message_id, phone_id=row.phone_id))
    logger.warning("left_in_doubt", message_id=str(row.message_id))
    return "to_staff"
