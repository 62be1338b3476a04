"""Claiming texts to send: one transaction that holds the phones' rows and writes the attempts ahead.

No claim commits after a STOP has: both take the phone's row first, and what was decided when the text was
queued is asked again while the row is held. Locks are taken in one order by everybody: a sender's allowance,
phones by id, texts. Phones and texts somebody else holds are skipped and come up again in a moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events
from outreach.messaging.commands import standing
from outreach.messaging.ports import OutboundText
from outreach.messaging.rules import allowance, holding
from outreach.messaging.rules.request import UNASKED
from outreach.policy import commands as policy

LEASE_SECONDS = 60.0
"""Longer than the gateway's timeouts together; a send unfinished by then is in doubt."""
FIRST_LOOK = timedelta(seconds=2)

logger = log.get(__name__)

DUE_SENDERS = text(
    """
    SELECT s.id, top.priority, p.held_until
    FROM sender s LEFT JOIN sender_spend p ON p.sender_id = s.id,
    LATERAL (
        SELECT min(m.priority) AS priority FROM generate_series(0, 5) AS level,
        LATERAL (
            SELECT priority FROM message
            WHERE state = 'queued' AND sender_id = s.id AND priority = level AND due_at <= :now
                AND (retry_at IS NULL OR retry_at <= :machine_now)
            LIMIT 1
        ) AS m
    ) AS top
    WHERE s.stopped_at IS NULL AND top.priority IS NOT NULL
    """
)
START_SPENDING = text(
    """
    INSERT INTO sender_spend (sender_id, tokens, refilled_at, day, day_segments, troubles)
    VALUES (:sender_id, :tokens, :machine_now, :day, 0, 0) ON CONFLICT DO NOTHING
    """
)
# The server ends this transaction if we fall asleep in it: its locks would hold up every other worker.
LOCK_SENDER = text(
    """
    SELECT set_config('idle_in_transaction_session_timeout', '5s', TRUE), s.address, s.segments_per_second,
        s.segments_per_day, p.tokens, p.refilled_at, p.day, p.day_segments, p.held_until, p.troubles,
        (SELECT held_at FROM deployment) AS all_held_at
    FROM sender s JOIN sender_spend p ON p.sender_id = s.id
    WHERE s.id = :sender_id AND s.stopped_at IS NULL FOR NO KEY UPDATE OF p
    """
)
# Candidates, and the phones' locks in id order; a phone somebody else holds comes up again in a moment.
CANDIDATES = text(
    """
    WITH paused AS MATERIALIZED (
        SELECT scope, scope_id FROM pause WHERE lifted_at IS NULL
    ), wanted AS MATERIALIZED (
        SELECT c.id, c.phone_id, c.priority, c.due_at FROM generate_series(0, :lowest) AS level,
        LATERAL (
            SELECT m.id, m.phone_id, m.priority, m.due_at FROM message m
            WHERE m.state = 'queued' AND m.sender_id = :sender_id AND m.priority = level AND m.due_at <= :now
                AND (m.retry_at IS NULL OR m.retry_at <= :machine_now)
                AND (CAST(:held_at AS timestamptz) IS NULL
                    OR (m.kind IN ('safety', 'page') AND m.at >= :held_at))
                AND (m.kind <> ALL(CAST(:unasked AS text[])) OR NOT EXISTS (
                    SELECT FROM paused p WHERE p.scope = 'everything'
                        OR (p.scope = 'sender' AND p.scope_id = CAST(m.sender_id AS text))
                        OR (p.scope = 'team' AND p.scope_id = CAST(m.team_id AS text))
                        OR (p.scope = 'program' AND p.scope_id = m.program)))
                AND (m.kind = 'safety' OR NOT EXISTS (
                    SELECT FROM attempt a
                    WHERE a.phone_id = m.phone_id AND a.sender_id = m.sender_id
                        AND a.settled_at IS NULL AND NOT a.is_safety))
            ORDER BY m.due_at, m.id LIMIT :room
        ) AS c
        ORDER BY c.priority, c.due_at, c.id LIMIT :room
    ), held AS (
        SELECT id FROM phone WHERE id IN (SELECT phone_id FROM wanted) ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT w.id, h.id IS NOT NULL AS is_ours FROM wanted w LEFT JOIN held h ON h.id = w.phone_id
    ORDER BY w.priority, w.due_at, w.id
    """
)
WRITE_ATTEMPTS = text(
    """
    WITH given AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:message_ids AS uuid[]), CAST(:phone_ids AS uuid[]),
            CAST(:safety AS boolean[])
        ) AS g(id, message_id, phone_id, is_safety)
    ), taken AS (
        UPDATE message m SET state = 'sending', attempts = m.attempts + 1, retry_at = NULL
        FROM given g WHERE m.id = g.message_id
        RETURNING m.id, m.attempts
    ), spent AS (
        UPDATE sender_spend
        SET tokens = :tokens, refilled_at = :refilled_at, day = :day, day_segments = :day_segments
        WHERE sender_id = :sender_id
    )
    INSERT INTO attempt (id, message_id, phone_id, sender_id, number, state, provider_rank, started_at,
        lease_until, look_at, looks, is_safety)
    SELECT g.id, g.message_id, g.phone_id, :sender_id, t.attempts, 'sending', 0, :machine_now,
        :lease_until, :lease_until, 0, g.is_safety
    FROM given g JOIN taken t ON t.id = g.message_id
    """
)
STAY = text(
    "UPDATE message SET retry_at = :retry_at WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'queued'"
)
DROP = text(
    """
    UPDATE message SET state = :state, error_class = :reason, settled_at = :machine_now, crossed = :crossed
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'queued'
    """
)


