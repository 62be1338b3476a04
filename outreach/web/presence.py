"""Who looks at a conversation right now, and who is writing there: ids in Redis that fade by themselves.

A convenience and nothing more: when Redis is away nobody is shown, and everything else goes on.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import redis

from outreach.kernel import log

FRESH_SECONDS = 40
"""Browsers say every 15 seconds that they are still there."""
SOCKET_SECONDS = 0.2
PAUSE_SECONDS = 10.0

logger = log.get(__name__)


@dataclass(frozen=True, kw_only=True)
class Present:
    """A colleague with a conversation open."""

    staff_id: UUID
    writes: bool


class Presence:
    """Notes and answers who is where. Never raises for a Redis that is slow or gone."""

    def __init__(self, redis_url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            redis_url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS
        )
        self._resumes = 0.0

    def note(self, conversation_id: UUID, staff_id: UUID, *, writes: bool, at: datetime) -> None:
        """Remember that somebody has a conversation open, and whether they are writing; machine time."""
        key = _key(conversation_id)
        pipe = self._redis.pipeline(transaction=False)
        pipe.hset(key, str(staff_id), f"{at.timestamp():.0f} {'w' if writes else 'r'}")
        pipe.expire(key, FRESH_SECONDS)
        self._try(pipe)

    def leave(self, conversation_id: UUID, staff_id: UUID) -> None:
        """Forget that somebody had a conversation open."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hdel(_key(conversation_id), str(staff_id))
        self._try(pipe)

    def at(
        self, conversation_ids: Collection[UUID], *, now: datetime
    ) -> Mapping[UUID, tuple[Present, ...]] | None:
        """Return who has each of these conversations open; None if Redis can't say."""
        wanted = list(conversation_ids)
        if not wanted:
            return {}
        pipe = self._redis.pipeline(transaction=False)
        for conversation_id in wanted:
            pipe.hgetall(_key(conversation_id))
        answered = self._try(pipe)
        if answered is None:
            return None
        return {one: _present(found, now) for one, found in zip(wanted, answered, strict=True)}

    def _try(self, pipe: Any) -> list[Any] | None:
        if time.monotonic() < self._resumes:
            return None
        try:
            found: list[Any] = pipe.execute()
        except (redis.RedisError, OSError) as error:
            self._resumes = time.monotonic() + PAUSE_SECONDS
            logger.warning("presence_unknown", error=type(error).__name__)
            return None
        return found


def _key(conversation_id: UUID) -> str:
    return f"outreach:here:{conversation_id}"


def _present(found: Mapping[bytes, bytes], now: datetime) -> tuple[Present, ...]:
    present = []
    for staff_id, said in found.items():
        at, _, how = said.decode().partition(" ")
        if now.timestamp() - int(at) <= FRESH_SECONDS:
            present.append(Present(staff_id=UUID(staff_id.decode()), writes=how == "w"))
    return tuple(sorted(present, key=lambda one: str(one.staff_id)))
