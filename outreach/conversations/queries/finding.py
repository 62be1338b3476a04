"""Finding texts by their words, over encrypted columns: newest first, a page at a time.

Blind numbers (kernel/words.py) lead to candidates, which are decrypted and looked at; false hits are dropped
unseen. However many texts hold a word, a page walks a bounded stretch of the index and then says where to go
on, so that looking further back costs what looking first costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from outreach.conversations.queries import rows
from outreach.conversations.queries.views import Cursor
from outreach.kernel import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message

PAGE = 15
BATCH = 24
SCANNED = 1_000
"""Entries of the rarest word that a page walks, per team."""
WEIGHED = 500
SPARSE = 32
"""How many entries of another word may lie between two of the rarest, so that looking for each reads the same
few pages of the index. A page of it holds about 160."""
PROBED, LEAST_PROBED = 240, 40
"""Entries of the rarest word looked for under far more frequent ones, each on a page of its own: of all teams
together, and of each team at least.
"""
LAST = Cursor(at=datetime(9999, 1, 1, tzinfo=UTC), id=UUID(int=(1 << 128) - 1))

_WEIGH = text(
    """
    SELECT wanted.bucket, few.weight, few.weight / greatest(extract(epoch FROM few.newest - few.oldest), 1)
        AS rate
    FROM unnest(cast(:buckets AS int[])) AS wanted (bucket)
    CROSS JOIN LATERAL (
        SELECT count(*) AS weight, min(at) AS oldest, max(at) AS newest FROM (
            SELECT w.at FROM message_word w
            WHERE w.bucket = wanted.bucket AND (w.at, w.message_id) < (:at, :id)
            ORDER BY w.at DESC, w.message_id DESC LIMIT :weighed
        ) AS newest
    ) AS few
    """
)
"""How frequent each number is, counted up to 500, and how many of these came in a second."""

_CANDIDATES = text(
    """
    WITH driver AS (
        SELECT place, bucket
        FROM unnest(cast(:groups AS int[]), cast(:drivers AS int[])) AS driver (place, bucket)
    ), ends AS (
        SELECT w.at, w.message_id
        FROM driver CROSS JOIN LATERAL (
            SELECT w.at, w.message_id FROM message_word w
            WHERE w.bucket = driver.bucket AND (w.at, w.message_id) < (:at, :id)
            ORDER BY w.at DESC, w.message_id DESC OFFSET :scanned - 1 LIMIT 1
        ) AS w
        ORDER BY w.at DESC, w.message_id DESC LIMIT 1
    ), hit AS (
        SELECT found.at, found.message_id
        FROM driver CROSS JOIN LATERAL (
            SELECT near.at, near.message_id
            FROM (
                SELECT w.at, w.message_id FROM message_word w
                WHERE w.bucket = driver.bucket AND (w.at, w.message_id) < (:at, :id)
                ORDER BY w.at DESC, w.message_id DESC LIMIT :scanned
            ) AS near
            WHERE NOT EXISTS (
                SELECT FROM unnest(cast(:other_groups AS int[]), cast(:others AS int[]))
                    AS other (place, number)
                WHERE other.place = driver.place AND NOT EXISTS (
                    SELECT FROM message_word x
                    WHERE x.bucket = other.number AND x.at = near.at AND x.message_id = near.message_id
                )
            )
            ORDER BY near.at DESC, near.message_id DESC
            LIMIT :batch
        ) AS found
        ORDER BY found.at DESC, found.message_id DESC LIMIT :batch
    )
    SELECT at, message_id, false AS is_end FROM hit
    UNION ALL SELECT at, message_id, true FROM ends
    """
)
"""One team after the other walks its rarest word; a candidate stands under the others, too. The end is where
the first team stopped with entries left: what is older than that is for the next page."""


@dataclass(frozen=True, kw_only=True)
class FoundText:
    """A text that holds all the words."""

    message_id: UUID
    conversation_id: UUID
    at: datetime
    direction: str
    pieces: tuple[tuple[str, bool], ...] = field(repr=False)
    """The text cut around its hits: words, and whether they were looked for."""

    @property
    def cursor(self) -> str:
        """A place in its thread from which it is the newest text shown."""
        return Cursor(at=self.at, id=LAST.id).encode()


@dataclass(frozen=True, kw_only=True)
class TextsPage:
    """Some texts that were found, newest first, and where to go on looking."""

    texts: tuple[FoundText, ...]
    next: str | None
    looked_at: int
    """How many candidates were decrypted for it."""


@dataclass
class _Search:
    ways: list[list[int]]
    """In each team, under each key: the numbers of all words, the rarest first."""
    place: Cursor
    wanted: frozenset[str]
    team_ids: Collection[UUID]
    scanned: int = SCANNED
    looked_at: int = 0
    found: list[FoundText] = field(default_factory=list)


def find_texts(
    uow: UnitOfWork, *, team_ids: Collection[UUID], wanted: str, before: str | None = None, limit: int = PAGE
) -> TextsPage:
    """Return texts of some teams' threads that hold all the words of `wanted` worth finding.

    Three statements, four when there are several words. Nothing is put on the
    record here: whoever shows what was found does that. Raise BadCursor.
    """
    parts = words.worth_finding(wanted)
    if not parts or not team_ids:
        return TextsPage(texts=(), next=None, looked_at=0)
    place = Cursor.parse(before) or LAST
    ways = [
        list(words.buckets(key, "text", parts).values())
        for team_id in team_ids
        for key in words.team_keys(uow.vault, team_id)
    ]
    search = _Search(ways=ways, place=place, wanted=frozenset(parts), team_ids=team_ids, scanned=SCANNED)
    if len(parts) > 1:
        _weigh(uow, search)
    return _page(search, limit, more=_look(uow, search, limit))


def _page(search: _Search, limit: int, *, more: bool) -> TextsPage:
    shown = search.found[:limit]
    if len(search.found) > limit:
        place: Cursor | None = Cursor(at=shown[-1].at, id=shown[-1].message_id)
    else:
        place = search.place if more else None
    return TextsPage(texts=tuple(shown), next=place.encode() if place else None, looked_at=search.looked_at)


def _weigh(uow: UnitOfWork, search: _Search) -> None:
    """Put the rarest word first in each way, and say how far to walk it."""
    values = {
        "buckets": [bucket for way in search.ways for bucket in way],
        "at": search.place.at,
        "id": search.place.id,
        "weighed": WEIGHED,
    }
    weighed = uow.session.execute(_WEIGH, values).all()
    rates = {row.bucket: (row.weight, float(row.rate)) for row in weighed if row.weight}
    ways = [sorted(way, key=rates.__getitem__) for way in search.ways if all(one in rates for one in way)]
    is_sparse = any(rates[way[-1]][1] > SPARSE * rates[way[0]][1] for way in ways)
    search.ways = ways
    search.scanned = max(PROBED // max(len(ways), 1), LEAST_PROBED) if is_sparse else SCANNED


def _look(uow: UnitOfWork, search: _Search, limit: int) -> bool:
    """Look at the next candidates; return whether there may be more after them."""
    values = {
        "groups": list(range(len(search.ways))),
        "drivers": [way[0] for way in search.ways],
        "other_groups": [number for number, way in enumerate(search.ways) for _ in way[1:]],
        "others": [bucket for way in search.ways for bucket in way[1:]],
        "at": search.place.at,
        "id": search.place.id,
        "scanned": search.scanned,
        "batch": BATCH,
    }
    walked = uow.session.execute(_CANDIDATES, values).all()
    ends = [Cursor(at=row.at, id=row.message_id) for row in walked if row.is_end]
    hits = [Cursor(at=row.at, id=row.message_id) for row in walked if not row.is_end]
    # What lies behind the place where some team stopped waits until that team has caught up.
    kept = [one for one in hits if not ends or (one.at, one.id) >= (ends[0].at, ends[0].id)]
    found = _opened(uow, search, [one.id for one in kept])
    search.found += _ours(uow, search, found[: limit + 1])
    if len(found) > limit:
        # The rest is for the next page, and so is whatever lies behind it.
        search.place = Cursor(at=found[limit].at, id=found[limit].message_id)
    elif len(kept) == BATCH:
        search.place = kept[-1]
    elif ends:
        search.place = ends[0]
    return len(found) > limit or len(kept) == BATCH or bool(ends)


def _opened(uow: UnitOfWork, search: _Search, ids: Collection[UUID]) -> list[FoundText]:
    if not ids:
        return []
    sealed: Iterable[Row[Any]] = uow.session.execute(
        select(Message.id, Message.conversation_id, Message.at, Message.direction, Message.body_enc)
        .where(Message.id.in_(ids), Message.conversation_id.is_not(None), Message.state != "canceled")
        .order_by(Message.at.desc(), Message.id.desc())
    )
    found = []
    for row in sealed:
        search.looked_at += 1
        body = uow.vault.open("message.body", row.id, row.body_enc)
        if search.wanted.issubset(words.fold(body)):
            found.append(
                FoundText(
                    message_id=row.id,
                    conversation_id=row.conversation_id,
                    at=row.at,
                    direction=row.direction,
                    pieces=words.around(body, search.wanted),
                )
            )
    return found


def _ours(uow: UnitOfWork, search: _Search, texts: list[FoundText]) -> list[FoundText]:
    """Those of one's own teams: of another's not even a text that shares a number is ever shown."""
    if not texts:
        return []
    wanted = {one.conversation_id for one in texts}
    ours = rows.among(uow, conversation_ids=wanted, team_ids=search.team_ids)
    return [one for one in texts if one.conversation_id in ours]
