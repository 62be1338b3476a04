"""The provider as processes hold it: its SDK is imported when something is first asked of it.

Importing the SDK takes a sixth of a second, and most processes (pages, most commands) never ask anything.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from outreach.config import Settings
from outreach.kernel.clock import Clock
from outreach.messaging.ports import SmsGateway
from outreach.twilio import account


def build(settings: Settings, *, clock: Clock) -> SmsGateway:
    """Return the gateway of a deployment's account. Build it once per process. Raise NoAccount."""
    account.sign_in(settings)
    return cast("SmsGateway", _OnDemand(settings, clock))


class _OnDemand:
    """Stands for the gateway, which it builds for the first question."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @cached_property
    def _gateway(self) -> SmsGateway:
        from outreach.twilio.gateway import TwilioGateway

        return TwilioGateway(self._settings, clock=self._clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)
