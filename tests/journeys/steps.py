"""Moving the product's clock from a test."""

from __future__ import annotations

from datetime import timedelta
from typing import cast
from zoneinfo import ZoneInfo

from outreach.kernel.product_clock import ProductClock
from tests.live import Live

NEW_YORK = ZoneInfo("America/New_York")


def clock(live: Live) -> ProductClock:
    """The product's clock, as every process of it reads it."""
    return cast(ProductClock, live.services.transactions.product_clock)


def step(live: Live, **delta: float) -> None:
    """Move on by a timedelta's arguments; the clock then goes on at its ordinary pace."""
    clock(live).set(at=clock(live).now() + timedelta(**delta), speed=1.0)


def to_ten_in_new_york(live: Live) -> None:
    """Go on to the next weekday's 10:00 where the sample clinic is."""
    local = clock(live).now().astimezone(NEW_YORK)
    ten = local.replace(hour=10, minute=0, second=0, microsecond=0)
    while ten <= local or ten.weekday() >= 5:
        ten += timedelta(days=1)
    clock(live).set(at=ten, speed=1.0)
