"""How long a text may still be on its way."""

from __future__ import annotations

from datetime import datetime

LONGEST_VALIDITY = 36_000
"""Seconds; the provider's ValidityPeriod runs from 1 to this, which is its default."""
SHORTEST_VALIDITY = 30
"""With less left a text is not started: carriers need seconds, and a late text is worse than none."""


def validity_seconds(*, now: datetime, not_after: datetime | None) -> int | None:
    """Return the ValidityPeriod that ends with the allowed window, or None if it is too late to start."""
    if not_after is None:
        return LONGEST_VALIDITY
    left = int((not_after - now).total_seconds())
    return None if left < SHORTEST_VALIDITY else min(left, LONGEST_VALIDITY)
