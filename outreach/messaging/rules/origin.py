"""Is this the database our texts left from, and which of them has the provider already? Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from outreach.messaging.rules.request import UNASKED, TextRequest

GAP = timedelta(minutes=1)
"""After a silence this long the provider is asked what it has of us."""
MARGIN = timedelta(minutes=2)
"""How far before the database's last sign of life the provider's list is read."""
ANSWERS_REACH_BACK = timedelta(days=3)

Verdict = Literal["known", "copied", "behind", "ask_provider"]


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """What the database's own row says, and what somebody outside remembers."""

    cluster: str
    place: str
    timeline: int
    seen_at: datetime
    mark: datetime | None
    """When it last claimed a text, by its own account."""
    witnessed: datetime | None
    """When it last claimed a text, by the account of somebody who was not wound back with it."""


@dataclass(frozen=True, kw_only=True)
class Present:
    """What is true now."""

    cluster: str
    place: str
    timeline: int
    machine_now: datetime
    just_started: bool


def judge(before: Remembered, now: Present) -> Verdict:
    """Say whether texts may leave this database.

    A plain restart, a new container on the same volume and a standby that took over with everything leave the
    server's and the database's numbers as they were and nothing behind: the provider is asked once, and they
    go on. Another number, or another installation's name, is a copy whatever the provider says: the original
    may be sending beside it.
    """
    if before.cluster != now.cluster or (before.place and now.place and before.place != now.place):
        return "copied"
    if before.witnessed is not None and (before.mark is None or before.mark < before.witnessed):
        return "behind"
    silent = now.machine_now - before.seen_at > GAP
    return "ask_provider" if silent or now.just_started or before.timeline != now.timeline else "known"


def sent_since(request: TextRequest, *, now: datetime) -> datetime | None:
    """Return from when on a text the provider has may be the one asked for now; None if none may be.

    A planned contact can't have left before its own day, an answer not before what it answers: the same words
    are sent on other days too. What a person writes is theirs to send again.
    """
    if request.kind in UNASKED:
        return request.planned_for or now - timedelta(days=1)
    if request.kind == "safety":
        return request.answering_at
    if request.kind in ("reply", "confirmation"):
        return request.answering_at or now - ANSWERS_REACH_BACK
    return None
