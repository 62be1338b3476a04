"""Letting go of calls and visits that nobody must make any more, with the reason."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from outreach.audit import commands as audit
from outreach.escalations import rules
from outreach.escalations.commands.raising import show
from outreach.escalations.models import Escalation, Task
from outreach.escalations.queries import CALLS
from outreach.kernel.unit_of_work import UnitOfWork

REASONS = {
    "died": "The patient died.",
    "hospice": "The patient is in hospice care.",
    "readmitted": "The patient is back in hospital.",
    "called_off": "What it counts from did not happen, or was entered in error.",
}
"""Reasons for which calls and visits are dropped, as the record keeps them for staff."""
NOBODY_NEEDED = "not_needed"


def drop_calls(
    uow: UnitOfWork,
    *,
    patient_ids: Collection[UUID],
    reason: str,
    source_ids: Collection[UUID] | None = None,
) -> int:
    """Drop a patient's open calls and visits, and close what their silence raised, each with the reason.

    `source_ids` narrows it to what came from some enrollment or contact. Return how many were dropped.
    """
    tasks = select(Task).where(
        Task.patient_id.in_(list(patient_ids)), Task.state == "open", Task.kind.in_(CALLS)
    )
    silences = select(Escalation).where(
        Escalation.patient_id.in_(list(patient_ids)),
        Escalation.tier == "silent",
        Escalation.state.in_(rules.OPEN_STATES),
    )
    if source_ids is not None:
        tasks = tasks.where(Task.source_id.in_(list(source_ids)))
        silences = silences.where(Escalation.source_id.in_(list(source_ids)))
    dropped = uow.session.scalars(tasks.order_by(Task.id).with_for_update(key_share=True)).all()
    for task in dropped:
        _drop(uow, task, reason)
    closed = uow.session.scalars(silences.order_by(Escalation.id).with_for_update(key_share=True)).all()
    for silence in closed:
        _close(uow, silence, reason)
    return len(dropped) + len(closed)


def _drop(uow: UnitOfWork, row: Task, reason: str) -> None:
    row.state, row.done_at = "dropped", uow.now
    row.outcome_enc = uow.vault.seal("task.outcome", row.id, REASONS[reason])
    audit.record(
        uow,
        action="task_dropped",
        subject_kind="task",
        subject_id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        detail={"kind": row.kind, "reason": reason},
    )


def _close(uow: UnitOfWork, row: Escalation, reason: str) -> None:
    row.state, row.outcome, row.next_step_at, row.resolved_at = "resolved", NOBODY_NEEDED, None, uow.now
    row.note_enc = uow.vault.seal("escalation.note", row.id, REASONS[reason])
    if row.conversation_id is not None:
        show(uow, conversation_id=row.conversation_id)
    audit.record(
        uow,
        action="resolved",
        subject_kind="escalation",
        subject_id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        detail={"tier": row.tier, "outcome": row.outcome, "reason": reason},
    )
