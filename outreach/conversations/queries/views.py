"""What the inbox and a thread show: frozen values, already decrypted, never rows."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from outreach.conversations.rules import CALM, RANKS
from outreach.kernel.errors import Invalid

VIEWS = (
    "mine",
    "unassigned",
    "waiting",
    "escalations",
    "failed",
    "unknown",
    "snoozed",
    "closed",
    "all",
)
"""Names of the inbox's lists: Mine, Unassigned, Waiting past target, Escalations, Failed sends, Unknown
senders, Snoozed due, Closed, All.
"""


class BadCursor(Invalid):
    """This page address can't be used. Open the list again from its start."""


class NoSuchView(Invalid):
    """There is no such list. Choose one of the lists on the left."""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A place in a list or a thread: the row after (or before) which to go on."""

    at: datetime
    id: UUID
    urgency: int = CALM
    """The rank, in lists where dangers come first (rules.urgency_of)."""

    def encode(self) -> str:
        """Return the place as a word that is safe in a URL; it holds a time, an id, a rank, nothing else."""
        place = f"{self.at.isoformat()}|{self.id}{'' if self.urgency == CALM else f'|{self.urgency}'}"
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, word: str | None) -> Cursor | None:
        """Return the place `encode` wrote, None for an empty word. Raise BadCursor for anything else."""
        if not word:
            return None
        try:
            place = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
            at, _, rest = place.partition("|")
            row_id, _, urgency = rest.partition("|")
            found = cls(at=datetime.fromisoformat(at), id=UUID(row_id), urgency=int(urgency or CALM))
        except ValueError as error:
            raise BadCursor from error
        if found.urgency not in RANKS:
            raise BadCursor
        return found


@dataclass(frozen=True, kw_only=True)
class InboxRow:
    """One conversation in a list."""

    conversation_id: UUID
    version: int
    team_id: UUID
    patient_id: UUID | None
    name: str
    """The patient's name, or the number in national form when nobody knows who writes."""
    language: str | None
    state: str
    """open | snoozed | closed"""
    waiting_since: datetime | None
    past_target: bool
    """Whether the wait is longer than the team's target."""
    unread: int
    last_at: datetime
    last_line: str
    last_direction: str | None
    """in | out"""
    owner_id: UUID | None
    owner_name: str | None
    program: str | None
    """Name of the program whose text went out last."""
    tags: tuple[str, ...]
    flags: frozenset[str]
    """red | orange | yellow | failed | unknown_sender | opted_out"""
    urgency: int
    """Its rank among open work: 0 stands first."""
    urgent_due_at: datetime | None
    """When the most pressing open escalation must be in a person's hands."""
    snoozed_until: datetime | None
    cursor: str
    """Where this row stands in its list."""


@dataclass(frozen=True, kw_only=True)
class InboxPage:
    """One page of a list. `next` is the cursor of the page after it, None on the last one."""

    view: str
    rows: tuple[InboxRow, ...]
    next: str | None


COUNTED_UP_TO = 100


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many conversations each list holds, counted up to 100 ("99+" is for the page to say)."""

    mine: int = 0
    unassigned: int = 0
    waiting: int = 0
    escalations: int = 0
    failed: int = 0
    unknown: int = 0
    snoozed: int = 0


@dataclass(frozen=True, kw_only=True)
class AnswerView:
    """What a text was taken to answer."""

    answer_id: UUID
    prompt_id: UUID
    question_message_id: UUID | None
    """The text that asked, so that the page can link to it."""
    value: str
    """The answer in words of the question ("2", "120/80", "yes")."""
    by: str
    """patient | caregiver | staff"""
    late: bool


@dataclass(frozen=True, kw_only=True)
class MediaView:
    """A photo or file of a text."""

    media_id: UUID
    content_type: str
    state: str
    """waiting | kept | refused"""
    about: str = ""
    """What it shows, in the words of the colleague who sent it."""


@dataclass(frozen=True, kw_only=True)
class Bubble:
    """One text in a thread."""

    id: UUID
    at: datetime
    direction: str
    """in | out"""
    author_kind: str
    """patient | caregiver | staff | program | reminder | safety | system"""
    author_id: UUID | None
    author_name: str | None
    """The colleague who wrote it, for author_kind staff."""
    about_patient: UUID | None
    body: str
    state: str
    """queued sending accepted sent delivered failed undelivered in_doubt canceled expired | received"""
    error_code: int | None
    error_class: str | None
    segments: int
    due_at: datetime
    """When it may go out: later than now while it can still be undone, or was put off."""
    crossed: bool
    """It was on its way when a STOP came in."""
    source_kind: str
    source_id: UUID
    decision_id: UUID | None
    language: str | None
    program: str | None = None
    """The program's key, for a text of a program."""
    answers: tuple[AnswerView, ...] = ()
    media: tuple[MediaView, ...] = ()

    @property
    def cursor(self) -> str:
        """Where this text stands in the thread."""
        return Cursor(at=self.at, id=self.id).encode()


