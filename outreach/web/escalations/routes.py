"""The list of open escalations, and what one does about them from a thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.escalations import commands, queries
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.web import frame
from outreach.web.inbox import patch
from outreach.web.languages import gettext

blueprint = Blueprint("escalations", __name__)
LONGEST_NOTE = 1000


@blueprint.get("/escalations")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show open escalations, the one due soonest first."""
    with http.begin() as uow:
        frame.note_roster(uow)
        found = queries.open_for(uow, team_ids=http.me().teams_with("see_inbox"))
        for one in found:
            audit.look(
                uow,
                subject_kind="escalation",
                subject_id=one.escalation_id,
                patient_id=one.patient_id,
                team_id=one.team_id,
            )
        number = conversations.latest_change(uow.session)
        return render_template("escalations/page.html", found=found, page_key="escalations", change_no=number)


@blueprint.post("/inbox/<uuid:conversation_id>/escalations/<uuid:escalation_id>/acknowledge")
@http.needs("escalate")
def acknowledge(conversation_id: UUID, escalation_id: UUID) -> ResponseReturnValue:
    """Take an escalation: the ladder stops."""
    notice = gettext("It is yours. The clock runs until you resolve it.")
    return _do(conversation_id, escalation_id, commands.acknowledge, notice)


@blueprint.post("/inbox/<uuid:conversation_id>/escalations/<uuid:escalation_id>/resolve")
@http.needs("escalate")
def resolve(conversation_id: UUID, escalation_id: UUID) -> ResponseReturnValue:
    """Close an escalation with its outcome and what was done."""
    act = partial(commands.resolve, outcome=request.form.get("outcome", ""), note=_note())
    return _do(conversation_id, escalation_id, act, gettext("Resolved."))


@blueprint.post("/inbox/<uuid:conversation_id>/escalations/<uuid:escalation_id>/take-over")
@http.needs("escalate")
def take_over(conversation_id: UUID, escalation_id: UUID) -> ResponseReturnValue:
    """Take an escalation from a colleague."""
    return _do(conversation_id, escalation_id, commands.take_over, gettext("It is yours now."))


@blueprint.post("/inbox/<uuid:conversation_id>/escalations/<uuid:escalation_id>/overrule")
@http.needs("escalate")
def overrule(conversation_id: UUID, escalation_id: UUID) -> ResponseReturnValue:
    """Close an escalation that was none; its text goes on the list of wrong readings."""
    notice = gettext("Overruled. Its text is on the list of wrong readings.")
    return _do(conversation_id, escalation_id, partial(commands.overrule, note=_note()), notice)


@blueprint.post("/inbox/<uuid:conversation_id>/escalations/<uuid:escalation_id>/reopen")
@http.needs("escalate")
def reopen(conversation_id: UUID, escalation_id: UUID) -> ResponseReturnValue:
    """Open an escalation again, with a new clock and in one's own hands."""
    notice = gettext("Open again, with a new clock, and yours.")
    return _do(conversation_id, escalation_id, commands.reopen, notice)


@blueprint.post("/escalations/<uuid:escalation_id>/acknowledge")
@http.needs("escalate")
def acknowledge_here(escalation_id: UUID) -> ResponseReturnValue:
    """Take an escalation from a list: one of somebody with no number to text has no thread."""
    return _do_here(escalation_id, commands.acknowledge)


@blueprint.post("/escalations/<uuid:escalation_id>/resolve")
@http.needs("escalate")
def resolve_here(escalation_id: UUID) -> ResponseReturnValue:
    """Close an escalation from a list, with its outcome and what was done."""
    return _do_here(
        escalation_id, partial(commands.resolve, outcome=request.form.get("outcome", ""), note=_note())
    )


def _do_here(escalation_id: UUID, act: Callable[..., object]) -> ResponseReturnValue:
    with http.begin() as uow:
        teams = http.me().teams_with("escalate")
        found = queries.escalation(uow, escalation_id=escalation_id, team_ids=teams)
        act(uow, escalation_id=found.escalation_id, staff_id=http.me().staff_id)
    return redirect("/tasks/calls" if request.form.get("from") == "calls" else "/escalations", code=303)


def _note() -> str:
    return request.form.get("note", "")[:LONGEST_NOTE]


def _do(
    conversation_id: UUID, escalation_id: UUID, act: Callable[..., object], notice: str
) -> ResponseReturnValue:
    with http.begin() as uow:
        found = _ours(uow, conversation_id, escalation_id)
        act(uow, escalation_id=found.escalation_id, staff_id=http.me().staff_id)
    return _drawn(conversation_id, found.team_id, notice)


def _ours(uow: UnitOfWork, conversation_id: UUID, escalation_id: UUID) -> queries.EscalationView:
    found = queries.escalation(uow, escalation_id=escalation_id, team_ids=http.me().teams_with("escalate"))
    if found.conversation_id != conversation_id:
        raise NotFound
    return found


def _drawn(conversation_id: UUID, team_id: UUID, notice: str) -> ResponseReturnValue:
    if not http.is_htmx():
        return redirect(f"/inbox/{conversation_id}", code=303)
    with http.begin() as uow:
        drawn = patch.thread(uow, conversation_id=conversation_id, team_id=team_id)
    return jsonify(thread=drawn, notice=notice)
