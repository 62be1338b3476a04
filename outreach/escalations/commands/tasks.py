"""Work without a text: added once per source, owned, finished with an outcome."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import commands as audit
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import queries, rules
from outreach.escalations.models import Task
from outreach.kernel.errors import Conflict, Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff


class TaskOver(Conflict):
    """This task has been finished already."""


class OutcomeMissing(Invalid):
    """Say what came of it: whom you reached, how, and what was agreed."""


def add_task(
    uow: UnitOfWork,
    *,
    team_id: UUID,
    kind: str,
    source_kind: str,
    source_id: UUID,
    due_at: datetime | None = None,
    patient_id: UUID | None = None,
    conversation_id: UUID | None = None,
    detail: str | None = None,
) -> UUID:
    """Give a team a task, due in one business day unless said otherwise; return its id.

    If the team has routed this kind of work to another team, it becomes theirs, with a conversation of their
    own. The same kind and source is the same task: a repeat changes nothing.
    """
    task_id = uow.new_id()
    whose = staff.routed(uow, team_id=team_id, topic=kind)
    if whose != team_id and conversation_id is not None:
        conversation_id = _theirs(uow, conversation_id, whose)
    team_id = whose
    made = uow.session.scalars(
        insert(Task)
        .values(
            id=task_id,
            team_id=team_id,
            patient_id=patient_id,
            conversation_id=conversation_id,
            kind=kind,
            source_kind=source_kind,
            source_id=source_id,
            detail_enc=uow.vault.seal("task.detail", task_id, detail) if detail else None,
            state="open",
            due_at=due_at or _in_one_day(uow, team_id),
            created_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["kind", "source_kind", "source_id"])
        .returning(Task.id)
    ).one_or_none()
    if made is not None:
        return made
    return uow.session.scalars(
        select(Task.id).where(Task.kind == kind, Task.source_kind == source_kind, Task.source_id == source_id)
    ).one()


def _theirs(uow: UnitOfWork, conversation_id: UUID, team_id: UUID) -> UUID:
    found = talk.conversation(uow, conversation_id=conversation_id)
    return conversations.ensure(uow, phone_id=found.phone_id, team_id=team_id, patient_id=found.patient_id)


def _in_one_day(uow: UnitOfWork, team_id: UUID) -> datetime:
    hours = queries.hours(uow, team_id=team_id, since=uow.now)
    return rules.business_day_after(uow.now, days=1, hours=hours)


def add_tcm_task(
    uow: UnitOfWork,
    *,
    team_id: UUID,
    patient_id: UUID,
    enrollment_id: UUID,
    discharged_at: datetime,
    same_stay: Collection[UUID] = (),
) -> UUID:
    """Ask for the human contact that Transitional Care Management wants within two business days.

    No automated text finishes it (CMS: contact by clinical staff); only `finish_task` does. A discharge that
    was corrected moves its clock. A call that an enrollment of the `same_stay` brought stands for all.
    """
    if (known := _called_for(uow, enrollment_id, same_stay)) is not None:
        return known
    hours = queries.hours(uow, team_id=team_id, since=discharged_at)
    due_at = rules.tcm_due_at(discharged_at, hours=hours)
    task_id = add_task(
        uow,
        team_id=team_id,
        kind="tcm_call",
        source_kind="enrollment",
        source_id=enrollment_id,
        due_at=due_at,
        patient_id=patient_id,
    )
    uow.session.execute(
        update(Task)
        .where(Task.id == task_id, Task.state == "open", Task.due_at != due_at)
        .values(due_at=due_at)
    )
    return task_id


def _called_for(uow: UnitOfWork, enrollment_id: UUID, same_stay: Collection[UUID]) -> UUID | None:
    """Return the call another enrollment brought, None if this one has its own or there is none."""
    if not same_stay:
        return None
    rows = uow.session.execute(
        select(Task.id, Task.source_id).where(
            Task.kind == "tcm_call",
            Task.source_kind == "enrollment",
            Task.source_id.in_([enrollment_id, *same_stay]),
            Task.state.in_(("open", "done")),
        )
    ).all()
    own = any(row.source_id == enrollment_id for row in rows)
    return None if own or not rows else rows[0].id


def assign_task(uow: UnitOfWork, *, task_id: UUID, to_staff_id: UUID | None) -> None:
    """Give a task to somebody, or to nobody. Raise TaskOver."""
    row = _hold(uow, task_id)
    row.owner_id = to_staff_id
    _record(uow, row, "task_assigned")


def finish_task(uow: UnitOfWork, *, task_id: UUID, staff_id: UUID, outcome: str) -> None:
    """Finish a task with what came of it. Raise OutcomeMissing, TaskOver."""
    _end(uow, task_id, staff_id, outcome, state="done")


def drop_task(uow: UnitOfWork, *, task_id: UUID, staff_id: UUID, outcome: str) -> None:
    """Let a task go undone, with the reason. Raise OutcomeMissing, TaskOver."""
    _end(uow, task_id, staff_id, outcome, state="dropped")


def close_task(uow: UnitOfWork, *, kind: str, source_kind: str, source_id: UUID, outcome: str) -> None:
    """Finish the task of a source that is settled without anybody, if it is open."""
    row = uow.session.scalars(
        select(Task)
        .where(
            Task.kind == kind,
            Task.source_kind == source_kind,
            Task.source_id == source_id,
            Task.state == "open",
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return
    row.state, row.done_at = "done", uow.now
    row.outcome_enc = uow.vault.seal("task.outcome", row.id, outcome)
    _record(uow, row, "task_done")


def _end(uow: UnitOfWork, task_id: UUID, staff_id: UUID, outcome: str, *, state: str) -> None:
    if not outcome.strip():
        raise OutcomeMissing
    row = _hold(uow, task_id)
    row.state, row.done_at, row.done_by = state, uow.now, staff_id
    row.outcome_enc = uow.vault.seal("task.outcome", row.id, outcome)
    _record(uow, row, f"task_{state}")


def _hold(uow: UnitOfWork, task_id: UUID) -> Task:
    row = uow.session.scalars(
        select(Task)
        .where(Task.id == task_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.state != "open":
        raise TaskOver
    return row


def _record(uow: UnitOfWork, row: Task, action: str) -> None:
    audit.record(
        uow,
        action=action,
        subject_kind="task",
        subject_id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        detail={"kind": row.kind},
    )
