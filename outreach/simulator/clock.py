"""What time it is on the phones, when the demo lets the product's time run faster."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from outreach.kernel.clock import Anchor


class PhoneClock:
    """The product's time as the simulator was told it; the machine's until then."""

    def __init__(self, now: Callable[[], datetime], speed: float) -> None:
        self._now = now
        self.anchor = Anchor(machine_at=now(), product_at=now(), speed=speed)

    def now(self) -> datetime:
        """Return what a patient's phone shows."""
        return self.anchor.at(self._now())

    def tell(self, *, product_at: datetime, speed: float) -> None:
        """Set the product's time and how fast it runs from now on."""
        self.anchor = Anchor(machine_at=self._now(), product_at=product_at, speed=speed)
