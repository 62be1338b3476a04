"""When a text that did not get through is tried again, if at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from outreach.kernel.ids import stable_fraction
from outreach.messaging.rules.allowance import next_carriers_day
from outreach.messaging.rules.errors import ErrorCode, Wait

JITTER = 0.1
LONGEST_BACK_OFF = 300.0
SAFETY_BACK_OFF = 15.0
SPREAD_OF_A_NEW_DAY = 1800.0


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Try again, not before this machine time."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class GiveUp:
    """It stays failed; whoever asked for it is told."""


def jitter(seconds: float, *, message_id: UUID, attempt: int) -> float:
    """Return the wait moved by at most a tenth, always the same way for the same attempt."""
    return seconds * (1 + JITTER * (2 * stable_fraction("back-off", message_id, attempt) - 1))


def back_off(*, tries: int, message_id: UUID, is_safety: bool, retry_after: float | None = None) -> float:
    """Return seconds to wait after a try that certainly never reached the provider.

    Source: the provider's advice for 429, a doubling wait with 10 % jitter; a named wait is kept to.
    """
    longest = SAFETY_BACK_OFF if is_safety else LONGEST_BACK_OFF
    seconds = min(longest, float(2 ** min(tries, 10)) / 2)
    return max(jitter(seconds, message_id=message_id, attempt=tries), retry_after or 0.0)


def after_failure(
    error: ErrorCode, *, failures: int, message_id: UUID, is_safety: bool, machine_now: datetime
) -> Retry | GiveUp:
    """Judge a text that the provider refused or that its carrier did not deliver.

    `failures` counts this one too. Only codes whose row allows it are retried, so an unknown one never is.
    """
    if failures > error.retries:
        return GiveUp()
    if error.wait is Wait.NEXT_DAY:
        late = SPREAD_OF_A_NEW_DAY * stable_fraction("new day", message_id)
        return Retry(at=next_carriers_day(machine_now) + timedelta(seconds=late))
    seconds = error.wait.value * 2 ** (failures - 1)
    if is_safety:
        seconds = min(seconds, SAFETY_BACK_OFF)
    return Retry(at=machine_now + timedelta(seconds=jitter(seconds, message_id=message_id, attempt=failures)))
