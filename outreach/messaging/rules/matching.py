"""Which of the provider's texts is ours? Pure: lists in, one answer out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.messaging.ports import ProviderMessage

CLOCKS_DIFFER = timedelta(minutes=2)
LATEST_ACCEPT = timedelta(minutes=15)
"""How long after we started a request the provider may still say it took it."""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """The send we ask about."""

    sender_address: str
    body: str
    segments: int
    media_count: int
    started_at: datetime

    def __repr__(self) -> str:
        return f"Sought(started_at={self.started_at})"


@dataclass(frozen=True, kw_only=True)
class Worded:
    """What can be told of a text of ours without its identity."""

    body: str
    segments: int
    media_count: int

    def __repr__(self) -> str:
        return "Worded()"


@dataclass(frozen=True, kw_only=True)
class Found:
    """The provider has it."""

    message: ProviderMessage


@dataclass(frozen=True, kw_only=True)
class Absent:
    """The list does not show it."""


@dataclass(frozen=True, kw_only=True)
class Ambiguous:
    """Several could be it, and nothing tells them apart: a person decides."""


def match(
    sought: Sought, listed: Iterable[ProviderMessage], *, adopted: Collection[str]
) -> Found | Absent | Ambiguous:
    """Find the text among those listed for its phone, leaving out sids that already belong to a send.

    Texts with words are told by their words; redacted ones by sender, time, parts and pictures.
    """
    possible = [
        message
        for message in listed
        if message.sid not in adopted and _could_be(sought, message) and in_time(sought.started_at, message)
    ]
    exact = [message for message in possible if message.body and message.body == sought.body]
    if exact:
        return Found(message=min(exact, key=lambda message: message.created_at))
    redacted = [message for message in possible if not message.body and _same_size(sought, message)]
    if not redacted:
        return Absent()
    return Found(message=redacted[0]) if len(redacted) == 1 else Ambiguous()


def is_same(ours: Worded, message: ProviderMessage) -> bool:
    """Return whether a text of the provider's says what ours says; a redacted one is told by its size."""
    if message.body:
        return message.body == ours.body
    return message.segments in (0, ours.segments) and message.media_count == ours.media_count


def in_time(started_at: datetime, message: ProviderMessage) -> bool:
    """Return whether a send that began then can have become this text."""
    return started_at - CLOCKS_DIFFER <= message.created_at <= started_at + LATEST_ACCEPT


def _could_be(sought: Sought, message: ProviderMessage) -> bool:
    if not message.direction.startswith("outbound"):
        return False
    return sought.sender_address in (message.sent_from, message.service_sid)


def _same_size(sought: Sought, message: ProviderMessage) -> bool:
    # A Messaging Service reports 0 parts until it has chosen a number.
    return message.segments in (0, sought.segments) and message.media_count == sought.media_count
