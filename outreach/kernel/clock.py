"""Two clocks: the product clock for rules, the machine clock for leases and sessions.

The product clock is an anchor in the database, so every process agrees on it and tests can step it.
With a real provider it is the machine clock and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """Return the time, aware and in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's time, aware and in UTC."""
        return datetime.now(UTC)


def on_the_minute(moment: datetime) -> datetime:
    """Return the minute a moment is in: what waits is counted from it, or a worker's seconds would add up."""
    return moment.replace(second=0, microsecond=0)


@dataclass
class FrozenClock:
    """A clock that moves only when told to."""

    at: datetime

    def now(self) -> datetime:
        """Return the time it was last set to."""
        return self.at

    def move(self, **delta: float) -> None:
        """Step forward by a timedelta's arguments."""
        self.at += timedelta(**delta)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """At machine time `machine_at` the product's time was `product_at`, running `speed` times as fast."""

    machine_at: datetime
    product_at: datetime
    speed: float

    def at(self, machine_now: datetime) -> datetime:
        """Return the product's time at a machine time. Never before `product_at`."""
        elapsed = max(machine_now - self.machine_at, timedelta(0))
        return self.product_at + elapsed * self.speed