@dataclass(frozen=True, kw_only=True)
class DueSender:
    """A sender with something to send; `held` while the provider was found busy or away."""

    id: UUID
    held_seconds: float


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """Texts whose attempts are written and that must be posted at once."""

    sender_id: UUID
    texts: tuple[OutboundText, ...]
    wait_seconds: float | None
    """When this sender may send again, if its allowance held something back."""
    skipped: bool
    """Somebody else held a row; it comes up again in a moment."""


def due_senders(uow: UnitOfWork) -> tuple[DueSender, ...]:
    """Return the senders that have a text whose time has come. Reads what is due, never what is to come."""
    rows = uow.session.execute(DUE_SENDERS, {"now": uow.now, "machine_now": uow.machine_now})
    found = []
    for row in rows:
        held = (row.held_until - uow.machine_now).total_seconds() if row.held_until else 0.0
        found.append(DueSender(id=row.id, held_seconds=max(held, 0.0) if row.priority > 0 else 0.0))
    return tuple(found)


def claim(uow: UnitOfWork, *, sender_id: UUID, room: int, lease_seconds: float = LEASE_SECONDS) -> Claimed:
    """Claim up to `room` texts of one sender, the most urgent first, and write their attempts ahead."""
    sender = _lock_sender(uow, sender_id)
    if sender is None:
        return Claimed(sender_id=sender_id, texts=(), wait_seconds=None, skipped=False)
    # After trouble one text tries the way before a whole batch does.
    candidates = _candidates(uow, sender, sender_id, 1 if sender.troubles else room)
    rows, skipped = _standing(uow, candidates)
    fit = _sort_out(uow, rows)
    granted = _grant(uow, sender, [row for row, _ in fit])
    chosen = [fit[place] for place in granted.places]
    texts = _texts(uow, sender.address, chosen)
    if texts:
        lease_until = uow.machine_now + timedelta(seconds=lease_seconds)
        _write_attempts(uow, sender_id, texts, chosen, left=granted.spent, lease_until=lease_until)
    return Claimed(sender_id=sender_id, texts=texts, wait_seconds=granted.wait_seconds, skipped=skipped)


def _lock_sender(uow: UnitOfWork, sender_id: UUID) -> Any:
    sender = uow.session.execute(LOCK_SENDER, {"sender_id": sender_id}).one_or_none()
    if sender is not None:
        return sender
    limits = uow.session.execute(
        text(
            "SELECT segments_per_second, segments_per_day FROM sender WHERE id = :id AND stopped_at IS NULL"
        ),
        {"id": sender_id},
    ).one_or_none()
    if limits is None:
        return None
    start = allowance.fresh(_limits(limits), uow.machine_now)
    uow.session.execute(
        START_SPENDING,
        {"sender_id": sender_id, "tokens": start.tokens, "machine_now": uow.machine_now, "day": start.day},
    )
    return uow.session.execute(LOCK_SENDER, {"sender_id": sender_id}).one_or_none()


def _is_held(uow: UnitOfWork, sender: Any) -> bool:
    return sender.held_until is not None and sender.held_until > uow.machine_now


def _candidates(uow: UnitOfWork, sender: Any, sender_id: UUID, room: int) -> Sequence[Any]:
    return uow.session.execute(
        CANDIDATES,
        {
            "sender_id": sender_id,
            "now": uow.now,
            "machine_now": uow.machine_now,
            "lowest": 0 if _is_held(uow, sender) else 5,
            # A restored database lets nothing go but what began after it was noticed and can't wait.
            "held_at": sender.all_held_at,
            "unasked": sorted(UNASKED),
            "room": room,
        },
    ).all()


