"""Redis as a witness: it remembers how far our sends had come when the database is wound back beside it.

It may forget (that costs one question to the provider), and it may be away: then nothing is remembered.
"""

from __future__ import annotations

from datetime import datetime

import redis

SOCKET_SECONDS = 0.2


class RedisWitness:
    """Implements messaging.ports.Witness."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS, decode_responses=True
        )
        self._noted: dict[str, datetime] = {}

    def remembered(self, name: str) -> datetime | None:
        """Return the latest moment noted under a name, None if none is known or Redis is away."""
        try:
            found = self._redis.get(_key(name))
        except redis.RedisError:
            return None
        return datetime.fromisoformat(str(found)) if found else None

    def note(self, name: str, at: datetime) -> None:
        """Remember a moment under a name; nothing is asked of Redis if nothing has changed."""
        if self._noted.get(name) == at:
            return
        try:
            self._redis.set(_key(name), at.isoformat())
        except redis.RedisError:
            return
        self._noted[name] = at


def _key(name: str) -> str:
    return f"outreach:sent:{name}"
