"""What the pretend provider remembers: messages, media, senders, and what each handset shows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

FINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "received", "read"})


def new_sid(prefix: str) -> str:
    """Return a fresh identifier of the provider's form: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


@dataclass(kw_only=True, eq=False)
class Message:
    """One text as the provider's log has it."""

    sid: str
    direction: str
    to: str
    from_: str | None
    body: str
    status: str
    created: datetime
    updated: datetime
    seq: int = 0
    """Its place in the log."""
    visible_at: float = 0.0
    """Monotonic second from which lists show it."""
    sent: datetime | None = None
    service_sid: str | None = None
    segments: int = 0
    media: list[str] = field(default_factory=list)
    media_urls: list[str] = field(default_factory=list)
    callback: str = ""
    validity: float = 36000.0
    send_at: datetime | None = None
    error_code: int | None = None
    nth: int = 0
    """Which text to this phone it was, counted from one: the key that makes faults repeatable."""

    @property
    def final(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL


@dataclass(kw_only=True)
class Media:
    """A file that belongs to a message."""

    sid: str
    parent_sid: str
    content_type: str
    content: bytes = field(repr=False)
    created: datetime


@dataclass(kw_only=True)
class Text:
    """A bubble on a handset. `inward` is true for texts that reached it, false for those it sent."""

    sid: str
    inward: bool
    body: str
    at: datetime
    shown_at: datetime
    """The product's time, which runs faster than the machine's when the demo does."""
    other: str
    """The number at the other end."""
    kind: str = "text"
    """`text`, or `auto` for what the provider itself answered to STOP, START and HELP."""
    media: list[str] = field(default_factory=list)
    state: str = ""


@dataclass(kw_only=True)
class Handset:
    """A pretend phone."""

    e164: str
    label: str = ""
    texts: list[Text] = field(default_factory=list)
    received: int = 0
    touched: int = 0


@dataclass(kw_only=True)
class Number:
    """A number we rent from the provider. An empty address means the default of the settings."""

    sid: str
    e164: str
    created: datetime
    friendly_name: str = ""
    sms_url: str | None = None
    sms_fallback_url: str | None = None
    status_callback: str = ""
    segments_per_second: float | None = None
    free_at: float = 0.0
    """Monotonic second at which its queue will be empty."""


@dataclass(kw_only=True)
class Service:
    """A Messaging Service: a pool of numbers with shared webhooks and opt-outs."""

    sid: str
    friendly_name: str
    created: datetime
    updated: datetime
    numbers: list[str] = field(default_factory=list)
    inbound_request_url: str | None = None
    fallback_url: str | None = None
    status_callback: str = ""
    use_inbound_webhook_on_number: bool = False
    validity_period: int = 36000
    sticky_sender: bool = True
    smart_encoding: bool = False
