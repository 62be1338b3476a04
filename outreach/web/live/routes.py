"""The stream of live changes. Being connected is not activity: it keeps nobody signed in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, request, session
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import Actor
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
    watcher = hub.watch(team_ids=team_ids, conversation_id=watched)
    try:
        first = hub.catch_up(after=after, team_ids=team_ids, conversation_id=watched)
        own = _of_their_own(http.services(), who)
    except BaseException:
        hub.leave(watcher)
        raise
    events = _events(hub, watcher, first, own, http.services(), str(session["token"]))
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


def _events(
    hub: Hub,
    watcher: Watcher,
    first: tuple[bytes, int] | None,
    own: bytes,
    services: Services,
    token: str,
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
                who = _still_signed_in(services, token)
                if who is None or not watcher.team_ids <= set(who.teams_with(RIGHT)):
                    yield event("bye", {})
                    return
                found += hub.clock() + _of_their_own(services, who)
            if found:
                yield found
    finally:
        hub.leave(watcher)


def _still_signed_in(services: Services, token: str) -> SignedIn | None:
    with services.transactions.begin(actor=Actor(kind="browser")) as uow:
        return staff.session(uow, token=token)


def _of_their_own(services: Services, who: SignedIn) -> bytes:
    """Return what is for this person only: how many notes name them that they have not seen.

    Once an hour and team it goes on the record that their browser was shown the team's changes as they came.
    """
    with services.transactions.begin(actor=Actor(kind="staff", id=who.staff_id)) as uow:
        for team_id in who.teams_with(RIGHT):
            audit.look(uow, action="followed_live", subject_kind="team", subject_id=team_id, team_id=team_id)
        unseen = conversations.unseen_mentions(uow, staff_id=who.staff_id, team_ids=who.teams_with(RIGHT))
    return event("me", {"mentions": unseen})


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
