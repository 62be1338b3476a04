"""A team's quick replies: kept by who manages the team, used by everybody who answers."""

from __future__ import annotations

import re
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs.rules.lint.advice import advise
from outreach.staff import queries as staff
from outreach.touchpoints.rules.wording import fields_of
from outreach.web import frame, words
from outreach.web.languages import Texts

blueprint = Blueprint("quick_replies", __name__, url_prefix="/quick-replies")
FIELDS = Texts(
    {
        "name": "what they go by",
        "clinic": "the clinic's short name",
        "team": "the team's name",
        "callback": "the number to call",
        "appointment": "their next visit: day and time, nothing else",
        "me": "your first name",
    }
)
LONGEST = 480
SHORTCUT = re.compile(r"[\w-]{1,30}")


class BadShortcut(Invalid):
    """A shortcut is one word of letters, digits and dashes, up to 30."""


class UnknownField(Invalid):
    """The text has a field nobody can fill. The page lists the fields there are."""


@blueprint.get("")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show the quick replies of every team one is in."""
    with http.begin() as uow:
        frame.note_roster(uow)
        return render_template(
            "quick_replies/page.html",
            teams=[
                (team, _replies(uow, team.id), http.me().may_in("manage_team", team.id))
                for team in staff.teams(uow, http.me().teams_with("see_inbox"))
            ],
            fields=FIELDS,
            longest=LONGEST,
            page_key="team",
        )


@blueprint.post("/<uuid:team_id>")
@http.needs("manage_team")
def put(team_id: UUID) -> ResponseReturnValue:
    """Keep one; the same shortcut and language replaces it."""
    shortcut = request.form.get("shortcut", "").strip().lstrip("/").lower()
    body = request.form.get("body", "").strip()[:LONGEST]
    language = request.form.get("language", "en")
    if not SHORTCUT.fullmatch(shortcut):
        raise BadShortcut
    if fields_of(body) - set(FIELDS) or language not in words.LANGUAGES:
        raise UnknownField
    with http.begin() as uow:
        _must_be_ours(team_id)
        reply_id = commands.put_quick_reply(
            uow, team_id=team_id, shortcut=shortcut, language=language, body=body
        )
        audit.record(
            uow, action="quick_reply_kept", subject_kind="quick_reply", subject_id=reply_id, team_id=team_id
        )
    return redirect("/quick-replies", code=303)


@blueprint.post("/<uuid:team_id>/<uuid:quick_reply_id>/remove")
@http.needs("manage_team")
def remove(team_id: UUID, quick_reply_id: UUID) -> ResponseReturnValue:
    """Remove one."""
    with http.begin() as uow:
        _must_be_ours(team_id)
        commands.remove_quick_reply(uow, team_id=team_id, quick_reply_id=quick_reply_id)
        audit.record(
            uow,
            action="quick_reply_removed",
            subject_kind="quick_reply",
            subject_id=quick_reply_id,
            team_id=team_id,
        )
    return redirect("/quick-replies", code=303)


def _replies(uow: UnitOfWork, team_id: UUID) -> list[tuple[conversations.QuickReplyView, tuple[str, ...]]]:
    return [
        (one, tuple(found.what for found in advise(one.body, language=one.language)))
        for one in conversations.quick_replies(uow, team_id=team_id)
    ]


def _must_be_ours(team_id: UUID) -> None:
    if team_id not in http.me().teams_with("manage_team"):
        raise NotFound
