"""Contacts that wait until somebody is there for the answer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select, update

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.policy.models import DecisionRow
from outreach.touchpoints.models import Touchpoint


def release_for_staff(uow: UnitOfWork, *, team_id: UUID) -> int:
    """Let a team's contacts that wait for somebody to be there have their turn, and count them."""
    waits = select(DecisionRow.id).where(
        DecisionRow.id == Touchpoint.decision_id, DecisionRow.rule == "staffing"
    )
    result = uow.session.execute(
        update(Touchpoint)
        .where(
            Touchpoint.team_id == team_id,
            Touchpoint.state == "held",
            Touchpoint.due_at > uow.now,
            waits.exists(),
        )
        .values(due_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    released = int(result.rowcount)  # type: ignore[attr-defined]
    if released:
        uow.wakes.add("send_due")
    return released
