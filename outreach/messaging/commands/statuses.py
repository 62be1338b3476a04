"""Status callbacks: late, twice, out of order, forged, or for texts we never heard the answer about.

One statement does the usual work. A callback names our message and attempt in its address, so it settles a
send whose answer was lost; the sid wins over those names wherever the two disagree.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events
from outreach.messaging.commands import failing
from outreach.messaging.rules import following, states

logger = log.get(__name__)

Outcome = Literal["recorded", "repeated", "unknown"]

# The sid's own attempt if the sid is known; else the one the address names, if it belongs to the message
# named, went to the phone named, and has no other sid.
APPLY = text(
    """
    WITH heard AS (
        INSERT INTO delivery_event (id, sid, attempt_id, status, error_code, at)
        VALUES (:event_id, :sid, CAST(:attempt_id AS uuid), :status, :code, :machine_now)
        ON CONFLICT (sid, status, error_code) DO NOTHING RETURNING id
    ), known AS (
        SELECT attempt_id, inbound_receipt_id FROM provider_sid WHERE sid = :sid
    ), meant AS (
        SELECT attempt_id AS id FROM known
        UNION ALL
        SELECT a.id FROM attempt a JOIN phone f ON f.id = a.phone_id
        WHERE a.id = CAST(:attempt_id AS uuid) AND a.message_id = CAST(:message_id AS uuid)
            AND NOT EXISTS (SELECT FROM known)
            AND NOT EXISTS (SELECT FROM provider_sid p WHERE p.attempt_id = a.id)
            AND (CAST(:to_indexes AS bytea[]) IS NULL OR f.e164_index = ANY(CAST(:to_indexes AS bytea[])))
    ), named AS (
        INSERT INTO provider_sid (sid, attempt_id, seen_at)
        SELECT :sid, id, :machine_now FROM meant WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (sid) DO NOTHING
    ), before AS (
        SELECT a.id, a.state, a.settled_at FROM attempt a JOIN meant ON meant.id = a.id
    ), taken AS (
        UPDATE attempt a SET state = 'accepted', settled_at = COALESCE(a.settled_at, :machine_now),
            provider_status = :status, provider_rank = :rank, posted_to = COALESCE(:sent_from, a.posted_to),
            error_code = NULLIF(:code, 0)
        FROM before b WHERE a.id = b.id AND a.provider_rank < :rank
        RETURNING a.id, a.message_id, a.number, b.state AS attempt_before
    ), moved AS (
        UPDATE message m SET state = :state,
            settled_at = CASE WHEN :final THEN :machine_now ELSE m.settled_at END,
            ask_at = CASE WHEN :final THEN NULL WHEN m.ask_at IS NOT NULL THEN m.ask_at
                WHEN m.kind = 'safety' THEN :ask_safety ELSE :ask_others END
        FROM taken t
        WHERE m.id = t.message_id AND :is_failure IS FALSE
            AND array_position(CAST(:below AS text[]), m.state) IS NOT NULL
        RETURNING m.id
    )
    SELECT (SELECT count(*) FROM heard) AS heard, (SELECT count(*) FROM meant) AS meant,
        t.id AS attempt_id, t.message_id, t.number, t.attempt_before,
        m.phone_id, m.attempts, m.state AS message_before, EXISTS (SELECT FROM moved) AS moved
    FROM (SELECT 1) AS one LEFT JOIN taken t ON TRUE LEFT JOIN message m ON m.id = t.message_id
    """
)
ATTEMPT_OF = text(
    """
    SELECT attempt_id FROM provider_sid WHERE sid = :sid AND attempt_id IS NOT NULL
    UNION ALL
    SELECT id FROM attempt WHERE id = CAST(:attempt_id AS uuid)
    LIMIT 1
    """
)


def record_status(
    uow: UnitOfWork,
    *,
    sid: str,
    status: str,
    error_code: int | None = None,
    message_id: UUID | None = None,
    attempt_id: UUID | None = None,
    sent_from: str | None = None,
    to: str | None = None,
) -> Outcome:
    """Record what the provider says of a text. States only ever go up; a repeat changes nothing.

    `message_id` and `attempt_id` are those of the callback's address; `to` is the phone it names. A text we
    don't know is "unknown" and only noted: reconciliation settles it, should it be ours.
    """
    is_failure = status in states.FAILURES
    if is_failure:
        found = uow.session.scalar(ATTEMPT_OF, {"sid": sid, "attempt_id": attempt_id})
        if found is not None:
            failing.lock_phones_of(uow, [found])
    row = uow.session.execute(
        APPLY,
        _values(uow, sid, status, error_code, message_id, attempt_id)
        | {
            "sent_from": sent_from,
            "to_indexes": list(uow.vault.all_indexes("phone", to)) if to else None,
            "is_failure": is_failure,
        },
    ).one()
    return _react(uow, row, sid=sid, status=status, error_code=error_code)


def _values(
    uow: UnitOfWork,
    sid: str,
    status: str,
    error_code: int | None,
    message_id: UUID | None,
    attempt_id: UUID | None,
) -> dict[str, Any]:
    state = states.state_of(status)
    rank = states.STATE_RANK[state]
    return {
        "event_id": uow.new_id(),
        "sid": sid,
        "status": status,
        "code": error_code or 0,
        "message_id": message_id,
        "attempt_id": attempt_id,
        "rank": states.provider_rank(status),
        "state": state,
        "final": states.is_final(status),
        "below": [name for name, its in states.STATE_RANK.items() if its < rank],
        "machine_now": uow.machine_now,
        "ask_safety": uow.machine_now + following.FIRST_SAFETY,
        "ask_others": uow.machine_now + following.FIRST,
    }


def _react(uow: UnitOfWork, row: Any, *, sid: str, status: str, error_code: int | None) -> Outcome:
    if row.attempt_id is None:
        if not row.meant:
            logger.warning("status_for_unknown_text", status=status)
        return "repeated" if row.meant or not row.heard else "unknown"
    if row.attempt_before == "in_doubt":
        # The phone's next text waited for this.
        uow.wakes.add("deliver")
    if row.number < row.attempts and row.attempt_before in ("absent", "in_doubt"):
        # Declared absent, sent again, and then the first one turned up after all.
        logger.error("text_doubled", message_id=str(row.message_id), attempt_id=str(row.attempt_id))
    if status in states.FAILURES:
        if row.number == row.attempts:
            failing.failed(uow, message_id=row.message_id, code=error_code, state=states.state_of(status))
    elif row.moved:
        _publish(uow, row, states.state_of(status))
    return "recorded"


def _publish(uow: UnitOfWork, row: Any, state: str) -> None:
    ids = {"message_id": row.message_id, "phone_id": row.phone_id}
    if row.message_before == "in_doubt":
        uow.publish(events.MessageResolved(**ids))
    if state == "delivered":
        uow.publish(events.MessageDelivered(**ids))
    elif row.message_before in ("queued", "sending", "in_doubt"):
        uow.publish(events.MessageAccepted(**ids))
    if state == "canceled":
        uow.publish(events.MessageDropped(**ids, reason="canceled"))
