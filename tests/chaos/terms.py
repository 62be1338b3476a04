"""How long leases, reads and doubts last in a battle: minutes of trouble fit into seconds."""

from __future__ import annotations

import time

from outreach.messaging.rules import Settling, SettlingRules

POINTS = ("claiming", "claimed", "posting", "posted", "recording", "recorded")
LEASE_SECONDS = 5.0
READ_SECONDS = 2.0
RULES = SettlingRules(
    safety=Settling(looks=3, seconds=22, sends=4), others=Settling(looks=3, seconds=22, sends=3)
)
"""The looking goes on for longer than a late accept and a lagging list together."""
PATIENCE_SECONDS = 120.0
"""How long nothing at all may change before one gives up waiting: a slow machine is no failure."""


class Patience:
    """Runs out when what is looked at stays the same for too long."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._seconds = seconds
        self._seen: object = None
        self._since = time.monotonic()

    def is_left(self, seen: object) -> bool:
        """Return whether it is worth waiting on, having seen this."""
        if seen != self._seen:
            self._seen, self._since = seen, time.monotonic()
        return time.monotonic() - self._since < self._seconds
