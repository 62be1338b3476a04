"""The product clock as kept in the database: an anchor that every process reads and tests can step."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import Engine, Float, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.clock import Anchor, Clock
from outreach.kernel.db import At, Base
from outreach.kernel.errors import OutreachError

CACHE_SECONDS = 0.2


class ClockGoesBack(OutreachError):
    """The product clock never goes back: plans and receipts already made would lose their meaning."""


class ProductClockRow(Base):
    """One row: the anchor. No row means that product time is machine time."""

    __tablename__ = "product_clock"
    __retention__ = "plumbing"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    machine_at: Mapped[At]
    product_at: Mapped[At]
    speed: Mapped[float] = mapped_column(Float)


class ProductClock:
    """Reads the anchor, at most every fifth of a second, and never shows a time before one it showed."""

    def __init__(self, engine: Engine, machine: Clock) -> None:
        self._engine = engine
        self._machine = machine
        self._lock = threading.Lock()
        self._anchor: Anchor | None = None
        self._read_at: float | None = None
        self._last: datetime | None = None

    def now(self) -> datetime:
        """Return the product's time, aware and in UTC."""
        with self._lock:
            if self._read_at is None or time.monotonic() - self._read_at > CACHE_SECONDS:
                self._anchor = self._load()
                self._read_at = time.monotonic()
            machine_now = self._machine.now()
            found = self._anchor.at(machine_now) if self._anchor else machine_now
            self._last = max(found, self._last) if self._last else found
            return self._last

    def set(self, *, at: datetime | None = None, speed: float = 1.0) -> None:
        """Anchor the clock anew. Raise ClockGoesBack if `at` lies before the product's present."""
        present = self.now()
        if at is not None and at < present:
            raise ClockGoesBack
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO product_clock (id, machine_at, product_at, speed) VALUES (1, :m, :p, :s) "
                    "ON CONFLICT (id) DO UPDATE SET machine_at = :m, product_at = :p, speed = :s"
                ),
                {"m": self._machine.now(), "p": at or present, "s": speed},
            )
        with self._lock:
            self._read_at = None

    def step(self, **delta: float) -> None:
        """Move the clock forward by a timedelta's arguments and let it stand still there (speed 0)."""
        self.set(at=self.now() + timedelta(**delta), speed=0.0)

    def _load(self) -> Anchor | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                text("SELECT machine_at, product_at, speed FROM product_clock WHERE id = 1")
            ).one_or_none()
        if row is None:
            return None
        return Anchor(machine_at=row.machine_at, product_at=row.product_at, speed=row.speed)
