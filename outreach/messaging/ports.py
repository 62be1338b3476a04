"""What messaging needs from a provider. The only port of the product that leaves the house."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class OutboundText:
    """One text as it goes out. `message_id` and `attempt_id` travel in the status callback's address."""

    message_id: UUID
    attempt_id: UUID
    to: str
    sender_address: str
    body: str
    media_urls: tuple[str, ...] = ()
    validity_seconds: int = 36_000

    def __repr__(self) -> str:
        return f"OutboundText(attempt_id={self.attempt_id})"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The provider has it under this sid."""

    sid: str
    status: str
    sent_from: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The provider answered and did not take it: `code` is the provider's (0 if it gave none)."""

    code: int
    http_status: int


@dataclass(frozen=True, kw_only=True)
class NotReached:
    """It certainly never reached the provider (DNS, refused, connect timeout, 429): safe to retry."""

    reason: str
    code: int = 0
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """It may have been taken (read timeout, reset, 5xx): in doubt, never sent again blindly."""

    reason: str


SendResult = Accepted | Refused | NotReached | Unknown


@dataclass(frozen=True, kw_only=True)
class ProviderMessage:
    """A text as the provider lists it. The body is empty once redacted."""

    sid: str
    direction: str
    to: str
    sent_from: str | None
    status: str
    error_code: int | None
    body: str
    segments: int
    created_at: datetime
    service_sid: str | None = None
    media_count: int = 0
    media: tuple[tuple[str, str], ...] = ()
    """Address and content type of each file, where they were asked for (inbound texts)."""

    def __repr__(self) -> str:
        return f"ProviderMessage(sid={self.sid}, status={self.status})"


class ProviderUnavailable(Exception):
    """The provider could not be asked; ask again later."""


class MediaTooLarge(ProviderUnavailable):
    """The file is larger than we keep; asking again gives the same."""


class SmsGateway(Protocol):
    """A provider of texts. `send` reports every outcome as a value; the others raise ProviderUnavailable."""

    def send(self, text: OutboundText) -> SendResult:
        """Hand one text to the provider, with real timeouts and no retries of its own."""
        ...

    def fetch(self, sid: str) -> ProviderMessage | None:
        """Return one text by sid, or None if the provider knows no such text."""
        ...

    def list_sent(self, *, since: datetime, most: int | None = None) -> Iterable[ProviderMessage]:
        """Return every text created since; the provider's list may lag. `most` raises the gateway's limit.

        Never a part of them: a text missing from what this returns counts as absent. No patient's number
        may stand in an address it asks for.
        """
        ...

    def list_received(self, *, at_address: str, since: datetime) -> Iterable[ProviderMessage]:
        """Return inbound texts to one of our addresses since, whatever became of their webhooks."""
        ...

    def redact(self, sid: str) -> None:
        """Empty the body of a text at the provider."""
        ...

    def fetch_media(self, url: str) -> tuple[str, bytes]:
        """Return content type and bytes of a media address of the provider's, with credentials."""
        ...

    def delete_media(self, url: str) -> None:
        """Delete a media file at the provider."""
        ...

    def list_deactivated(self, *, day: date) -> Iterable[str]:
        """Return the US numbers that were switched off on a day."""
        ...

    def line_type(self, number: str) -> str:
        """Return what kind of line a number is: mobile, landline, nonFixedVoip ..., unknown."""
        ...


class Witness(Protocol):
    """Somebody outside the database who remembers how far its sends had come. May forget; never invents."""

    def remembered(self, name: str) -> datetime | None:
        """Return the latest moment noted under a name, None if none is known."""
        ...

    def note(self, name: str, at: datetime) -> None:
        """Remember a moment under a name."""
        ...
