"""The list of tasks, taking one and finishing it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.escalations import commands, queries
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.web import frame

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")
LONGEST_OUTCOME = 500


@blueprint.get("")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show open tasks, the one due soonest first; all of them or one's own."""
    who = http.me()
    mine = request.args.get("mine") == "1"
    with http.begin() as uow:
        frame.note_roster(uow)
        page = queries.tasks(
            uow,
            team_ids=who.teams_with("see_inbox"),
            owner_id=who.staff_id if mine else None,
            after=request.args.get("after") or None,
        )
        for one in page.rows:
            audit.look(
                uow,
                subject_kind="task",
                subject_id=one.task_id,
                patient_id=one.patient_id,
                team_id=one.team_id,
            )
        return render_template("tasks/page.html", page=page, mine=mine, page_key="tasks")


@blueprint.get("/calls")
@http.needs("see_inbox")
def calls() -> ResponseReturnValue:
    """Show whom to call or visit, with the numbers to dial, the one due soonest first."""
    with http.begin() as uow:
        frame.note_roster(uow)
        found = queries.calls(uow, team_ids=http.me().teams_with("see_inbox"))
        for one in found:
            audit.look(
                uow,
                subject_kind="task" if one.task_id else "escalation",
                subject_id=one.task_id or one.escalation_id or one.team_id,
                patient_id=one.patient_id,
                team_id=one.team_id,
            )
        return render_template("tasks/calls.html", found=found, page_key="tasks")


@blueprint.post("/<uuid:task_id>/take")
@http.needs("reply")
def take(task_id: UUID) -> ResponseReturnValue:
    """Make a task one's own."""
    with http.begin() as uow:
        _ours(uow, task_id)
        commands.assign_task(uow, task_id=task_id, to_staff_id=http.me().staff_id)
    return redirect(_back(), code=303)


@blueprint.post("/<uuid:task_id>/finish")
@http.needs("reply")
def finish(task_id: UUID) -> ResponseReturnValue:
    """Finish a task with what came of it."""
    with http.begin() as uow:
        _ours(uow, task_id)
        commands.finish_task(
            uow,
            task_id=task_id,
            staff_id=http.me().staff_id,
            outcome=request.form.get("outcome", "")[:LONGEST_OUTCOME],
        )
    return redirect(_back(), code=303)


def _ours(uow: UnitOfWork, task_id: UUID) -> queries.TaskView:
    found = queries.task(uow, task_id=task_id)
    if found.team_id not in http.me().teams_with("reply"):
        raise NotFound
    return found


def _back() -> str:
    return "/tasks/calls" if request.form.get("from") == "calls" else "/tasks"
