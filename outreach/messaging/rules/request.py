"""What somebody wants to have texted, before anybody has decided whether it may go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from outreach.kernel.errors import Invalid
from outreach.kernel.segments import SegmentCount, count_segments, normalize_gsm

LONGEST_BODY = 1600
"""Characters; the provider refuses more with 21617."""

Kind = Literal["safety", "page", "staff", "reply", "confirmation", "reminder", "program", "broadcast"]
Purpose = Literal["care", "reminders"]

PRIORITY: dict[str, int] = {
    "safety": 0,
    "page": 0,
    "staff": 1,
    "reply": 2,
    "confirmation": 2,
    "reminder": 3,
    "program": 4,
    "broadcast": 5,
}
BY_PEOPLE = frozenset({"safety", "page", "staff"})
"""Kinds that an inbound text nobody has read yet does not hold back."""
UNASKED = frozenset({"reminder", "program", "broadcast"})
"""Kinds nobody is waiting for: pauses hold these, and only these."""


class TextTooLong(Invalid):
    """A text may have at most 1,600 characters. Shorten it, or send it in two."""


class TextEmpty(Invalid):
    """There is nothing to send: the text is empty."""


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A record that a text speaks of, as it was: appointment | refill."""

    kind: str
    id: UUID
    version: int


@dataclass(frozen=True, kw_only=True)
class TextRequest:
    """One text somebody wants sent. `key` is what it is for: a second request with it is the same text."""

    phone_id: UUID
    sender_id: UUID
    team_id: UUID | None
    body: str
    author_kind: str
    kind: Kind
    purpose: Purpose
    source_kind: str
    source_id: UUID
    key: str
    author_id: UUID | None = None
    about_patient: UUID | None = None
    language: str | None = None
    not_after: datetime | None = None
    """Product time after which it must not reach the phone any more."""
    send_at: datetime | None = None
    """Product time before which it stays here (undo, scheduled replies)."""
    conversation_id: UUID | None = None
    hold_until: datetime | None = None
    """Staff and patient are talking: automated texts wait until then."""
    staffed: bool | None = None
    """False: a clinical question for which nobody is rostered."""
    needs_staff: bool = False
    free: bool = False
    """A follow-up to an answer: outside the contact budget."""
    cadence_reserved: bool = False
    """The program told the patient of its own higher cadence."""
    program: str | None = None
    answering_at: datetime | None = None
    """When the text that this one answers came in."""
    staffed_from: datetime | None = None
    planned_for: datetime | None = None
    """Start of the day it was planned for, in the patient's zone: it can't have been sent before."""
    parts: tuple[tuple[str, str, UUID], ...] = ()
    """Of a merged text: key, kind and id of everything it says, the first its own."""
    anchors: tuple[Anchor, ...] = ()
    """Versions of the records its words speak of: a text about an hour that has moved must not go."""
    media_urls: tuple[str, ...] = ()
    """Pictures to go with it: addresses of ours the provider can fetch, holding nothing of a patient's."""

    def __repr__(self) -> str:
        return f"TextRequest(kind={self.kind}, key={self.key})"

    @property
    def priority(self) -> int:
        """0 safety, 1 staff, 2 answers, 3 reminders, 4 programs, 5 broadcasts."""
        return PRIORITY[self.kind]


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A text as it will go out, with what carriers count."""

    body: str
    count: SegmentCount

    def __repr__(self) -> str:
        return f"Wording(segments={self.count.segments})"


def wording(body: str, *, has_media: bool = False) -> Wording:
    """Return the text as it goes out: look-alikes made plain, what no handset shows removed, parts counted.

    Raise TextEmpty or TextTooLong. NUL and other control characters are dropped: carriers refuse them.
    """
    plain = "".join(c for c in normalize_gsm(body) if c in "\n\r" or c >= " ").strip()
    if not plain and not has_media:
        raise TextEmpty
    if len(plain) > LONGEST_BODY:
        raise TextTooLong
    return Wording(body=plain, count=count_segments(plain))


@dataclass(frozen=True, kw_only=True)
class Queued:
    """It waits for its turn, or had been asked for before under the same key."""

    message_id: UUID
    decision_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class Deferred:
    """Not now: ask again at `until`. Nothing is stored but the receipt."""

    until: datetime
    decision_id: UUID


@dataclass(frozen=True, kw_only=True)
class Suppressed:
    """Never; `reason` names the rule, or what consent says."""

    reason: str
    decision_id: UUID


@dataclass(frozen=True, kw_only=True)
class AskHuman:
    """A person should decide; nothing goes out by itself."""

    reason: str
    decision_id: UUID


Outcome = Queued | Deferred | Suppressed | AskHuman
