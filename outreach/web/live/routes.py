"""The stream of live changes. Being connected is not activity: it keeps nobody signed in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request, session
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.services import Services
from outreach.staff import queries as staff
from outreach.staff.rules import SignedIn
from outreach.web.live.hub import Hub, Watcher, event

blueprint = Blueprint("live", __name__)
BEAT_SECONDS = 15.0
RETRY = b"retry: 2000\n\n"
RIGHT = "see_inbox"


class BadNumber(Invalid):
    """Ask with the number of the last change seen."""


@blueprint.get("/live")
@http.signed_in_quietly
def stream() -> ResponseReturnValue:
    """Send changes of the person's teams, and of the thread they have open, as server-sent events."""
    who = http.me()
    team_ids = who.teams_with(RIGHT)
    watched = _watched(team_ids)
    after = _number(request.headers.get("Last-Event-ID") or request.args.get("after", ""))
    hub: Hub = current_app.extensions["live"]
    reader = _Reader(http.services(), who, str(session["token"]))
    watcher = hub.watch(team_ids=team_ids, conversation_id=watched)
    try:
        first = hub.catch_up(after=after, team_ids=team_ids, conversation_id=watched)
        own = reader.own()
    except BaseException:
        hub.leave(watcher)
        raise
    events = _events(hub, watcher, first, own, reader)
    return Response(
        events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    )


@blueprint.get("/session")
@http.signed_in_quietly
def still_signed_in() -> ResponseReturnValue:
    """Say until when the person is signed in, without counting as use."""
    return jsonify(until=http.me().ends_at.isoformat())


@blueprint.post("/session")
@http.signed_in
def stay_signed_in() -> ResponseReturnValue:
    """Count as use: somebody said that they are still there."""
    with http.begin() as uow:
        found = staff.session(uow, token=str(session["token"]))
    return jsonify(until=(found or http.me()).ends_at.isoformat())


@dataclass
class _Reader:
    """Who holds a stream open, and what is for them alone."""

    services: Services
    who: SignedIn
    token: str
    noted: datetime | None = None
    """The hour for which the record says that they follow."""

    def own(self) -> bytes:
        """Return how many notes name them that they have not seen.

        Once an hour and team it goes on the record that their browser was shown the team's changes.
        """
        with self._begin() as uow:
            return self._own(uow)

    def again(self, team_ids: frozenset[UUID]) -> bytes | None:
        """Return it again; None if they are signed in no more, or were taken off a team."""
        with self._begin() as uow:
            found = staff.session(uow, token=self.token)
            if found is None or not team_ids <= set(found.teams_with(RIGHT)):
                return None
            self.who = found
            return self._own(uow)

    def _begin(self) -> AbstractContextManager[UnitOfWork]:
        return self.services.transactions.begin(actor=Actor(kind="staff", id=self.who.staff_id))

    def _own(self, uow: UnitOfWork) -> bytes:
        team_ids, hour = (
            self.who.teams_with(RIGHT),
            uow.machine_now.replace(minute=0, second=0, microsecond=0),
        )
        for team_id in team_ids if hour != self.noted else ():
            audit.look(uow, action="followed_live", subject_kind="team", subject_id=team_id, team_id=team_id)
        self.noted = hour
        unseen = conversations.unseen_mentions(uow, staff_id=self.who.staff_id, team_ids=team_ids)
        return event("me", {"mentions": unseen})


def _events(
    hub: Hub, watcher: Watcher, first: tuple[bytes, int] | None, own: bytes, reader: _Reader
) -> Iterator[bytes]:
    checked = time.monotonic()
    try:
        yield RETRY
        yield first[0] + hub.clock() + own if first else event("resync", {})
        while not watcher.closed:
            found = hub.wait(watcher, seconds=BEAT_SECONDS)
            if found is None:
                yield event("resync", {})
                return
            if time.monotonic() - checked >= BEAT_SECONDS:
                checked = time.monotonic()
                theirs = reader.again(watcher.team_ids)
                if theirs is None:
                    yield event("bye", {})
                    return
                found += hub.clock() + theirs
            if found:
                yield found
    finally:
        hub.leave(watcher)


def _watched(team_ids: tuple[UUID, ...]) -> UUID | None:
    word = request.args.get("watch", "")
    if not word:
        return None
    try:
        conversation_id = UUID(word)
    except ValueError as error:
        raise BadNumber from error
    with http.begin() as uow:
        return conversations.conversation(uow, conversation_id=conversation_id, team_ids=team_ids).id


def _number(word: str) -> int:
    if not word.isdigit() or len(word) > 18:
        raise BadNumber
    return int(word)
