"""Planned contacts of somebody whose time zone has changed: the same time of day, where they are now."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from sqlalchemy import select

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.touchpoints.commands.plans import WAITING
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules.timing import moved_by


def retime(uow: UnitOfWork, *, patient_id: UUID, zone_was: str | None) -> int:
    """Move a patient's planned contacts to the same wall-clock time in their new zone, and count them.

    What waits for something is asked about again at that time. What follows an answer goes on as it was.
    Each contact remembers when and from where it was moved.
    """
    zone = patients.contact_facts(uow, patient_id=patient_id).zone
    rows = uow.session.scalars(
        select(Touchpoint)
        .where(Touchpoint.patient_id == patient_id, Touchpoint.state.in_(WAITING))
        .order_by(Touchpoint.id)
        .with_for_update(key_share=True)
    ).all()
    moved = [row for row in rows if "follows" not in row.why and _move(uow, row, zone_was, zone)]
    if any(row.due_at <= uow.now for row in moved):
        uow.wakes.add("send_due")
    return len(moved)


def _move(uow: UnitOfWork, row: Touchpoint, zone_was: str | None, zone: str | None) -> bool:
    by = moved_by(row.local_day, time.fromisoformat(row.local_time), was=zone_was, zone=zone)
    if not by:
        return False
    row.due_at = max(row.due_at + by, uow.now)
    row.not_after += by
    row.why = {**row.why, "zone_was": zone_was or "", "retimed_at": uow.now.isoformat()}
    return True
