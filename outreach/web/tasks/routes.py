"""The list of tasks: taking one, giving it on, finishing it, dropping it with a reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.escalations import commands, queries
from outreach.kernel.errors import NotAllowed, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff
from outreach.staff.rules import may
from outreach.web import frame

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")
LONGEST_OUTCOME = 500


class NoSuchColleague(NotFound):
    """There is nobody like that in this team who may finish this."""


class CallNeedsClinicalStaff(NotAllowed):
    """Calls and visits are made by nurses and leads: Medicare counts contact by clinical staff only."""


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
        return render_template(
            "tasks/page.html",
            page=page,
            threads=_threads(uow, page.rows, who.teams_with("see_inbox")),
            mine=mine,
            page_key="tasks",
            **_people(uow, who.teams_with("assign")),
        )


def _threads(
    uow: UnitOfWork, rows: Iterable[queries.TaskView], team_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Where one's teams talk with the patients of tasks that came from no text: the newest of each."""
    wanted = {one.patient_id for one in rows if one.patient_id and not one.conversation_id}
    found = conversations.of_patients(uow, patient_ids=wanted, team_ids=team_ids)
    return {patient_id: talks[0] for patient_id, talks in found.items()}


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
        people = _people(uow, http.me().teams_with("assign"))
        return render_template("tasks/calls.html", found=found, page_key="tasks", **people)


@blueprint.post("/<uuid:task_id>/take")
@http.needs("reply")
def take(task_id: UUID) -> ResponseReturnValue:
    """Make a task one's own, a colleague's too: the record says so."""
    with http.begin() as uow:
        _ours(uow, task_id, "reply")
        commands.assign_task(uow, task_id=task_id, to_staff_id=http.me().staff_id)
    return redirect(_back(), code=303)


@blueprint.post("/<uuid:task_id>/assign")
@http.needs("assign")
def assign(task_id: UUID) -> ResponseReturnValue:
    """Give a task to a colleague who may finish it, or to nobody."""
    with http.begin() as uow:
        found = _ours(uow, task_id, "assign")
        to = next((one for one in _able(uow, found) if str(one) == request.form.get("to")), None)
        if request.form.get("to") and to is None:
            raise NoSuchColleague
        commands.assign_task(uow, task_id=task_id, to_staff_id=to)
    return redirect(_back(), code=303)


@blueprint.post("/<uuid:task_id>/finish")
@http.needs("reply")
def finish(task_id: UUID) -> ResponseReturnValue:
    """Finish a task with what came of it."""
    return _end(task_id, commands.finish_task)


@blueprint.post("/<uuid:task_id>/drop")
@http.needs("reply")
def drop(task_id: UUID) -> ResponseReturnValue:
    """Let a task go undone, with the reason."""
    return _end(task_id, commands.drop_task)


def _end(task_id: UUID, end: Callable[..., None]) -> ResponseReturnValue:
    outcome = request.form.get("outcome", "")[:LONGEST_OUTCOME]
    with http.begin() as uow:
        _ours(uow, task_id, "reply")
        end(uow, task_id=task_id, staff_id=http.me().staff_id, outcome=outcome)
    return redirect(_back(), code=303)


def _ours(uow: UnitOfWork, task_id: UUID, right: str) -> queries.TaskView:
    """Return a task of a team in which one has the right. Raise NotFound, or CallNeedsClinicalStaff."""
    found = queries.task(uow, task_id=task_id, team_ids=http.me().teams_with(right))
    if right == "reply" and found.team_id not in http.me().teams_with(_needs(found)):
        raise CallNeedsClinicalStaff
    return found


def _needs(found: queries.TaskView) -> str:
    return "escalate" if found.kind in queries.CALLS else "reply"


def _able(uow: UnitOfWork, found: queries.TaskView) -> list[UUID]:
    """Who of a task's team may finish it."""
    people = staff.members(uow, team_ids=[found.team_id])
    return [one.id for one in people if may(one.teams[found.team_id], _needs(found))]


def _people(uow: UnitOfWork, team_ids: tuple[UUID, ...]) -> dict[str, Any]:
    return {"colleagues": staff.members(uow, team_ids=team_ids), "call_kinds": queries.CALLS, "may": may}


def _back() -> str:
    lists = {"calls": "/tasks/calls", "mine": "/tasks?mine=1"}
    return lists.get(request.form.get("from", ""), "/tasks")
