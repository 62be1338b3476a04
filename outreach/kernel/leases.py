"""Leases on streams of the outbox: claimed, started, renewed and let go of, each in one statement.

A lease or a count of tries that a crash of the database undoes costs a repetition of what was undone with it:
only what a handler did must be on the disk, and its own commit sees to that. So none of these waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Engine

from outreach.kernel.db import at_once

LEASE_SECONDS = 10
BATCH = 8
MOST_URGENT = 32
MOST_TEXTS = 32
URGENT = "safety:"
BACK_OFF_SECONDS = 0.25

_NO_WAIT = "set_config('synchronous_commit', 'off', true)"

# What may be about a life overtakes what a bulk import left, then what else patients wrote; whatever has
# waited longest gets its share of every batch.
CLAIM = f"""
    WITH urgent AS (
        SELECT key FROM stream
        WHERE left(key, 7) = 'safety:' AND ready_at IS NOT NULL AND ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT %(most_urgent)s FOR NO KEY UPDATE SKIP LOCKED
    ), texts AS (
        SELECT key FROM stream
        WHERE left(key, 8) = 'inbound:' AND ready_at IS NOT NULL AND ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT %(most_texts)s FOR NO KEY UPDATE SKIP LOCKED
    ), oldest AS (
        SELECT key FROM stream WHERE ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
    ), chosen AS (
        SELECT key FROM urgent UNION SELECT key FROM texts UNION SELECT key FROM oldest
    )
    UPDATE stream
    SET ready_at = clock_timestamp() + make_interval(secs => %(seconds)s), lease_no = lease_no + 1
    WHERE key IN (SELECT key FROM chosen)
    RETURNING key, lease_no, tries,
        (SELECT handler FROM outbox WHERE stream = stream.key AND seq = stream.done_seq + 1), {_NO_WAIT}
    """  # noqa: S608 - nothing in it comes from outside
START = f"""
    WITH s AS (
        UPDATE stream
        SET tries = tries + %(one_more)s, ready_at = clock_timestamp() + make_interval(secs => %(seconds)s)
        WHERE key = %(key)s AND lease_no = %(lease_no)s
        RETURNING key, tries, done_seq, {_NO_WAIT}
    )
    SELECT s.tries, o.seq, o.handler, o.payload
    FROM s LEFT JOIN outbox o ON o.stream = s.key AND o.seq = s.done_seq + 1
    """  # noqa: S608 - nothing in it comes from outside
# Rows are locked in the order of their keys, like everywhere: nobody waits in a circle.
START_ALL = f"""
    WITH ours AS MATERIALIZED (
        SELECT s.key FROM stream s
        JOIN unnest(%(keys)s::text[], %(lease_nos)s::bigint[]) AS g(key, lease_no) ON s.key = g.key
        WHERE s.lease_no = g.lease_no ORDER BY s.key COLLATE "C" FOR NO KEY UPDATE OF s
    ), s AS (
        UPDATE stream t
        SET tries = tries + 1, ready_at = clock_timestamp() + make_interval(secs => %(seconds)s)
        FROM ours WHERE t.key = ours.key
        RETURNING t.key, t.done_seq, {_NO_WAIT}
    )
    SELECT s.key, o.seq, o.handler, o.payload
    FROM s JOIN outbox o ON o.stream = s.key AND o.seq = s.done_seq + 1
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
    handler: str | None = None
    """Whom its next fact is for, as far as could be seen when it was claimed."""
    tries: int = 0
    """How often its next fact has been tried before."""
    counted: bool = False
    """Whether the try that is about to be made is counted already."""

    @property
    def urgent(self) -> bool:
        """Whether it may be about a life."""
        return self.key.startswith(URGENT)


class Waiting(NamedTuple):
    """One fact in the outbox."""

    seq: int
    handler: str
    payload: dict[str, Any]


def claim(engine: Engine) -> list[Lease]:
    """Take streams that have something to do, those about a life first."""
    asked = {
        "seconds": LEASE_SECONDS,
        "batch": BATCH,
        "most_urgent": MOST_URGENT,
        "most_texts": MOST_TEXTS,
    }
    found = [
        Lease(key=key, lease_no=lease_no, tries=tries, handler=handler)
        for key, lease_no, tries, handler, _ in at_once(engine, CLAIM, asked)
    ]
    return sorted(found, key=lambda lease: not lease.urgent)


def start(engine: Engine, lease: Lease) -> tuple[int, Waiting | None] | None:
    """Count a try and renew the lease. Return the count and the next fact; None if it is not ours."""
    started = _at(engine, START, lease, seconds=LEASE_SECONDS, one_more=0 if lease.counted else 1)
    if not started:
        return None
    tries, *first = started[0]
    return tries, Waiting(*first) if first[0] is not None else None


def start_all(engine: Engine, leases: Sequence[Lease]) -> list[tuple[Lease, Waiting]]:
    """Do the same for several streams at once; those that are not ours or hold nothing are left out."""
    by_key = {lease.key: lease for lease in leases}
    rows = at_once(
        engine,
        START_ALL,
        {
            "keys": list(by_key),
            "lease_nos": [lease.lease_no for lease in by_key.values()],
            "seconds": LEASE_SECONDS,
        },
    )
    return [(by_key[key], Waiting(*row)) for key, *row in rows]


def following(engine: Engine, lease: Lease) -> Waiting | None:
    """Return the next fact of a stream, None if there is none or the stream is not ours any more."""
    found = _at(engine, NEXT, lease)
    return Waiting(*found[0]) if found else None


def release(engine: Engine, lease: Lease) -> None:
    """Let go of a stream; whoever claims it next goes on."""
    _at(engine, RELEASE, lease)


def back_off(engine: Engine, lease: Lease) -> None:
    """Let a stream rest that has just failed, longer each time."""
    _at(engine, BACK_OFF, lease, seconds=BACK_OFF_SECONDS)


def _at(engine: Engine, statement: str, lease: Lease, **values: Any) -> list[tuple[Any, ...]]:
    return at_once(engine, statement, {"key": lease.key, "lease_no": lease.lease_no, **values})
