"""Booked visits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from outreach.care import events, models, queries
from outreach.care.commands.take import Put, Taken, keep, known, take
from outreach.kernel.unit_of_work import UnitOfWork

APPOINTMENT_STATES = (
    "booked", "confirmed", "declined", "change_asked", "cancelled", "arrived", "done", "no_show", "unknown",
)  # fmt: skip


def put_appointment(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    status: str,
    source_status: str,
    starts_at: datetime,
    minutes: int | None = None,
    booked_on: date | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Put:
    """Take in a booked visit: `status` is ours for the source's `source_status`.

    Publishes AppointmentChanged.
    `start_version` grows only when the start really moves. What the patient answered stays, unless the visit
    moved or the source says something else than before. Raise NotInUse, OtherPatientsRecord.
    """
    known(status, APPOINTMENT_STATES)
    taken = take(
        uow,
        models.Appointment,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={"source_status": source_status, "starts_at": starts_at}
        | {"minutes": minutes, "booked_on": booked_on},
        first={"status": status, "start_version": 1},
    )
    if taken.changed == "changed":
        _follow_source(taken, status)
        uow.session.flush()
        keep(uow, taken, kind="appointment")
    if taken.changed != "same":
        uow.publish(events.AppointmentChanged(appointment_id=taken.row.id, patient_id=taken.row.patient_id))
    return taken.put


def _follow_source(taken: Taken, status: str) -> None:
    moved = taken.before["starts_at"] != taken.row.starts_at
    taken.row.start_version += moved
    if moved or taken.before["source_status"] != taken.row.source_status:
        taken.row.status = status


def answer_appointment(
    uow: UnitOfWork, *, appointment_id: UUID, status: str, write_back: Mapping[str, Any] | None = None
) -> bool:
    """Record what became of an appointment (the patient confirmed, say); return whether it differs.

    `write_back` is what the source is to be told, and how that went. Raise NotInUse, NoSuchRecord.
    """
    known(status, APPOINTMENT_STATES)
    row = uow.session.get(models.Appointment, appointment_id, with_for_update={"key_share": True})
    if row is None:
        raise queries.NoSuchRecord
    before = (row.status, row.write_back)
    row.status = status
    if write_back is not None:
        row.write_back = dict(write_back)
    uow.session.flush()
    return before != (row.status, row.write_back)
