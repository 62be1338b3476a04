"""The safety rules, asked once more just before a text is handed over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from outreach.messaging.rules.request import BY_PEOPLE, UNASKED
from outreach.messaging.rules.window import validity_seconds

UNREAD_SECONDS = 2.0
"""How soon to look again at a phone whose last text nobody has read yet."""

Drop = Literal[
    "expired", "phone", "holder", "opted_out", "blocked", "refused", "died", "anchor_moved", "unlinked"
]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is true of a queued text, read while its phone's row is locked."""

    kind: str
    not_after: datetime | None
    phone_state: str
    same_holder: bool
    opted_out: bool
    provider_blocks: bool
    purpose_refused: bool
    patient_died: bool
    stale_anchor: bool = False
    """A visit or supply it speaks of has moved or is off."""
    unlinked: bool = False
    """The number is not, or not any more, the patient's it is about."""
    unread_text: bool
    """An inbound text from this phone is stored and not yet interpreted: it may be a STOP in other words."""


@dataclass(frozen=True, kw_only=True)
class Go:
    """It may go, and may be on its way for so many seconds."""

    validity_seconds: int


@dataclass(frozen=True, kw_only=True)
class Stay:
    """Not now; look again in so many seconds."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """Never; whoever asked for it is told why."""

    reason: Drop


def judge(standing: Standing, *, now: datetime) -> Go | Stay | Dropped:
    """Say whether a queued text may leave now.

    Consent comes before everything, for every kind: an opted-out patient gets no safety text either. The one
    text that may follow an opt-out is its confirmation (FCC 64.1200(a)(12)), and the provider's own block
    stops even that. What people write is not held by a text nobody has read; programs and reminders are.
    """
    reason = _never(standing)
    if reason:
        return Dropped(reason=reason)
    seconds = validity_seconds(now=now, not_after=standing.not_after)
    if seconds is None:
        return Dropped(reason="expired")
    if standing.unread_text and standing.kind not in BY_PEOPLE:
        return Stay(seconds=UNREAD_SECONDS)
    return Go(validity_seconds=seconds)


def _never(standing: Standing) -> Drop | None:
    automated = standing.kind not in BY_PEOPLE
    checks: tuple[tuple[bool, Drop], ...] = (
        (standing.provider_blocks, "blocked"),
        (standing.opted_out and standing.kind != "confirmation", "opted_out"),
        (not standing.same_holder, "holder"),
        (standing.phone_state != "usable", "phone"),
        (standing.purpose_refused and automated and standing.kind != "confirmation", "refused"),
        (standing.patient_died and automated, "died"),
        (standing.stale_anchor, "anchor_moved"),
        (standing.unlinked and standing.kind in UNASKED, "unlinked"),
    )
    return next((reason for true, reason in checks if true), None)
