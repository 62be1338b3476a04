"""The relay: hands facts to their handlers, in order inside a stream, streams in parallel.

Tried before it was written: the figures stand in docs/adr/0003. A worker that dies, stops or loses its lease
costs time, never a fact; a fact that keeps failing is parked and does not hold up others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.facts import Fact
from outreach.kernel.metrics import FACTS_HANDLED
from outreach.kernel.outbox import Done, LeaseLost, Parked
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork

LEASE_SECONDS = 10
BATCH = 8
MOST_URGENT = 6
URGENT = "safety:"
SLICE_SECONDS = 1.0
"""A long stream lets others have their turn after this; one about a life goes on to its end."""
TRIES = 4
BACK_OFF_SECONDS = 0.25

Handler = Callable[[UnitOfWork, Any], None]
"""Called as handler(uow, fact); the fact's class is the one it was subscribed to."""

logger = log.get(__name__)

# What may be about a life overtakes what a bulk import left; the rest keeps a share of every batch.
CLAIM = text(
    """
    WITH urgent AS (
        SELECT key FROM stream
        WHERE left(key, 7) = 'safety:' AND ready_at IS NOT NULL AND ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT :most_urgent FOR NO KEY UPDATE SKIP LOCKED
    ), oldest AS (
        SELECT key FROM stream WHERE ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), chosen AS (
        SELECT key FROM urgent UNION (SELECT key FROM oldest LIMIT :batch - (SELECT count(*) FROM urgent))
    )
    UPDATE stream SET ready_at = clock_timestamp() + make_interval(secs => :seconds), lease_no = lease_no + 1
    WHERE key IN (SELECT key FROM chosen)
    RETURNING key, lease_no
    """
)
START = text(
    """
    UPDATE stream SET tries = tries + 1, ready_at = clock_timestamp() + make_interval(secs => :seconds)
    WHERE key = :key AND lease_no = :lease_no RETURNING tries
    """
)
NEXT = text(
    """
    SELECT o.seq, o.handler, o.payload
    FROM stream s JOIN outbox o ON o.stream = s.key AND o.seq = s.done_seq + 1
    WHERE s.key = :key AND s.lease_no = :lease_no
    """
)
RELEASE = text(
    """
    UPDATE stream SET ready_at = CASE WHEN done_seq < last_seq THEN clock_timestamp() END, tries = 0
    WHERE key = :key AND lease_no = :lease_no
    """
)
BACK_OFF = text(
    """
    UPDATE stream SET ready_at = clock_timestamp() + make_interval(secs => :seconds * power(2, tries))
    WHERE key = :key AND lease_no = :lease_no
    """
)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Our hold on one stream."""

    key: str
    lease_no: int


@dataclass(frozen=True, kw_only=True)
class Relay:
    """Hands out facts. `handlers` maps the names in the outbox to functions."""

    transactions: Transactions
    handlers: Mapping[str, Handler]

    def drain(self, *, seconds: float = 20.0) -> int:
        """Handle what is ready until nothing is or the time is up. Return how many facts were handled."""
        until = time.monotonic() + seconds
        handled = 0
        while time.monotonic() < until:
            leases = self._claim()
            if not leases:
                break
            for lease in leases:
                handled += self._run_stream(lease, until)
        return handled

    def _claim(self) -> list[Lease]:
        with self.transactions.engine.begin() as connection:
            rows = connection.execute(
                CLAIM, {"seconds": LEASE_SECONDS, "batch": BATCH, "most_urgent": MOST_URGENT}
            ).all()
        found = [Lease(key=row.key, lease_no=row.lease_no) for row in rows]
        return sorted(found, key=lambda lease: not lease.key.startswith(URGENT))

    def _run_stream(self, lease: Lease, until: float) -> int:
        tries = self._execute(START, lease, seconds=LEASE_SECONDS)
        if tries is None:
            return 0
        handled = 0
        most = LEASE_SECONDS / 2 if lease.key.startswith(URGENT) else SLICE_SECONDS
        ours_until = min(until, time.monotonic() + most)
        while time.monotonic() < ours_until:
            row = self._next(lease)
            if row is None:
                break
            if tries > TRIES:
                self._park(lease, row, error="kept failing")
                tries = 0
                continue
            try:
                self._handle(lease, row)
            except LeaseLost:
                FACTS_HANDLED.labels(row.handler, "lease_lost").inc()
                return handled
            except Exception:
                logger.exception("fact_failed", handler=row.handler, tries=tries)
                FACTS_HANDLED.labels(row.handler, "failed").inc()
                self._execute(BACK_OFF, lease, seconds=BACK_OFF_SECONDS)
                return handled
            handled += 1
            tries = 0
        self._execute(RELEASE, lease)
        return handled

    def _next(self, lease: Lease) -> Any:
        with self.transactions.engine.connect() as connection:
            return connection.execute(NEXT, {"key": lease.key, "lease_no": lease.lease_no}).one_or_none()

    def _handle(self, lease: Lease, row: Any) -> None:
        done = Done(stream=lease.key, seq=row.seq, lease_no=lease.lease_no)
        with self.transactions.begin(actor=SYSTEM, done=done) as uow:
            self.handlers[row.handler](uow, Fact.load(row.payload))
        FACTS_HANDLED.labels(row.handler, "handled").inc()

    def _park(self, lease: Lease, row: Any, *, error: str) -> None:
        done = Done(stream=lease.key, seq=row.seq, lease_no=lease.lease_no)
        with self.transactions.begin(actor=SYSTEM, done=done) as uow:
            uow.session.add(
                Parked(
                    id=uow.new_id(),
                    stream=lease.key,
                    seq=row.seq,
                    handler=row.handler,
                    payload=row.payload,
                    error=error,
                    parked_at=uow.machine_now,
                )
            )
        logger.error("fact_parked", handler=row.handler)
        FACTS_HANDLED.labels(row.handler, "parked").inc()

    def _execute(self, statement: Any, lease: Lease, **values: Any) -> Any:
        with self.transactions.engine.begin() as connection:
            result = connection.execute(statement, {"key": lease.key, "lease_no": lease.lease_no, **values})
            return result.scalar_one_or_none() if result.returns_rows else None
