"""One thread per process asks for changes and renders each once per team and language; pages pass it on.

No page holds a database connection while it waits, and nothing about the person looking goes into what is
rendered but their language. A page that was asleep, or whose connection broke, asks again from the last
number it saw.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any
from uuid import UUID

from flask import Flask, render_template
from sqlalchemy.exc import SQLAlchemyError

from outreach.conversations import queries as conversations
from outreach.conversations.queries.live import MOST_CHANGES
from outreach.kernel import log
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.services import Services
from outreach.staff import queries as staff
from outreach.web import languages, words
from outreach.web.inbox import display, patch
from outreach.web.presence import Present

logger = log.get(__name__)
POLL_SECONDS = 0.25
LOOK_BACK = 100
"""Numbers are given before the commit: a slow transaction's change shows up after higher ones."""
LOOK_BACK_SECONDS = 20
KEPT_TICKS = 400
PRESENCE_SECONDS = 2.0
NOBODY = UUID(int=0)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What one look at the database found: ready to send, as bytes."""

    number: int
    by_team: Mapping[tuple[str, UUID], bytes] = field(default_factory=dict)
    """By language and team."""
    by_conversation: Mapping[tuple[str, UUID], bytes] = field(default_factory=dict)
    languages: frozenset[str] = frozenset()
    """In which it was drawn; none if there are no words in it."""
    present: Mapping[UUID, bytes] = field(default_factory=dict)
    """Who has a conversation open."""


@dataclass
class Watcher:
    """An open page: its teams, the conversation it shows, the language it speaks."""

    team_ids: frozenset[UUID]
    conversation_id: UUID | None
    language: str
    seen: int
    closed: bool = False


@dataclass
class _State:
    ticks: deque[Tick] = field(default_factory=lambda: deque(maxlen=KEPT_TICKS))
    number: int = 0
    last: int = 0
    changed_at: float = 0.0
    known: deque[int] = field(default_factory=lambda: deque(maxlen=LOOK_BACK * 4))
    watchers: dict[int, str] = field(default_factory=dict)
    """Open pages, and the language of each."""
    watched: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    present: dict[UUID, bytes] = field(default_factory=dict)
    """Who has a watched conversation open, as last told."""
    raw_presence: dict[UUID, tuple[Present, ...]] = field(default_factory=dict)
    asked_presence: float = 0.0
    running: bool = False
    stopping: bool = False


class Hub:
    """Hands changes to open pages. The thread runs while there is a page."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._services = services
        self._news = threading.Condition()
        self._state = _State()

    def watch(self, *, team_ids: Collection[UUID], conversation_id: UUID | None) -> Watcher:
        """Begin to watch; what happens from now on reaches `wait`."""
        with self._news:
            watcher = Watcher(
                team_ids=frozenset(team_ids),
                conversation_id=conversation_id,
                language=languages.spoken(),
                seen=self._state.number,
            )
            self._state.watchers[id(watcher)] = watcher.language
            if conversation_id:
                self._state.watched[conversation_id] += 1
            if not self._state.running:
                self._start()
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop watching; the last one to leave stops the thread."""
        with self._news:
            self._state.watchers.pop(id(watcher), None)
            if watcher.conversation_id:
                self._state.watched[watcher.conversation_id] -= 1
                if not self._state.watched[watcher.conversation_id]:
                    del self._state.watched[watcher.conversation_id]
            self._news.notify_all()

    def wait(self, watcher: Watcher, *, seconds: float) -> bytes | None:
        """Return what happened since the last call, empty if nothing did in time; None if too much did."""
        with self._news:
            self._news.wait_for(lambda: self._state.number > watcher.seen or self._state.stopping, seconds)
            # From the newest back: five hundred pages ask at once, and each has missed one or two.
            fresh = takewhile(lambda tick: tick.number > watcher.seen, reversed(self._state.ticks))
            ticks = list(fresh)[::-1]
            missed = self._state.number - watcher.seen
            watcher.seen = self._state.number
            watcher.closed = self._state.stopping
        # Drawn before anybody watched in this language: the page asks anew.
        foreign = any(tick.languages and watcher.language not in tick.languages for tick in ticks)
        if len(ticks) < missed or foreign:
            return None
        return b"".join(_parts(watcher, ticks))

    def stop(self) -> None:
        """Send every open page away, so that the process can end."""
        with self._news:
            self._state.stopping = True
            self._news.notify_all()

    def clock(self) -> bytes:
        """Return the product's time as an event, for pages whose waits tick."""
        return event("clock", {"now": self._services.transactions.product_clock.now().isoformat()})

    def catch_up(
        self, *, after: int, team_ids: Collection[UUID], conversation_id: UUID | None
    ) -> tuple[bytes, int] | None:
        """Return what changed after a number, and the newest number; None if it is too much to tell."""
        with self._services.transactions.begin(actor=SYSTEM) as uow:
            newest = conversations.latest_change(uow.session)
            found = conversations.changes_since(uow.session, no=after, team_ids=team_ids)
            if len(found) >= MOST_CHANGES:
                return None
            watched = {conversation_id} if conversation_id else set()
            spoken = languages.spoken()
            tick = self._render(uow, found, watched, {spoken})
            quiet = [
                event("rows", self._content(uow, team_id, []), number=newest)
                for team_id in team_ids
                if (spoken, team_id) not in tick.by_team
            ]
        present = self._state.present.get(conversation_id) if conversation_id else None
        parts = [*quiet, *tick.by_team.values(), *tick.by_conversation.values(), present or b""]
        return b"".join(parts), newest

    def _start(self) -> None:
        with self._services.transactions.engine.connect() as connection:
            self._state.last = conversations.latest_change(connection)
        self._state.running = True
        threading.Thread(target=self._run, name="live", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(POLL_SECONDS)
            with self._news:
                if self._state.stopping or not self._state.watchers:
                    self._state.running = False
                    return
                watched = set(self._state.watched)
                spoken = set(self._state.watchers.values())
            try:
                self._look(watched, spoken)
                self._look_who_is_there(watched)
            except (SQLAlchemyError, OutreachError) as error:
                logger.warning("live_look_failed", error=type(error).__name__)
                time.sleep(1)

    def _look(self, watched: set[UUID], spoken: set[str]) -> None:
        state = self._state
        settling = time.monotonic() - state.changed_at < LOOK_BACK_SECONDS
        since = state.last - LOOK_BACK if settling else state.last
        with self._services.transactions.engine.connect() as connection:
            found = conversations.changes_since(connection, no=since)
        known = set(state.known)
        fresh = [change for change in found if change.no not in known]
        if not fresh:
            return
        with self._services.transactions.begin(actor=SYSTEM) as uow:
            tick = self._render(uow, fresh, watched, spoken)
        state.known.extend(change.no for change in fresh)
        state.changed_at = time.monotonic()
        with self._news:
            state.last = max(state.last, *(change.no for change in fresh))
            state.number = tick.number
            state.ticks.append(tick)
            self._news.notify_all()

    def _look_who_is_there(self, watched: set[UUID]) -> None:
        """Tell open threads who else has them open, when that has changed; one question to Redis for all."""
        state = self._state
        if time.monotonic() - state.asked_presence < PRESENCE_SECONDS:
            return
        state.asked_presence = time.monotonic()
        now = self._services.transactions.machine_clock.now()
        found = self._app.extensions["presence"].at(watched, now=now)
        raw = {one: present for one, present in (found or {}).items() if present}
        if found is None or raw == state.raw_presence:
            return
        state.raw_presence = raw
        names = self._names({one.staff_id for present in found.values() for one in present})
        told = {one: _who_is_there(one, present, names) for one, present in found.items()}
        fresh = {
            one: said
            for one, said in told.items()
            if state.present.get(one) != said and (found[one] or one in state.present)
        }
        state.present = {one: said for one, said in told.items() if found[one]}
        if not fresh:
            return
        with self._news:
            state.number += 1
            state.ticks.append(Tick(number=state.number, present=fresh))
            self._news.notify_all()

    def _names(self, staff_ids: set[UUID]) -> Mapping[UUID, str]:
        if not staff_ids:
            return {}
        with self._services.transactions.begin(actor=SYSTEM) as uow:
            return staff.names(uow, staff_ids=staff_ids)

    def _render(
        self,
        uow: UnitOfWork,
        changes: Iterable[conversations.ChangeView],
        watched: set[UUID],
        spoken: Collection[str],
    ) -> Tick:
        numbers = {change.conversation_id: change.no for change in changes}
        rows = conversations.rows(uow, conversation_ids=list(numbers))
        by_team: dict[UUID, list[conversations.InboxRow]] = defaultdict(list)
        for row in rows:
            by_team[row.team_id].append(row)
        of_teams: dict[tuple[str, UUID], bytes] = {}
        of_threads: dict[tuple[str, UUID], bytes] = {}
        for language in spoken:
            with self._app.app_context(), languages.speaking(language):
                for team, found in by_team.items():
                    of_teams[language, team] = self._team(uow, team, found, numbers)
                for row in rows:
                    if row.conversation_id in watched:
                        drawn = self._thread(uow, row.conversation_id, row.team_id)
                        of_threads[language, row.conversation_id] = drawn
        return Tick(
            number=self._state.number + 1,
            by_team=of_teams,
            by_conversation=of_threads,
            languages=frozenset(spoken),
        )

    def _team(
        self,
        uow: UnitOfWork,
        team_id: UUID,
        rows: Iterable[conversations.InboxRow],
        numbers: Mapping[UUID, int],
    ) -> bytes:
        drawn = [
            {
                "id": str(row.conversation_id),
                "owner": str(row.owner_id or ""),
                "state": row.state,
                "views": sorted(conversations.views_of(row, now=uow.now)),
                "html": render_template("inbox/_row.html", row=row, now=uow.now, neutral=True),
            }
            for row in rows
        ]
        return event("rows", self._content(uow, team_id, drawn), number=max(numbers.values()))

    def _content(self, uow: UnitOfWork, team_id: UUID, drawn: list[dict[str, Any]]) -> dict[str, Any]:
        counts = conversations.counts(uow, staff_id=NOBODY, team_ids=[team_id])
        return {"team": str(team_id), "counts": display.as_dict(counts), "rows": drawn}

    def _thread(self, uow: UnitOfWork, conversation_id: UUID, team_id: UUID) -> bytes:
        content = patch.thread(uow, conversation_id=conversation_id, team_id=team_id)
        return event("thread", content)


def event(name: str, content: Mapping[str, Any], *, number: int | None = None) -> bytes:
    """Return one server-sent event; `number` is where a page asks from after a break."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n".encode()


def _who_is_there(conversation_id: UUID, present: Iterable[Present], names: Mapping[UUID, str]) -> bytes:
    people = [
        {"id": str(one.staff_id), "name": words.short_name(names[one.staff_id]), "writes": one.writes}
        for one in present
        if one.staff_id in names
    ]
    return event("presence", {"id": str(conversation_id), "people": people})


def _parts(watcher: Watcher, ticks: Iterable[Tick]) -> Iterator[bytes]:
    for tick in ticks:
        of_teams = ((watcher.language, team) for team in watcher.team_ids)
        yield from (tick.by_team[key] for key in of_teams if key in tick.by_team)
        if watcher.conversation_id:
            yield tick.by_conversation.get((watcher.language, watcher.conversation_id), b"")
            yield tick.present.get(watcher.conversation_id, b"")
