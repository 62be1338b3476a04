"""When the provider is asked what became of a text it took, because nobody has told. Pure.

Status callbacks are best effort: one that is lost would leave an undelivered text looking sent for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST = timedelta(minutes=10)
FIRST_SAFETY = timedelta(minutes=2)
LATER = (timedelta(hours=4), timedelta(hours=37))
"""After the start of the send: carriers try for hours, and the longest validity is 36 hours (facts A4)."""


def next_ask(*, started_at: datetime, now: datetime) -> datetime | None:
    """Return when to ask again about a text that is still on its way; None once nothing more will come."""
    return next((started_at + after for after in LATER if started_at + after > now), None)
