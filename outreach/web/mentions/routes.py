"""Notes in which colleagues named the person who is signed in."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.web import frame

blueprint = Blueprint("mentions", __name__, url_prefix="/mentions")


@blueprint.get("")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show where one was named, the newest first."""
    who = http.me()
    with http.begin() as uow:
        frame.note_roster(uow)
        found = conversations.mentions(uow, staff_id=who.staff_id, team_ids=who.teams_with("see_inbox"))
        audit.look_list(uow, view="mentions", conversation_ids=[one.conversation_id for one in found])
        return render_template("mentions/page.html", mentions=found, page_key="mentions")


@blueprint.post("/<uuid:conversation_id>")
@http.needs("see_inbox")
def follow(conversation_id: UUID) -> ResponseReturnValue:
    """Go to a conversation in which one was named; those mentions are seen."""
    who = http.me()
    with http.begin() as uow:
        found = conversations.conversation(
            uow, conversation_id=conversation_id, team_ids=who.teams_with("see_inbox")
        )
        commands.see_mentions(uow, staff_id=who.staff_id, conversation_id=found.id)
    return redirect(f"/inbox/{conversation_id}?view=all", code=303)


@blueprint.post("")
@http.needs("see_inbox")
def all_seen() -> ResponseReturnValue:
    """Take all of them as seen."""
    with http.begin() as uow:
        commands.see_mentions(uow, staff_id=http.me().staff_id)
    return redirect("/mentions", code=303)
