"""Work without a text, as lists show it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, literal, select, tuple_

from outreach.conversations.queries import Cursor
from outreach.escalations.models import Task
from outreach.kernel.asking import Question, Spelled
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient
from outreach.staff.models import Staff

DEFAULT_PAGE = 50
LARGEST_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """One task with whose it is and about whom."""

    task_id: UUID
    team_id: UUID
    kind: str
    patient_id: UUID | None
    patient_name: str | None = field(repr=False)
    conversation_id: UUID | None
    source_kind: str
    source_id: UUID
    detail: str | None = field(repr=False)
    state: str
    due_at: datetime
    is_late: bool
    owner_id: UUID | None
    owner_name: str | None
    created_at: datetime
    done_at: datetime | None
    outcome: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """One page of tasks; `next` is the cursor of the page after it."""

    rows: tuple[TaskView, ...]
    next: str | None


def tasks(
    uow: UnitOfWork,
    *,
    team_ids: Collection[UUID],
    owner_id: UUID | None = None,
    patient_id: UUID | None = None,
    kinds: Collection[str] = (),
    state: str = "open",
    after: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> TaskPage:
    """Return one page of tasks of some teams, the one due soonest first. Raise BadCursor."""
    wanted = _wanted().where(Task.team_id.in_(list(team_ids)), Task.state == state)
    if owner_id is not None:
        wanted = wanted.where(Task.owner_id == owner_id)
    if patient_id is not None:
        wanted = wanted.where(Task.patient_id == patient_id)
    if kinds:
        wanted = wanted.where(Task.kind.in_(list(kinds)))
    place = Cursor.parse(after)
    if place is not None:
        wanted = wanted.where(tuple_(Task.due_at, Task.id) > tuple_(literal(place.at), literal(place.id)))
    size = max(1, min(limit, LARGEST_PAGE))
    rows = uow.session.execute(wanted.order_by(Task.due_at, Task.id).limit(size + 1)).all()
    views = tuple(_view(uow, row) for row in rows[:size])
    last = views[-1] if len(rows) > size else None
    return TaskPage(rows=views, next=Cursor(at=last.due_at, id=last.task_id).encode() if last else None)


def tasks_about(*, patient_id: UUID, team_id: UUID, limit: int) -> Question[tuple[TaskView, ...]]:
    """Return the question for a team's open tasks about a patient, the one due soonest first."""
    return Question(_about(), {"patient_id": patient_id, "team_id": team_id, "limit": limit}, _about_views)


@cache
def _about() -> Spelled:
    t = Task
    return Spelled(
        select(*t.__table__.c, Staff.name.label("owner_name"), Patient.name_enc)
        .outerjoin(Staff, Staff.id == t.owner_id)
        .outerjoin(Patient, Patient.id == t.patient_id)
        .where(t.team_id == bindparam("team_id"), t.patient_id == bindparam("patient_id"), t.state == "open")
        .order_by(t.due_at, t.id)
        .limit(bindparam("limit"))
    )


def _about_views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[TaskView, ...]:
    return tuple(_opened(uow, row, row.owner_name, row.name_enc) for row in rows)


def task(uow: UnitOfWork, *, task_id: UUID, team_ids: Collection[UUID] | None = None) -> TaskView:
    """Return one task. Raise NotFound if there is none, or it is none of these teams'."""
    row = uow.session.execute(_wanted().where(Task.id == task_id)).one_or_none()
    if row is None or (team_ids is not None and row.Task.team_id not in team_ids):
        raise NotFound
    return _view(uow, row)


def _wanted() -> Any:
    return (
        select(Task, Staff.name.label("owner_name"), Patient.name_enc)
        .outerjoin(Staff, Staff.id == Task.owner_id)
        .outerjoin(Patient, Patient.id == Task.patient_id)
    )


def _view(uow: UnitOfWork, row: Row[Any]) -> TaskView:
    return _opened(uow, row.Task, row.owner_name, row.name_enc)


def _opened(uow: UnitOfWork, one: Any, owner_name: str | None, name_enc: bytes | None) -> TaskView:
    return TaskView(
        task_id=one.id,
        team_id=one.team_id,
        kind=one.kind,
        patient_id=one.patient_id,
        patient_name=uow.vault.open_or("patient.name", one.patient_id, name_enc) or None,
        conversation_id=one.conversation_id,
        source_kind=one.source_kind,
        source_id=one.source_id,
        detail=uow.vault.open_or("task.detail", one.id, one.detail_enc) or None,
        state=one.state,
        due_at=one.due_at,
        is_late=one.state == "open" and one.due_at <= uow.now,
        owner_id=one.owner_id,
        owner_name=owner_name,
        created_at=one.created_at,
        done_at=one.done_at,
        outcome=uow.vault.open_or("task.outcome", one.id, one.outcome_enc) or None,
    )
