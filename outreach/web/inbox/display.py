"""A thread as a page shows it: entries with their day lines, times in the patient's zone, states in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.conversations import queries as conversations
from outreach.conversations.queries import Band, Bubble, Counts, Item, NoteView, ThreadView
from outreach.escalations import queries as escalations
from outreach.inbound import queries as inbound
from outreach.kernel.asking import ask
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff
from outreach.web import words
from outreach.web.inbox import authors
from outreach.web.languages import Texts, say

SCHEDULED = timedelta(minutes=1)
ASKED_LETTERS = 120
TAIL = 16
"""How many texts a live change draws again, at most."""
AUTOMATED = frozenset({"program", "reminder", "safety", "system", "page"})
BLOCKED_PHONES = Texts(
    {
        "invalid": "This number can't receive texts. Call, or ask for another number.",
        "wrong_person": "Somebody else has this number now. Don't text it; find the patient's number first.",
        "deactivated": "This number is no longer in service. Call, or ask for another number.",
    }
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing in a thread, ready to draw. It says nothing about who is looking."""

    id: UUID
    kind: str
    """text | note | band"""
    item: Item
    day: str
    day_words: str
    opens_day: bool
    clock: str
    full: str
    side: str
    """them | us"""
    author: str
    automated: bool
    delivery: words.StateWords | None
    undo_until: datetime | None
    scheduled: bool = False
    """It was written to go out later, not just now."""
    asked: Mapping[UUID, str] = field(default_factory=dict)
    """The beginning of the question that an answer belongs to, by answer, where the page has it."""
    marked: str | None = None
    """Staff marked its reading as wrong: the right class, "" if nobody said which."""


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A conversation ready to draw."""

    thread: ThreadView
    entries: tuple[Entry, ...]
    zone: str
    zone_words: str
    """Their zone's name when it is not the team's."""
    blocked: str | None
    """Why nobody may text this phone, and what to do instead."""
    members: tuple[staff.StaffView, ...] = ()
    """Who is in its team; of a thread drawn for everybody, nobody."""

    @property
    def name(self) -> str:
        """The patient's name, the names on the phone, or its number."""
        people = ", ".join(dict.fromkeys(holder.name for holder in self.thread.holders))
        return self.thread.patient_name or people or self.thread.phone

    @property
    def open_bands(self) -> tuple[Band, ...]:
        """Escalations that still need somebody."""
        items = (entry.item for entry in self.entries)
        return tuple(item for item in items if isinstance(item, Band) and item.is_open)


def whole(
    uow: UnitOfWork,
    *,
    conversation_id: UUID,
    team_ids: Iterable[UUID],
    staff_id: UUID,
    before: str | None = None,
) -> Thread:
    """Return a page of a thread for somebody who opens it. Raise NotFound outside their teams."""
    found = conversations.thread(
        uow, conversation_id=conversation_id, team_ids=tuple(team_ids), staff_id=staff_id, before=before
    )
    return _drawn(uow, found, bands=before is None, members=True)


def tail(uow: UnitOfWork, *, conversation_id: UUID, team_id: UUID) -> Thread:
    """Return the end of a thread, for pages that show it already: nobody's draft is in it."""
    found = conversations.thread(uow, conversation_id=conversation_id, team_ids=(team_id,), limit=TAIL)
    drawn = _drawn(uow, found)
    # The first entry may stand on a day that began further up: only the rest knows its day line.
    return dataclasses.replace(drawn, entries=drawn.entries[1:] if found.older else drawn.entries)


def paper(
    uow: UnitOfWork, *, conversation_id: UUID, team_ids: Iterable[UUID], before: str | None, limit: int
) -> Thread:
    """Return a long page of a thread, for printing. Raise NotFound outside these teams."""
    found = conversations.thread(
        uow, conversation_id=conversation_id, team_ids=tuple(team_ids), before=before, limit=limit
    )
    return _drawn(uow, found, bands=before is None)


def spoken(view: Thread) -> str:
    """Return what a screen reader says about the newest entry: who, never what."""
    last = view.entries[-1] if view.entries else None
    if last is None or last.side != "them" or last.kind != "text":
        return ""
    return say("New text from %(name)s", name=view.name)