@dataclass(frozen=True, kw_only=True)
class NoteView:
    """An internal note in a thread; patients never see it."""

    id: UUID
    at: datetime
    author_id: UUID | None
    author_name: str | None
    body: str
    mentions: tuple[UUID, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Band:
    """An escalation in a thread: what was seen, whose it is, and its clock."""

    id: UUID
    at: datetime
    tier: str
    """red | orange | yellow | silent"""
    topic: str
    state: str
    """raised | acknowledged | resolved | overruled"""
    due_at: datetime
    owner_id: UUID | None
    owner_name: str | None
    safety_text: str
    """none | queued | not_texted: the last one means "not texted: CALL NOW" """
    step: int
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    outcome: str | None
    note: str | None
    source_kind: str
    source_id: UUID
    rule: str | None
    """The rule of the reading that saw it."""
    paged: int = 0
    """How many people its ladder has paged so far."""

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state in ("raised", "acknowledged")


Item = Bubble | NoteView | Band


@dataclass(frozen=True, kw_only=True)
class HolderView:
    """A patient who can be reached on this phone."""

    patient_id: UUID
    name: str
    relation: str
    """self | caregiver"""
    holder_name: str | None
    """The caregiver's own name, where we were told it."""


@dataclass(frozen=True, kw_only=True)
class OpenQuestion:
    """The question that is open on this phone."""

    prompt_id: UUID
    patient_id: UUID
    message_id: UUID | None
    source_kind: str
    source_id: UUID
    question: dict[str, object]
    opened_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class ThreadView:
    """One conversation, with a page of what was said, newest page first, oldest item first within it."""

    conversation_id: UUID
    version: int
    change_no: int
    """Live pages ask for what changed after it."""
    team_id: UUID
    team_name: str
    team_zone: str
    sender_id: UUID
    phone_id: UUID
    phone: str
    """The number in national form, for staff who may see it."""
    phone_state: str
    patient_id: UUID | None
    patient_name: str | None
    preferred_name: str | None
    language: str | None
    zone: str | None
    holders: tuple[HolderView, ...]
    owner_id: UUID | None
    owner_name: str | None
    state: str
    closed_reason: str | None
    snoozed_until: datetime | None
    waiting_since: datetime | None
    past_target: bool
    unread: int
    flags: frozenset[str]
    opted_out_at: datetime | None
    """Nobody may be texted on this phone since then."""
    items: tuple[Item, ...]
    older: str | None
    """Cursor of the page before this one; None at the beginning of the thread."""
    draft_is_note: bool
    draft: str | None
    draft_photo: str | None
    """What the photo shows that the reader has chosen and not sent, in their words; None without one."""
    open_question: OpenQuestion | None

    def with_bands(self, bands: tuple[Band, ...]) -> ThreadView:
        """Return the thread with escalations put among its items, each at its time."""
        first = self.items[0].at if self.items and self.older else None
        ours = [band for band in bands if first is None or band.at >= first or band.is_open]
        merged = sorted([*self.items, *ours], key=lambda item: (item.at, item.id))
        return replace(self, items=tuple(merged))


@dataclass(frozen=True, kw_only=True)
class QuickReplyView:
    """A text the team uses often; {name}, {team} and {callback} are filled in by the page."""

    quick_reply_id: UUID
    shortcut: str
    language: str
    body: str


@dataclass(frozen=True, kw_only=True)
class ChangeView:
    """A conversation that live pages have to draw again."""

    no: int
    team_id: UUID
    conversation_id: UUID
