"""The relay: hands facts to their handlers, in order inside a stream, streams in parallel.

Tried before it was written: the figures stand in docs/adr/0003. A worker that dies, stops or loses its lease
costs time, never a fact; a fact that keeps failing is parked and does not hold up others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from outreach.kernel import log
from outreach.kernel.db import at_once
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

# A lease or a count of tries that a crash of the database undoes costs a repetition of what was undone with
# it: only what a handler did must be on the disk, and its own commit sees to that.
_NO_WAIT = "set_config('synchronous_commit', 'off', true)"

# What may be about a life overtakes what a bulk import left; the rest keeps a share of every batch.
CLAIM = f"""
    WITH urgent AS (
        SELECT key FROM stream
        WHERE left(key, 7) = 'safety:' AND ready_at IS NOT NULL AND ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT %(most_urgent)s FOR NO KEY UPDATE SKIP LOCKED
    ), oldest AS (
        SELECT key FROM stream WHERE ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
    ), chosen AS (
        SELECT key FROM urgent
        UNION (SELECT key FROM oldest LIMIT %(batch)s - (SELECT count(*) FROM urgent))
    )
    UPDATE stream
    SET ready_at = clock_timestamp() + make_interval(secs => %(seconds)s), lease_no = lease_no + 1
    WHERE key IN (SELECT key FROM chosen)
    RETURNING key, lease_no, {_NO_WAIT}
    """  # noqa: S608 - nothing in it comes from outside
START = f"""
    WITH s AS (
        UPDATE stream
        SET tries = tries + 1, ready_at = clock_timestamp() + make_interval(secs => %(seconds)s)
        WHERE key = %(key)s AND lease_no = %(lease_no)s
        RETURNING key, tries, done_seq, {_NO_WAIT}
    )
    SELECT s.tries, o.seq, o.handler, o.payload
    FROM s LEFT JOIN outbox o ON o.stream = s.key AND o.seq = s.done_seq + 1
    """  # noqa: S608 - nothing in it comes from outside
NEXT = """
    SELECT o.seq, o.handler, o.payload
    FROM stream s JOIN outbox o ON o.stream = s.key AND o.seq = s.done_seq + 1
    WHERE s.key = %(key)s AND s.lease_no = %(lease_no)s
    """
RELEASE = """
    UPDATE stream SET ready_at = CASE WHEN done_seq < last_seq THEN clock_timestamp() END, tries = 0
    WHERE key = %(key)s AND lease_no = %(lease_no)s
    """
BACK_OFF = """
    UPDATE stream SET ready_at = clock_timestamp() + make_interval(secs => %(seconds)s * power(2, tries))
    WHERE key = %(key)s AND lease_no = %(lease_no)s
    """


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Our hold on one stream."""

    key: str
    lease_no: int


class Waiting(NamedTuple):
    """One fact in the outbox."""

    seq: int
    handler: str
    payload: dict[str, Any]


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
        asked = {"seconds": LEASE_SECONDS, "batch": BATCH, "most_urgent": MOST_URGENT}
        rows = at_once(self.transactions.engine, CLAIM, asked)
        found = [Lease(key=key, lease_no=lease_no) for key, lease_no, _ in rows]
        return sorted(found, key=lambda lease: not lease.key.startswith(URGENT))

    def _run_stream(self, lease: Lease, until: float) -> int:
        started = self._execute(START, lease, seconds=LEASE_SECONDS)
        if not started:
            return 0
        tries, *first = started[0]
        row: Waiting | None = Waiting(*first) if first[0] is not None else None
        handled = 0
        most = LEASE_SECONDS / 2 if lease.key.startswith(URGENT) else SLICE_SECONDS
        ours_until = min(until, time.monotonic() + most)
        while row is not None:
            done = Done(stream=lease.key, seq=row.seq, lease_no=lease.lease_no)
            if tries > TRIES:
                self._park(done, row, error="kept failing")
            elif self._handled(lease, done, row, tries):
                handled += 1
            else:
                return handled
            if not done.more:
                return handled
            tries = 0
            row = self._next(lease) if time.monotonic() < ours_until else None
        self._execute(RELEASE, lease)
        return handled

    def _next(self, lease: Lease) -> Waiting | None:
        found = self._execute(NEXT, lease)
        return Waiting(*found[0]) if found else None

    def _handled(self, lease: Lease, done: Done, row: Waiting, tries: int) -> bool:
        """Handle one fact; return whether it is done and the stream still ours."""
        try:
            with self.transactions.begin(actor=SYSTEM, done=done) as uow:
                self.handlers[row.handler](uow, Fact.load(row.payload))
        except LeaseLost:
            FACTS_HANDLED.labels(row.handler, "lease_lost").inc()
            return False
        except Exception:
            logger.exception("fact_failed", handler=row.handler, tries=tries)
            FACTS_HANDLED.labels(row.handler, "failed").inc()
            self._execute(BACK_OFF, lease, seconds=BACK_OFF_SECONDS)
            return False
        FACTS_HANDLED.labels(row.handler, "handled").inc()
        return True

    def _park(self, done: Done, row: Waiting, *, error: str) -> None:
        with self.transactions.begin(actor=SYSTEM, done=done) as uow:
            uow.session.add(
                Parked(
                    id=uow.new_id(),
                    stream=done.stream,
                    seq=row.seq,
                    handler=row.handler,
                    payload=row.payload,
                    error=error,
                    parked_at=uow.machine_now,
                )
            )
        logger.error("fact_parked", handler=row.handler)
        FACTS_HANDLED.labels(row.handler, "parked").inc()

    def _execute(self, statement: str, lease: Lease, **values: Any) -> list[tuple[Any, ...]]:
        ours = {"key": lease.key, "lease_no": lease.lease_no, **values}
        return at_once(self.transactions.engine, statement, ours)
