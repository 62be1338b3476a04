"""Nothing is left with somebody who is gone, whichever door they leave by: a page, a command line, a role."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from outreach.conversations import commands as conversations
from outreach.escalations import rules
from outreach.escalations.commands.acting import give_back
from outreach.escalations.commands.tasks import assign_task
from outreach.escalations.models import Escalation, Task
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import commands as staff
from outreach.staff import queries as people
from outreach.staff.rules import ROLES


def disable(uow: UnitOfWork, *, email: str) -> UUID:
    """Keep somebody out from now on; what they had waits for whoever takes it. Raise NoSuchStaff."""
    staff_id = staff.disable(uow, email=email)
    staff.remove_pager(uow, staff_id=staff_id)
    for team_id, role in people.staff(uow, staff_id).teams.items():
        _hand_back(uow, staff_id, team_id, lost=ROLES[role])
    return staff_id


def change_role(uow: UnitOfWork, *, staff_id: UUID, team_id: UUID, role: str | None) -> None:
    """Give somebody another role in a team, or none; what it no longer lets them do waits for others.

    Raise UnknownRole.
    """
    before = people.staff(uow, staff_id).teams.get(team_id)
    if role is None:
        staff.leave_team(uow, staff_id=staff_id, team_id=team_id)
    else:
        staff.join_team(uow, staff_id=staff_id, team_id=team_id, role=role)
    if before is not None:
        _hand_back(uow, staff_id, team_id, lost=ROLES[before] - ROLES.get(role or "", frozenset()))


def _hand_back(uow: UnitOfWork, staff_id: UUID, team_id: UUID, *, lost: frozenset[str]) -> None:
    if lost & {"escalate", "reply"}:
        staff.end_shifts(uow, staff_id=staff_id, team_id=team_id)
    if "escalate" in lost:
        _hand_back_escalations(uow, staff_id, team_id)
    if "reply" in lost:
        _hand_back_tasks(uow, staff_id, team_id)
        conversations.hand_over(uow, from_staff_id=staff_id, to_staff_id=None, team_id=team_id)


def _hand_back_escalations(uow: UnitOfWork, staff_id: UUID, team_id: UUID) -> None:
    theirs = select(Escalation.id).where(
        Escalation.owner_id == staff_id,
        Escalation.team_id == team_id,
        Escalation.state.in_(rules.OPEN_STATES),
    )
    for escalation_id in uow.session.scalars(theirs.order_by(Escalation.id)).all():
        give_back(uow, escalation_id=escalation_id)


def _hand_back_tasks(uow: UnitOfWork, staff_id: UUID, team_id: UUID) -> None:
    theirs = select(Task.id).where(Task.owner_id == staff_id, Task.team_id == team_id, Task.state == "open")
    for task_id in uow.session.scalars(theirs.order_by(Task.id)).all():
        assign_task(uow, task_id=task_id, to_staff_id=None)
