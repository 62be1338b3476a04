"""What staff do in the inbox. Each act checks the team, does one thing, and leaves a line on the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel import ids
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as messaging
from outreach.messaging.rules.request import AskHuman, Deferred, Suppressed
from outreach.staff import queries as staff
from outreach.web import words
from outreach.web.inbox import patch

blueprint = Blueprint("acts", __name__, url_prefix="/inbox/<uuid:conversation_id>")
LONGEST = 1600

Act = Callable[[UnitOfWork, conversations.ConversationView], str]


class TooLong(Invalid):
    """A text may have at most 1,600 characters."""


class NotSent(Invalid):
    """This text was not sent."""


class NoSuchColleague(NotFound):
    """There is nobody like that in this team."""


class BadTime(Invalid):
    """This time can't be read. Choose one of the times offered."""


@blueprint.post("/reply")
@http.needs("reply")
def reply(conversation_id: UUID) -> ResponseReturnValue:
    """Send a text, or keep a note."""
    if request.form.get("mode") == "note":
        return _do(conversation_id, "reply", "noted", _note)
    return _do(conversation_id, "reply", "replied", _reply)


@blueprint.post("/undo")
@http.needs("reply")
def undo(conversation_id: UUID) -> ResponseReturnValue:
    """Take a text back while it waits."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        message_id = _uuid(request.form.get("message", ""))
        text = messaging.message(uow, message_id=message_id)
        if text.conversation_id != found.id:
            raise NotFound
        commands.undo(uow, message_id=message_id)
        return "Taken back. It was not sent."

    return _do(conversation_id, "reply", "took_back", act)


@blueprint.post("/claim")
@http.needs("reply")
def claim(conversation_id: UUID) -> ResponseReturnValue:
    """Take a conversation that nobody owns."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        commands.claim(uow, conversation_id=found.id, staff_id=http.me().staff_id, expected=_version())
        return "It is yours."

    return _do(conversation_id, "reply", "claimed", act)


@blueprint.post("/assign")
@http.needs("assign")
def assign(conversation_id: UUID) -> ResponseReturnValue:
    """Give a conversation to a colleague of the team, or to nobody."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        to = _uuid(request.form["to"]) if request.form.get("to") else None
        names = {one.id: one.name for one in staff.members(uow, team_ids=[found.team_id])}
        if to is not None and to not in names:
            raise NoSuchColleague
        commands.assign(uow, conversation_id=found.id, to_staff_id=to, expected=_version())
        return f"{names[to]} has it now." if to else "Nobody owns it now."

    return _do(conversation_id, "assign", "assigned", act)


@blueprint.post("/snooze")
@http.needs("reply")
def snooze(conversation_id: UUID) -> ResponseReturnValue:
    """Put a conversation aside until a moment."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        until = _moment(request.form.get("until", ""))
        commands.snooze(uow, conversation_id=found.id, until=until, expected=_version())
        zone = staff.team(uow, found.team_id).zone
        return f"Snoozed until {words.moment(until, uow.now, zone)}."

    return _do(conversation_id, "reply", "snoozed", act)


@blueprint.post("/close")
@http.needs("reply")
def close(conversation_id: UUID) -> ResponseReturnValue:
    """Close a conversation for a reason."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        reason = request.form.get("reason", "").strip()[:80]
        commands.close(uow, conversation_id=found.id, reason=reason, expected=_version())
        return "Closed."

    return _do(conversation_id, "reply", "closed", act)


@blueprint.post("/reopen")
@http.needs("reply")
def reopen(conversation_id: UUID) -> ResponseReturnValue:
    """Open a closed or snoozed conversation again."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        commands.reopen(uow, conversation_id=found.id, expected=_version())
        return "Open again."

    return _do(conversation_id, "reply", "reopened", act)


@blueprint.post("/read")
@http.needs("reply")
def read(conversation_id: UUID) -> ResponseReturnValue:
    """Note that somebody who may answer has read the texts; whoever waits still waits."""
    with http.begin() as uow:
        found = _conversation(uow, conversation_id, "reply")
        if found.unread:
            commands.mark_read(uow, conversation_id=found.id)
    return Response(status=204)


@blueprint.post("/draft")
@http.needs("reply")
def draft(conversation_id: UUID) -> ResponseReturnValue:
    """Keep what is being typed."""
    with http.begin() as uow:
        found = _conversation(uow, conversation_id, "reply")
        body = request.form.get("body", "")[:LONGEST]
        commands.save_draft(uow, conversation_id=found.id, staff_id=http.me().staff_id, body=body)
    return Response(status=204)


def _reply(uow: UnitOfWork, found: conversations.ConversationView) -> str:
    body = request.form.get("body", "")
    if len(body) > LONGEST:
        raise TooLong
    outcome = commands.reply(
        uow,
        conversation_id=found.id,
        staff_id=http.me().staff_id,
        body=body,
        draft_key=f"{found.id}:{request.form.get('draft_key', '')[:64]}",
        expected=_version(),
    )
    if isinstance(outcome, Suppressed | AskHuman):
        raise NotSent(f"Not sent: {outcome.reason.replace('_', ' ')}. Call instead.")
    if isinstance(outcome, Deferred):
        zone = staff.team(uow, found.team_id).zone
        raise NotSent(f"Not sent: it may not go out before {words.moment(outcome.until, uow.now, zone)}.")
    commands.drop_draft(uow, conversation_id=found.id, staff_id=http.me().staff_id)
    return ""


def _note(uow: UnitOfWork, found: conversations.ConversationView) -> str:
    body = request.form.get("body", "")
    commands.note(uow, conversation_id=found.id, staff_id=http.me().staff_id, body=body[:LONGEST])
    commands.drop_draft(uow, conversation_id=found.id, staff_id=http.me().staff_id)
    return "Note kept."


def _do(conversation_id: UUID, right: str, action: str, act: Act) -> ResponseReturnValue:
    with http.begin() as uow:
        found = _conversation(uow, conversation_id, right)
        notice = act(uow, found)
        audit.record(
            uow,
            action=action,
            subject_kind="conversation",
            subject_id=found.id,
            patient_id=found.patient_id,
            team_id=found.team_id,
            detail=_detail(),
        )
    if not http.is_htmx():
        return redirect(f"/inbox/{conversation_id}", code=303)
    with http.begin() as uow:
        drawn = patch.thread(uow, conversation_id=found.id, team_id=found.team_id)
    return jsonify(thread=drawn, notice=notice, draft_key=ids.token())


def _conversation(uow: UnitOfWork, conversation_id: UUID, right: str) -> conversations.ConversationView:
    return conversations.conversation(
        uow, conversation_id=conversation_id, team_ids=http.me().teams_with(right)
    )


def _detail() -> Mapping[str, Any] | None:
    kept = {key: request.form[key] for key in ("to", "until", "reason", "message") if request.form.get(key)}
    return kept or None


def _version() -> int | None:
    word = request.form.get("version", "")
    return int(word) if word.isdigit() else None


def _uuid(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise NotFound from error


def _moment(word: str) -> datetime:
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise BadTime from error
    if found.tzinfo is None:
        raise BadTime
    return found
