"""What a simulator is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ServiceSeed:
    """A Messaging Service that exists from the start, with the numbers of its pool."""

    sid: str
    name: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds after a text is accepted until it has each status; `queued` only counts for a service."""

    queued: float = 0.01
    sending: float = 0.03
    sent: float = 0.08
    delivered: float = 0.2


@dataclass(frozen=True, kw_only=True)
class SimulatorSettings:
    """Everything a simulator needs to know. Without `data_dir` nothing is kept after it stops."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    shared_key: tuple[str, str, str] | None = field(default=None, repr=False)
    """Id, secret and algorithm (HMAC_SHA1 | HMAC_SHA256) of the shared key that signs webhooks, if any."""
    webhook_base: str = ""
    numbers: tuple[str, ...] = ("+12025550100",)
    services: tuple[ServiceSeed, ...] = ()
    data_dir: Path | None = None
    speed: float = 1.0
    seed: int = 1
    list_lag_seconds: float = 5.0
    pace: Pace = Pace()
    segments_per_second: float = 1000.0
    opt_out_at_create: bool = True
    """A create through a service to someone who opted out: refused at once, or accepted and failed later."""
    advanced_opt_out: bool = True
    """Post OptOutType with webhooks of numbers in a Messaging Service."""
    callback_threads: int = 32

    def default_webhook(self, kind: str) -> str:
        """Return the address inbound texts (`inbound`, `fallback`) go to when nobody has set another one."""
        if not self.webhook_base:
            return ""
        return f"{self.webhook_base.rstrip('/')}/twilio/{self.account_sid}/{kind}"
