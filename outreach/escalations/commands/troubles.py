"""Our account is in trouble: an operator is told by text, by a task, and on every administrator's page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from outreach.escalations import queries, rules
from outreach.escalations.commands.tasks import add_task
from outreach.escalations.models import Task
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Queued, TextRequest, classify
from outreach.patients import commands as patients
from outreach.staff import queries as staff

KIND = "sender_trouble"
SOON = timedelta(hours=1)

logger = log.get(__name__)


def sender_trouble(uow: UnitOfWork, *, sender_id: UUID, code: int, stopped: bool) -> int:
    """Give the team of a sender a task, and page operators from another sender; return how many were paged.

    One task and one page for each trouble, however many texts meet it, until the task is done.
    """
    source_kind = f"sender:{sender_id}" if stopped else f"sender:{sender_id}:{code}"
    known = select(Task.id).where(Task.kind == KIND, Task.source_kind == source_kind, Task.state == "open")
    team_id = _team_of(uow, sender_id)
    if team_id is None or uow.session.scalar(known) is not None:
        return 0
    task_id = add_task(
        uow,
        team_id=team_id,
        kind=KIND,
        source_kind=source_kind,
        source_id=uow.new_id(),
        due_at=uow.now + SOON,
        detail=f"Error {code}: {classify(code).words}",
    )
    paged = _page_operators(uow, team_id, sender_id, task_id, code=code, stopped=stopped)
    if not paged:
        logger.error("operators_unpaged", sender_id=str(sender_id), code=code)
    return paged


def _team_of(uow: UnitOfWork, sender_id: UUID) -> UUID | None:
    teams = staff.teams_of_sender(uow, sender_id) or tuple(one.id for one in staff.teams(uow))
    return teams[0] if teams else None


def _page_operators(
    uow: UnitOfWork, team_id: UUID, sender_id: UUID, task_id: UUID, *, code: int, stopped: bool
) -> int:
    other = staff.pages_from(uow, team_id=team_id, besides=sender_id)
    if other is None:
        return 0
    label = next(one.label for one in staff.senders(uow) if one.id == sender_id)
    people = queries.people_at(uow, who="operator", team_id=team_id, at=uow.now)
    return sum(
        isinstance(
            messaging.queue(
                uow,
                TextRequest(
                    phone_id=patients.phone_for(uow, phone=one.pager),
                    sender_id=other.id,
                    team_id=team_id,
                    body=rules.trouble_text(
                        clinic=staff.team(uow, team_id).short_name, label=label, code=code, stopped=stopped
                    ),
                    author_kind="page",
                    purpose="care",
                    kind="page",
                    source_kind="task",
                    source_id=task_id,
                    key=f"trouble:{task_id}:{one.staff_id}",
                    language="en",
                ),
            ),
            Queued,
        )
        for one in people
        if one.pager is not None
    )
