"""The outbox: facts written in the transaction that made them true, one row per fact and subscriber.

A stream is a queue that keeps its order. Its row is locked from the write until the commit, so streams are
always written in the order of their keys: two transactions can wait for each other, never in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Engine, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from outreach.kernel.db import At, Base, Id, at_once
from outreach.kernel.errors import OutreachError
from outreach.kernel.facts import Fact

Subscribers = Mapping[str, tuple[str, ...]]
"""Name of a fact -> names of its handlers."""


class Stream(Base):
    """One queue of facts. `ready_at` is empty while there is nothing to do; a lease moves it ahead."""

    __tablename__ = "stream"
    __retention__ = "plumbing"
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    last_seq: Mapped[int] = mapped_column(BigInteger)
    done_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    ready_at: Mapped[At | None]
    lease_no: Mapped[int] = mapped_column(BigInteger, default=0)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    __table_args__ = (
        # Readings for danger, texts and the rest, each found without reading past the others.
        Index(
            "ix_stream_urgent",
            "ready_at",
            postgresql_where=text("ready_at IS NOT NULL AND left(key, 7) = 'safety:'"),
        ),
        Index(
            "ix_stream_texts",
            "ready_at",
            postgresql_where=text("ready_at IS NOT NULL AND left(key, 8) = 'inbound:'"),
        ),
        Index(
            "ix_stream_rest",
            "ready_at",
            postgresql_where=text(
                "ready_at IS NOT NULL AND left(key, 7) <> 'safety:' AND left(key, 8) <> 'inbound:'"
            ),
        ),
    )


class OutboxRow(Base):
    """One fact for one handler; deleted in the transaction that handled it."""

    __tablename__ = "outbox"
    __retention__ = "plumbing"
    stream: Mapped[str] = mapped_column(Text, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    handler: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    happened_at: Mapped[At]


class Parked(Base):
    """A fact that kept failing, shown to a human; its stream went on without it."""

    __tablename__ = "parked"
    __retention__ = "plumbing"
    id: Mapped[Id]
    stream: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(BigInteger)
    handler: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    error: Mapped[str] = mapped_column(Text)
    parked_at: Mapped[At]
    settled_at: Mapped[At | None]
    settled_by: Mapped[UUID | None]


class LeaseLost(OutreachError):
    """Another worker took this stream over while we were at it; our work is rolled back and done there."""


@dataclass(kw_only=True)
class Done:
    """The fact a relay has just handled, to be ticked off in the same transaction."""

    stream: str
    seq: int
    lease_no: int
    keep: bool = False
    """Whether the stream stays ours if it holds another."""
    more: bool = True
    """Once it is ticked off: whether its stream holds another. If not, the stream is let go of already."""


PUBLISH = text(
    """
    WITH s AS (
        INSERT INTO stream AS t (key, last_seq, done_seq, ready_at, lease_no, tries)
        VALUES (:key, :n, 0, clock_timestamp(), 0, 0)
        ON CONFLICT (key) DO UPDATE
            SET last_seq = t.last_seq + :n, ready_at = COALESCE(t.ready_at, excluded.ready_at)
        RETURNING t.key, t.last_seq
    )
    INSERT INTO outbox (stream, seq, handler, payload, happened_at)
    SELECT s.key, s.last_seq - :n + f.place, f.handler, f.payload, :happened_at
    FROM s, unnest(CAST(:handlers AS text[]), CAST(:payloads AS jsonb[])) WITH ORDINALITY
        AS f(handler, payload, place)
    """
)

# What PUBLISH does for any number of streams, and only if the row they tell of was really inserted.
_BESIDE = """
    WITH made AS ({insert} RETURNING 1),
    f AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(%(facts)s AS jsonb))
            AS f(stream text, count int, back int, handler text, payload jsonb)
    ),
    s AS (
        INSERT INTO stream AS t (key, last_seq, done_seq, ready_at, lease_no, tries)
        SELECT f.stream, f.count, 0, clock_timestamp(), 0, 0
        FROM made, f WHERE f.back = 0 ORDER BY f.stream COLLATE "C"
        ON CONFLICT (key) DO UPDATE
            SET last_seq = t.last_seq + excluded.last_seq, ready_at = COALESCE(t.ready_at, excluded.ready_at)
        RETURNING t.key, t.last_seq
    ),
    o AS (
        INSERT INTO outbox (stream, seq, handler, payload, happened_at)
        SELECT s.key, s.last_seq - f.back, f.handler, f.payload, %(happened_at)s
        FROM s JOIN f ON f.stream = s.key
    )
    SELECT count(*) FROM made
    """

IDLE_AT_ONCE = 5000
FORGET_IDLE = text(
    """
    DELETE FROM stream WHERE key IN (
        SELECT key FROM stream
        WHERE key COLLATE "C" >= :prefix AND key COLLATE "C" < :end
            AND ready_at IS NULL AND done_seq = last_seq
        LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    """
)

# Rows are locked in the order of their keys. A stream that has more is ready for anybody, or stays ours.
TICK_OFF = text(
    """
    WITH given AS (
        SELECT * FROM unnest(CAST(:streams AS text[]), CAST(:seqs AS bigint[]), CAST(:lease_nos AS bigint[]))
            AS g(stream, seq, lease_no)
    ), ours AS MATERIALIZED (
        SELECT s.key, given.seq FROM stream s JOIN given ON s.key = given.stream
        WHERE s.lease_no = given.lease_no AND s.done_seq = given.seq - 1
        ORDER BY s.key COLLATE "C" FOR NO KEY UPDATE OF s
    ), gone AS (
        DELETE FROM outbox o USING given WHERE o.stream = given.stream AND o.seq = given.seq
    )
    UPDATE stream t
    SET done_seq = ours.seq, tries = 0, ready_at = CASE
        WHEN t.last_seq > ours.seq THEN CASE WHEN :keep THEN t.ready_at ELSE clock_timestamp() END END
    FROM ours WHERE t.key = ours.key
    RETURNING t.key, t.last_seq > ours.seq
    """
)


def write(
    session: Session,
    facts: Iterable[Fact],
    *,
    subscribers: Subscribers,
    happened_at: datetime,
    done: Sequence[Done] = (),
) -> bool:
    """Write facts to the outbox, and tick off those that were handled, in the order of stream keys.

    Return whether there is anything for a relay to do. Raise LeaseLost if one of `done` is not ours any more.
    """
    by_stream = _by_stream(facts, subscribers)
    handled = {one.stream: one for one in done}
    run: list[Done] = []
    for key in sorted(by_stream.keys() | handled.keys()):
        if key in by_stream:
            _tick_off(session, run)
            run = []
            _publish(session, key, by_stream[key], happened_at)
        if key in handled:
            run.append(handled[key])
    _tick_off(session, run)
    return bool(by_stream) or any(one.more and not one.keep for one in done)


def write_beside(
    engine: Engine,
    insert: str,
    values: Mapping[str, Any],
    facts: Iterable[Fact],
    *,
    subscribers: Subscribers,
    happened_at: datetime,
) -> bool:
    """Insert one row and write its facts to the outbox in one statement; nothing if the row exists.

    `insert` is an INSERT with values named as the driver does, %(like)s, that may end in ON CONFLICT DO
    NOTHING. Return whether it made the row. For hot paths, where a second statement costs a third of the
    rate. Being one statement it needs no transaction around it, and is one round trip.
    """
    by_stream = _by_stream(facts, subscribers)
    rows = [
        f'{{"stream":{json.dumps(key)},"count":{len(found)},"back":{len(found) - 1 - place},'
        f'"handler":{json.dumps(handler)},"payload":{payload}}}'
        for key, found in by_stream.items()
        for place, (handler, payload) in enumerate(found)
    ]
    told = {**values, "facts": f"[{','.join(rows)}]", "happened_at": happened_at}
    ((made,),) = at_once(engine, _beside(insert), told)
    return bool(made)


@cache
def _beside(insert: str) -> str:
    return _BESIDE.format(insert=insert)


def _by_stream(facts: Iterable[Fact], subscribers: Subscribers) -> dict[str, list[tuple[str, str]]]:
    by_stream: dict[str, list[tuple[str, str]]] = {}
    for fact in facts:
        for handler in subscribers.get(fact.name, ()):
            by_stream.setdefault(fact.stream, []).append((handler, json.dumps(fact.payload())))
    return by_stream


def forget_idle(session: Session, *, prefix: str, limit: int = IDLE_AT_ONCE) -> int:
    """Delete streams that are used once and are done, by the beginning of their key. Return how many.

    A stream that is written to meanwhile is skipped or made anew: nothing in the outbox refers to a gone one.
    """
    gone = session.execute(FORGET_IDLE, {"prefix": f"{prefix}:", "end": f"{prefix};", "limit": limit})
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _publish(session: Session, key: str, rows: list[tuple[str, str]], happened_at: datetime) -> None:
    session.execute(
        PUBLISH,
        {
            "key": key,
            "n": len(rows),
            "handlers": [handler for handler, _ in rows],
            "payloads": [payload for _, payload in rows],
            "happened_at": happened_at,
        },
    )


def _tick_off(session: Session, run: Sequence[Done]) -> None:
    """Tick off facts of streams that follow each other in order."""
    if not run:
        return
    ticked = {
        "streams": [one.stream for one in run],
        "seqs": [one.seq for one in run],
        "lease_nos": [one.lease_no for one in run],
        "keep": run[0].keep,
    }
    more = {row[0]: bool(row[1]) for row in session.execute(TICK_OFF, ticked)}
    if len(more) < len(run):
        raise LeaseLost
    for one in run:
        one.more = more[one.stream]
