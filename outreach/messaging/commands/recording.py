"""Recording what became of posted texts: one transaction for many, never undoing what a callback said first.

A status callback may come before the answer to the request it reports on. Both write the same rows under the
same guard, the rank of the provider's status, so whichever comes second changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.metrics import TEXTS_SENT
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events
from outreach.messaging.commands import failing
from outreach.messaging.commands.claiming import FIRST_LOOK
from outreach.messaging.ports import Accepted, NotReached, OutboundText, Refused, SendResult, Unknown
from outreach.messaging.rules import following, retries, states

LONGEST_HOLD = 60.0
NOT_POSTED = NotReached(reason="started_too_late")
"""Claimed, and given back without a word to the provider."""

logger = log.get(__name__)

ACCEPT = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:sids AS text[]), CAST(:statuses AS text[]),
            CAST(:ranks AS smallint[]), CAST(:senders AS text[])
        ) AS g(id, sid, status, rank, sent_from)
    ), named AS (
        INSERT INTO provider_sid (sid, attempt_id, seen_at)
        SELECT sid, id, :machine_now FROM given ON CONFLICT (sid) DO NOTHING
    ), taken AS (
        UPDATE attempt a SET state = 'accepted', settled_at = COALESCE(a.settled_at, :machine_now),
            provider_status = g.status, provider_rank = g.rank, posted_to = COALESCE(g.sent_from, a.posted_to)
        FROM given g WHERE a.id = g.id AND a.provider_rank < g.rank
        RETURNING a.message_id, a.number
    )
    UPDATE message m
    SET state = 'accepted', ask_at = CASE WHEN m.kind = 'safety' THEN :ask_safety ELSE :ask_others END
    FROM taken t
    WHERE m.id = t.message_id AND m.state IN ('queued', 'sending', 'in_doubt') AND m.attempts = t.number
    RETURNING m.id, m.phone_id
    """
)
NOT_REACHED = text(
    """
    WITH given AS (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:retries AS timestamptz[])) AS g(id, retry_at)
    ), taken AS (
        UPDATE attempt a SET state = 'absent', settled_at = :machine_now
        FROM given g WHERE a.id = g.id AND a.settled_at IS NULL
        RETURNING a.message_id, g.retry_at
    )
    UPDATE message m SET state = 'queued', retry_at = t.retry_at
    FROM taken t WHERE m.id = t.message_id AND m.state IN ('sending', 'in_doubt')
    """
)
IN_DOUBT = text(
    """
    WITH taken AS (
        UPDATE attempt SET state = 'in_doubt', look_at = :look_at
        WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'sending' AND settled_at IS NULL
        RETURNING message_id
    )
    UPDATE message m SET state = 'in_doubt' FROM taken t WHERE m.id = t.message_id AND m.state = 'sending'
    """
)
HOLD = text(
    """
    UPDATE sender_spend
    SET troubles = LEAST(troubles + 1, 100),
        held_until = :machine_now + make_interval(secs => LEAST(:longest, power(2, LEAST(troubles, 10))))
    WHERE sender_id = :sender_id
    """
)
UNHOLD = text(
    "UPDATE sender_spend SET troubles = 0, held_until = NULL WHERE sender_id = :sender_id AND troubles > 0"
)
TRIES = text(
    """
    SELECT a.id, m.attempts, m.kind FROM attempt a JOIN message m ON m.id = a.message_id
    WHERE a.id = ANY(CAST(:ids AS uuid[]))
    """
)


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One text and what became of it."""

    sender_id: UUID
    text: OutboundText
    result: SendResult


def record(uow: UnitOfWork, posted: Sequence[Posted]) -> None:
    """Write down what became of texts that were handed over, all in this transaction."""
    refused = [(one.text.attempt_id, one.result.code) for one in posted if isinstance(one.result, Refused)]
    if refused:
        failing.lock_phones_of(uow, [attempt_id for attempt_id, _ in refused])
    _accepted(uow, [one for one in posted if isinstance(one.result, Accepted)])
    _not_reached(uow, [one for one in posted if isinstance(one.result, NotReached)])
    _in_doubt(uow, [one for one in posted if isinstance(one.result, Unknown)])
    for attempt_id, code in refused:
        failing.refused(uow, attempt_id=attempt_id, code=code)
    for sender_id in sorted({one.sender_id for one in posted}):
        _judge_sender(uow, sender_id, _of(posted, sender_id))
    for one in posted:
        TEXTS_SENT.labels(type(one.result).__name__).inc()


def _of(posted: Iterable[Posted], sender_id: UUID) -> list[SendResult]:
    return [one.result for one in posted if one.sender_id == sender_id and one.result is not NOT_POSTED]


def _accepted(uow: UnitOfWork, posted: Iterable[Posted]) -> None:
    found = [(one, one.result) for one in posted if isinstance(one.result, Accepted)]
    if not found:
        return
    changed = uow.session.execute(
        ACCEPT,
        {
            "ids": [one.text.attempt_id for one, _ in found],
            "sids": [result.sid for _, result in found],
            "statuses": [result.status for _, result in found],
            "ranks": [max(states.provider_rank(result.status), 1) for _, result in found],
            "senders": [result.sent_from for _, result in found],
            "machine_now": uow.machine_now,
            "ask_safety": uow.machine_now + following.FIRST_SAFETY,
            "ask_others": uow.machine_now + following.FIRST,
        },
    )
    for row in changed:
        uow.publish(events.MessageAccepted(message_id=row.id, phone_id=row.phone_id))


def _not_reached(uow: UnitOfWork, posted: Sequence[Posted]) -> None:
    if not posted:
        return
    tries = {
        row.id: row for row in uow.session.execute(TRIES, {"ids": [one.text.attempt_id for one in posted]})
    }
    waits = [_wait(one, tries[one.text.attempt_id]) for one in posted]
    uow.session.execute(
        NOT_REACHED,
        {
            "ids": [one.text.attempt_id for one in posted],
            "retries": [uow.machine_now + timedelta(seconds=wait) for wait in waits],
            "machine_now": uow.machine_now,
        },
    )


def _wait(one: Posted, row: Any) -> float:
    if one.result is NOT_POSTED:
        return 0.0
    retry_after = one.result.retry_after if isinstance(one.result, NotReached) else None
    return retries.back_off(
        tries=row.attempts,
        message_id=one.text.message_id,
        is_safety=row.kind == "safety",
        retry_after=retry_after,
    )


def _in_doubt(uow: UnitOfWork, posted: Sequence[Posted]) -> None:
    if posted:
        uow.session.execute(
            IN_DOUBT,
            {
                "ids": [one.text.attempt_id for one in posted],
                "look_at": uow.machine_now + FIRST_LOOK,
            },
        )


def _judge_sender(uow: UnitOfWork, sender_id: UUID, results: Sequence[SendResult]) -> None:
    """Hold a sender after a batch that met mostly trouble; let it go at the first answer."""
    if not results:
        return
    troubled = sum(isinstance(result, NotReached | Unknown) for result in results)
    if troubled * 2 > len(results):
        uow.session.execute(
            HOLD, {"sender_id": sender_id, "machine_now": uow.machine_now, "longest": LONGEST_HOLD}
        )
        logger.warning("sender_held", sender_id=str(sender_id), troubled=troubled, of=len(results))
    else:
        uow.session.execute(UNHOLD, {"sender_id": sender_id})
