"""Leases on streams of the outbox: claimed, started, renewed and let go of, each in one statement.

A lease or a count of tries that a crash of the database undoes costs a repetition of what was undone with it:
only what a handler did must be on the disk, and its own commit sees to that. So none of these waits for it.
"""

from __future__ import annotations

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
        SELECT key FROM stream
        WHERE left(key, 7) <> 'safety:' AND left(key, 8) <> 'inbound:' AND ready_at <= clock_timestamp()
        ORDER BY ready_at LIMIT %(batch)s FOR NO KEY UPDATE SKIP LOCKED
    ), chosen AS (
        SELECT key, 1 AS counted FROM urgent UNION SELECT key, 1 FROM texts
        UNION SELECT key, 0 FROM oldest
    ), taken AS (
        UPDATE stream SET
            ready_at = clock_timestamp() + make_interval(secs => %(seconds)s),
            lease_no = lease_no + 1, tries = tries + chosen.counted
        FROM chosen WHERE stream.key = chosen.key
        RETURNING stream.key, lease_no, tries, counted, done_seq, {_NO_WAIT}
    )
    SELECT t.key, t.lease_no, t.tries, t.counted, o.seq, o.handler, o.payload
    FROM taken t LEFT JOIN outbox o ON o.stream = t.key AND o.seq = t.done_seq + 1
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


class Waiting(NamedTuple):
    """One fact in the outbox."""

    seq: int
    handler: str
    payload: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Our hold on one stream."""

    key: str
    lease_no: int
    tries: int = 0
    """How often its next fact was tried, with this one if that is counted already."""
    counted: bool = False
    """Whether the try that is about to be made is counted: it is for texts, which are tried at once."""
    first: Waiting | None = None
    """Its next fact, as far as could be seen when it was claimed."""

    @property
    def urgent(self) -> bool:
        """Whether it may be about a life."""
        return self.key.startswith(URGENT)

    @property
    def fresh(self) -> bool:
        """Whether its next fact is tried for the first time, which is counted."""
        return self.counted and self.tries == 1


def claim(engine: Engine) -> list[Lease]:
    """Take streams that have something to do, those about a life first."""
    asked = {
        "seconds": LEASE_SECONDS,
        "batch": BATCH,
        "most_urgent": MOST_URGENT,
        "most_texts": MOST_TEXTS,
    }
    found = [
        Lease(
            key=key,
            lease_no=lease_no,
            tries=tries,
            counted=bool(counted),
            first=None if row[0] is None else Waiting(*row),
        )
        for key, lease_no, tries, counted, *row in at_once(engine, CLAIM, asked)
    ]
    return sorted(found, key=lambda lease: not lease.urgent)


def start(engine: Engine, lease: Lease) -> tuple[int, Waiting | None] | None:
    """Count a try and renew the lease. Return the count and the next fact; None if it is not ours."""
    started = _at(engine, START, lease, seconds=LEASE_SECONDS, one_more=0 if lease.counted else 1)
    if not started:
        return None
    tries, *first = started[0]
    return tries, Waiting(*first) if first[0] is not None else None


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
