"""Stays and visits, and what their beginning and end mean."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.care import events, models
from outreach.care.commands.take import Put, Taken, known, take
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people

STAYS = ("inpatient", "emergency", "observation")
"""Kinds of encounter that end with a discharge."""
KINDS = (*STAYS, "ambulatory", "other")
DISPOSITIONS = (
    "home", "home_health", "facility", "hospice", "expired", "left_against_advice", "transfer", "unknown",
)  # fmt: skip
VOID = ("cancelled", "entered-in-error")
"""FHIR R4 EncounterStatus of a stay that never was."""
UNDER_WAY = ("in-progress", "onleave")


def put_encounter(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    kind: str,
    status: str,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    disposition: str = "unknown",
    detail: Mapping[str, Any] | None = None,
) -> Put:
    """Take in a stay or visit; `status` in FHIR R4's words (planned, in-progress, onleave, finished, ...).

    Publishes PatientDischarged once, when a stay has ended; PatientReadmitted when someone who was
    discharged is an inpatient again; else EncounterChanged. A death or hospice is told to patients.
    Raise NotInUse, OtherPatientsRecord.
    """
    known(kind, KINDS)
    known(disposition, DISPOSITIONS)
    taken = take(
        uow,
        models.Encounter,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={
            "kind": kind,
            "status": status,
            "started_at": started_at,
            "ended_at": ended_at,
            "disposition": disposition,
        },
    )
    if taken.changed != "same":
        _tell_of_encounter(uow, taken)
    return taken.put


def _tell_of_encounter(uow: UnitOfWork, taken: Taken) -> None:
    row: models.Encounter = taken.row
    ids = {"encounter_id": row.id, "patient_id": row.patient_id}
    if _has_ended(row, uow.now):
        _tell_of_outcome(uow, row)
        if row.discharge_told_at is None:
            row.discharge_told_at = uow.now
            uow.session.flush()
            uow.publish(events.PatientDischarged(**ids))
            return
    elif _is_stay_under_way(row.kind, row.status, row.ended_at):
        was = taken.before
        before = bool(was) and _is_stay_under_way(was["kind"], was["status"], was["ended_at"])
        if not before and _went_home_before(uow, row):
            uow.publish(events.PatientReadmitted(**ids))
            return
    uow.publish(events.EncounterChanged(**ids))


def _tell_of_outcome(uow: UnitOfWork, row: models.Encounter) -> None:
    if row.disposition == "expired":
        patients.mark_deceased(uow, patient_id=row.patient_id, at=row.ended_at)
    elif row.disposition == "hospice":
        patients.mark_hospice(uow, patient_id=row.patient_id, at=row.ended_at)


def _has_ended(row: models.Encounter, now: datetime) -> bool:
    if row.kind not in STAYS or row.status in VOID:
        return False
    return row.status == "finished" or (row.ended_at is not None and row.ended_at <= now)


def _is_stay_under_way(kind: str, status: str, ended_at: datetime | None) -> bool:
    return kind == "inpatient" and status in UNDER_WAY and ended_at is None


def _went_home_before(uow: UnitOfWork, row: models.Encounter) -> bool:
    people_ids = people.same_person(uow, patient_id=row.patient_id)
    query = select(models.Encounter.id).where(
        models.Encounter.patient_id.in_(people_ids),
        models.Encounter.discharge_told_at.is_not(None),
        models.Encounter.id != row.id,
    )
    return uow.session.scalar(query.limit(1)) is not None