def as_dict(counts: Counts) -> dict[str, int]:
    """Return counters by list."""
    return dataclasses.asdict(counts)


def _drawn(uow: UnitOfWork, found: ThreadView, *, bands: bool = True, members: bool = False) -> Thread:
    """Draw a thread with what the domains above it know of it, asked in one statement."""
    marked = inbound.marked_in(found.conversation_id)
    kinds = authors.kinds(found.items)
    people = staff.members_of([found.team_id] if members else [])
    raised = escalations.bands_in(found.conversation_id)
    known = ask(uow, marked, kinds, people, *([raised] if bands else []))
    if bands:
        found = found.with_bands(known[raised])
    zone = found.zone or found.team_zone
    about, marks = known[kinds], known[marked]
    by = authors.names(uow, found.items, about)
    there, here = words.zone_name(zone, uow.now), words.zone_name(found.team_zone, uow.now)
    return Thread(
        thread=found,
        entries=tuple(_entries(found, zone, uow.now, marks, by)),
        zone=zone,
        zone_words=there if there != here else "",
        blocked=_blocked(found, uow.now),
        members=known[people],
    )


def _entries(
    found: ThreadView, zone: str, now: datetime, marked: Mapping[UUID, str], named: Mapping[UUID, str]
) -> Iterator[Entry]:
    day_before = ""
    bodies = {item.id: item.body for item in found.items if isinstance(item, Bubble)}
    for item in found.items:
        day = item.at.astimezone(ZoneInfo(zone)).date().isoformat()
        yield _entry(
            item,
            zone=zone,
            day=day,
            opens=day != day_before,
            now=now,
            author=named.get(item.id),
            asked=_asked(item, bodies),
            marked=marked.get(item.id),
        )
        day_before = day


def _entry(
    item: Item,
    *,
    zone: str,
    day: str,
    opens: bool,
    now: datetime,
    author: str | None,
    asked: Mapping[UUID, str],
    marked: str | None,
) -> Entry:
    is_text = isinstance(item, Bubble)
    return Entry(
        id=item.id,
        kind="text" if is_text else "note" if isinstance(item, NoteView) else "band",
        item=item,
        day=day,
        day_words=words.day_line(item.at, now, zone) if opens else "",
        opens_day=opens,
        clock=words.clock(item.at, zone),
        full=words.full(item.at, zone),
        side="them" if isinstance(item, Bubble) and item.direction == "in" else "us",
        author=_author(item) if author is None else author,
        automated=isinstance(item, Bubble) and item.author_kind in AUTOMATED,
        delivery=_delivery(item, zone, now) if isinstance(item, Bubble) else None,
        undo_until=_undo_until(item, now),
        scheduled=isinstance(item, Bubble) and item.due_at - item.at > SCHEDULED,
        asked=asked,
        marked=marked,
    )


def _asked(item: Item, bodies: Mapping[UUID, str]) -> Mapping[UUID, str]:
    if not isinstance(item, Bubble):
        return {}
    return {
        one.answer_id: bodies[one.question_message_id][:ASKED_LETTERS]
        for one in item.answers
        if one.question_message_id is not None and one.question_message_id in bodies
    }


def _author(item: Item) -> str:
    if isinstance(item, NoteView):
        return item.author_name or "Outreach"
    if isinstance(item, Bubble):
        return item.author_name or words.AUTHORS.get(item.author_kind, item.author_kind)
    return ""


def _delivery(item: Bubble, zone: str, now: datetime) -> words.StateWords | None:
    if item.direction == "in":
        return None
    return words.delivery(
        state=item.state,
        error_code=item.error_code,
        due_at=item.due_at,
        crossed=item.crossed,
        now=now,
        zone=zone,
    )


def _undo_until(item: Item, now: datetime) -> datetime | None:
    waits = isinstance(item, Bubble) and item.author_kind == "staff" and item.state == "queued"
    return item.due_at if isinstance(item, Bubble) and waits and item.due_at > now else None


def _blocked(found: ThreadView, now: datetime) -> str | None:
    if found.opted_out_at:
        day = words.moment(found.opted_out_at, now, found.team_zone)
        return say(
            "They wrote STOP (%(day)s). Nobody may text this number until they write START. Call instead.",
            day=day,
        )
    return BLOCKED_PHONES.get(found.phone_state)