def _standing(uow: UnitOfWork, candidates: Sequence[Any]) -> tuple[list[Any], bool]:
    """Lock the texts and read what is true of them now, in the order they should go.

    A statement of its own: it sees what was committed while the phones' locks were waited for.
    """
    wanted = [row.id for row in candidates if row.is_ours]
    found = {row.id: row for row in uow.session.execute(standing.READ, {"ids": wanted})} if wanted else {}
    return [found[one] for one in wanted if one in found], len(found) < len(candidates)


def _sort_out(uow: UnitOfWork, rows: Sequence[Any]) -> list[tuple[Any, int]]:
    """Return those that may go with their validity; put back or drop the others."""
    fit: list[tuple[Any, int]] = []
    stay: dict[float, list[UUID]] = {}
    drop: dict[holding.Drop, list[Any]] = {}
    busy: set[UUID] = set()
    for row in rows:
        verdict = holding.judge(standing.of(row), now=uow.now)
        if isinstance(verdict, holding.Dropped):
            drop.setdefault(verdict.reason, []).append(row)
        elif isinstance(verdict, holding.Stay):
            stay.setdefault(verdict.seconds, []).append(row.id)
        elif row.kind == "safety":
            fit.append((row, verdict.validity_seconds))
        elif not row.busy and row.phone_id not in busy:
            busy.add(row.phone_id)
            fit.append((row, verdict.validity_seconds))
    for seconds, ids in stay.items():
        uow.session.execute(STAY, {"retry_at": uow.machine_now + timedelta(seconds=seconds), "ids": ids})
    for reason, dropped in drop.items():
        _drop(uow, reason, dropped)
    return fit


def _drop(uow: UnitOfWork, reason: holding.Drop, rows: Sequence[Any]) -> None:
    uow.session.execute(
        DROP,
        {
            "state": "expired" if reason == "expired" else "canceled",
            "reason": reason,
            "machine_now": uow.machine_now,
            "crossed": False,
            "ids": [row.id for row in rows],
        },
    )
    for row in rows:
        policy.uncount(uow, message_id=row.id)
        uow.publish(events.MessageDropped(message_id=row.id, phone_id=row.phone_id, reason=reason))
    logger.info("messages_dropped", reason=reason, count=len(rows))


def _limits(row: Any) -> allowance.Limits:
    return allowance.Limits(
        segments_per_second=row.segments_per_second, segments_per_day=row.segments_per_day
    )


def _grant(uow: UnitOfWork, sender: Any, rows: Sequence[Any]) -> allowance.Granted:
    limits = _limits(sender)
    spent = allowance.Spent(
        tokens=sender.tokens,
        refilled_at=sender.refilled_at,
        day=sender.day,
        day_segments=sender.day_segments,
    )
    granted = allowance.grant(
        allowance.refill(spent, limits, uow.machine_now),
        limits,
        [allowance.Want(priority=row.priority, segments=row.segments) for row in rows],
    )
    if granted.for_another_day:
        _wait_for_tomorrow(uow, [rows[place].id for place in granted.for_another_day])
    return granted


def _wait_for_tomorrow(uow: UnitOfWork, message_ids: list[UUID]) -> None:
    # In the carriers' day nothing changes until midnight Pacific; half an hour lets a raised cap take hold.
    soonest = min(allowance.next_carriers_day(uow.machine_now), uow.machine_now + timedelta(minutes=30))
    uow.session.execute(STAY, {"retry_at": soonest, "ids": message_ids})
    logger.warning("sender_day_is_full", count=len(message_ids))


def _texts(uow: UnitOfWork, address: str, chosen: Sequence[tuple[Any, int]]) -> tuple[OutboundText, ...]:
    return tuple(
        OutboundText(
            message_id=row.id,
            attempt_id=uow.new_id(),
            to=uow.vault.open("phone.e164", row.phone_id, row.e164_enc),
            sender_address=address,
            body=uow.vault.open("message.body", row.id, row.body_enc),
            media_urls=tuple(row.media_urls),
            validity_seconds=validity,
        )
        for row, validity in chosen
    )


def _write_attempts(
    uow: UnitOfWork,
    sender_id: UUID,
    texts: Sequence[OutboundText],
    chosen: Sequence[tuple[Any, int]],
    *,
    left: allowance.Spent,
    lease_until: datetime,
) -> None:
    uow.session.execute(
        WRITE_ATTEMPTS,
        {
            "ids": [one.attempt_id for one in texts],
            "message_ids": [one.message_id for one in texts],
            "phone_ids": [row.phone_id for row, _ in chosen],
            "safety": [row.kind == "safety" for row, _ in chosen],
            "sender_id": sender_id,
            "machine_now": uow.machine_now,
            "lease_until": lease_until,
            "tokens": left.tokens,
            "refilled_at": left.refilled_at,
            "day": left.day,
            "day_segments": left.day_segments,
        },
    )
