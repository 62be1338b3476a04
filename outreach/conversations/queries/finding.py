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

from outreach.conversations.models import Conversation
from outreach.conversations.queries.views import Cursor
from outreach.kernel import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message

PAGE = 20
BATCH = 60
SCANNED = 1_000
"""Entries of the rarest word that a page walks, per team."""
WEIGHED = 500
LAST = Cursor(at=datetime(9999, 1, 1, tzinfo=UTC), id=UUID(int=(1 << 128) - 1))

_WEIGH = text(
    """
    SELECT wanted.bucket, (
        SELECT count(*) FROM (
            SELECT FROM message_word w
            WHERE w.bucket = wanted.bucket AND (w.at, w.message_id) < (:at, :id)
            ORDER BY w.at DESC, w.message_id DESC LIMIT :weighed
        ) AS few
    ) AS weight
    FROM unnest(cast(:buckets AS int[])) AS wanted (bucket)
    """
)
"""How frequent each number is, counted up to 500."""

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
    looked_at: int = 0
    found: list[FoundText] = field(default_factory=list)


def find_texts(
    uow: UnitOfWork, *, team_ids: Collection[UUID], wanted: str, before: str | None = None, limit: int = PAGE
) -> TextsPage:
    """Return texts of some teams' threads that hold all the words of `wanted` worth finding.

    Two statements, three when there are several words. Nothing is put on the
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
    if len(parts) > 1:
        ways = _rarest_first(uow, ways, place)
    search = _Search(ways=ways, place=place, wanted=frozenset(parts), team_ids=team_ids)
    return _page(search, limit, more=_look(uow, search))


def _page(search: _Search, limit: int, *, more: bool) -> TextsPage:
    shown = search.found[:limit]
    if len(search.found) > limit:
        place: Cursor | None = Cursor(at=shown[-1].at, id=shown[-1].message_id)
    else:
        place = search.place if more else None
    return TextsPage(texts=tuple(shown), next=place.encode() if place else None, looked_at=search.looked_at)


def _rarest_first(uow: UnitOfWork, ways: list[list[int]], place: Cursor) -> list[list[int]]:
    values = {
        "buckets": [bucket for way in ways for bucket in way],
        "at": place.at,
        "id": place.id,
        "weighed": WEIGHED,
    }
    weights = {row.bucket: row.weight for row in uow.session.execute(_WEIGH, values)}
    return [sorted(way, key=lambda bucket: weights[bucket]) for way in ways if all(map(weights.get, way))]


def _look(uow: UnitOfWork, search: _Search) -> bool:
    """Look at the next candidates; return whether there may be more after them."""
    values = {
        "groups": list(range(len(search.ways))),
        "drivers": [way[0] for way in search.ways],
        "other_groups": [number for number, way in enumerate(search.ways) for _ in way[1:]],
        "others": [bucket for way in search.ways for bucket in way[1:]],
        "at": search.place.at,
        "id": search.place.id,
        "scanned": SCANNED,
        "batch": BATCH,
    }
    rows = uow.session.execute(_CANDIDATES, values).all()
    ends = [Cursor(at=row.at, id=row.message_id) for row in rows if row.is_end]
    hits = [Cursor(at=row.at, id=row.message_id) for row in rows if not row.is_end]
    # What lies behind the place where some team stopped waits until that team has caught up.
    kept = [one for one in hits if not ends or (one.at, one.id) >= (ends[0].at, ends[0].id)]
    search.found += _opened(uow, search, [one.id for one in kept])
    if len(kept) == BATCH:
        search.place = kept[-1]
    elif ends:
        search.place = ends[0]
    return len(kept) == BATCH or bool(ends)


def _opened(uow: UnitOfWork, search: _Search, ids: Collection[UUID]) -> list[FoundText]:
    if not ids:
        return []
    rows: Iterable[Row[Any]] = uow.session.execute(
        select(Message.id, Message.conversation_id, Message.at, Message.direction, Message.body_enc)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.id.in_(ids), Conversation.team_id.in_(search.team_ids), Message.state != "canceled")
        .order_by(Message.at.desc(), Message.id.desc())
    )
    found = []
    for row in rows:
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
