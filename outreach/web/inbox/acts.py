"""What staff do in the inbox. Each act checks the team, does one thing, and leaves a line on the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel import ids
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff
from outreach.web import words
from outreach.web.inbox import patch
from outreach.web.languages import gettext, say

blueprint = Blueprint("acts", __name__, url_prefix="/inbox/<uuid:conversation_id>")

Act = Callable[[UnitOfWork, conversations.ConversationView], str]


class NoSuchColleague(NotFound):
    """There is nobody like that in this team."""


class BadTime(Invalid):
    """This time can't be read. Choose one of the times offered."""


@blueprint.post("/claim")
@http.needs("reply")
def claim(conversation_id: UUID) -> ResponseReturnValue:
    """Take a conversation that nobody owns."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        commands.claim(uow, conversation_id=found.id, staff_id=http.me().staff_id, expected=version())
        return gettext("It is yours.")

    return do(conversation_id, "reply", "claimed", act)


@blueprint.post("/assign")
@http.needs("assign")
def assign(conversation_id: UUID) -> ResponseReturnValue:
    """Give a conversation to a colleague of the team, or to nobody."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        to = uuid_of(request.form["to"]) if request.form.get("to") else None
        names = {one.id: one.name for one in staff.members(uow, team_ids=[found.team_id])}
        if to is not None and to not in names:
            raise NoSuchColleague
        commands.assign(uow, conversation_id=found.id, to_staff_id=to, expected=version())
        return say("%(name)s has it now.", name=names[to]) if to else gettext("Nobody owns it now.")

    return do(conversation_id, "assign", "assigned", act)


@blueprint.post("/snooze")
@http.needs("reply")
def snooze(conversation_id: UUID) -> ResponseReturnValue:
    """Put a conversation aside until a moment."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        zone = staff.team(uow, found.team_id).zone
        chosen = request.form.get("until", "")
        until = moment_in(request.form.get("own", "") if chosen == "own" else chosen, zone)
        commands.snooze(uow, conversation_id=found.id, until=until, expected=version())
        return say("Snoozed until %(when)s.", when=words.moment(until, uow.now, zone))

    return do(conversation_id, "reply", "snoozed", act)


@blueprint.post("/close")
@http.needs("reply")
def close(conversation_id: UUID) -> ResponseReturnValue:
    """Close a conversation for a reason."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        reason = request.form.get("reason", "").strip()[:80]
        commands.close(uow, conversation_id=found.id, reason=reason, expected=version())
        waited = "1" if found.waiting_since is not None else ""
        undo.update(undo={"act": "reopen", "waited": waited, "words": gettext("Undo")})
        return gettext("Closed.")

    undo: dict[str, Any] = {}
    return do(conversation_id, "reply", "closed", act, more=undo)


@blueprint.post("/reopen")
@http.needs("reply")
def reopen(conversation_id: UUID) -> ResponseReturnValue:
    """Open a closed or snoozed conversation again."""

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        waits = request.form.get("waited") == "1"
        commands.reopen(uow, conversation_id=found.id, waits=waits, expected=version())
        return gettext("Open again.")

    return do(conversation_id, "reply", "reopened", act)


@blueprint.post("/read")
@http.needs("reply")
def read(conversation_id: UUID) -> ResponseReturnValue:
    """Note that somebody who may answer has read the texts; whoever waits still waits."""
    with http.begin() as uow:
        found = conversation(uow, conversation_id, "reply")
        if found.unread:
            commands.mark_read(uow, conversation_id=found.id)
    return Response(status=204)


def do(
    conversation_id: UUID,
    right: str,
    action: str,
    act: Act,
    *,
    detail: Callable[[], Mapping[str, Any]] | None = None,
    more: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    """Do one thing to a conversation of the person's teams, with its line on the record.

    `more` is told the page beside the thread as it is after the act.
    """
    with http.begin() as uow:
        found = conversation(uow, conversation_id, right)
        notice = act(uow, found)
        audit.record(
            uow,
            action=action,
            subject_kind="conversation",
            subject_id=found.id,
            patient_id=found.patient_id,
            team_id=found.team_id,
            detail=detail() if detail else _detail(),
        )
    if not http.is_htmx():
        return redirect(f"/inbox/{conversation_id}", code=303)
    with http.begin() as uow:
        drawn = patch.thread(uow, conversation_id=found.id, team_id=found.team_id)
    return jsonify(thread=drawn, notice=notice, draft_key=ids.token(), **(more or {}))


def conversation(uow: UnitOfWork, conversation_id: UUID, right: str) -> conversations.ConversationView:
    """Return a conversation of a team in which the person has a right. Raise NotFound."""
    return conversations.conversation(
        uow, conversation_id=conversation_id, team_ids=http.me().teams_with(right)
    )


def _detail() -> Mapping[str, Any] | None:
    kept = {key: request.form[key] for key in ("to", "until", "reason", "message") if request.form.get(key)}
    return kept or None


def version() -> int | None:
    """Return the version of the conversation the person has seen, if the form says."""
    word = request.form.get("version", "")
    return int(word) if word.isdigit() else None


def uuid_of(word: str) -> UUID:
    """Return the id a form holds. Raise NotFound for anything else."""
    try:
        return UUID(word)
    except ValueError as error:
        raise NotFound from error


def moment_in(word: str, zone: str) -> datetime:
    """Return the moment a form holds; a date and time typed by hand goes by the wall clock of a zone.

    Raise BadTime for anything else.
    """
    try:
        found = datetime.fromisoformat(word)
    except ValueError as error:
        raise BadTime from error
    return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
