"""Plans of care, what they order, diagnoses and medications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from outreach.care import events, models
from outreach.care.commands.take import Put, keep, known, take, tell_once
from outreach.kernel.unit_of_work import UnitOfWork


def put_care_plan(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    status: str,
    encounter_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Put:
    """Take in a plan of care. Publishes CarePlanChanged. Raise OtherPatientsRecord."""
    taken = take(
        uow,
        models.CarePlan,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={"status": status, "encounter_id": encounter_id},
    )
    if taken.changed != "same":
        tell_once(uow, events.CarePlanChanged(care_plan_id=taken.row.id, patient_id=taken.row.patient_id))
    return taken.put


def put_activity(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    care_plan_id: UUID,
    status: str,
    detail: Mapping[str, Any],
    phrase: str | None = None,
    day: int | None = None,
    timing: str = "default",
) -> Put:
    """Take in one activity of a care plan. Publishes CarePlanChanged once per plan and transaction."""
    known(timing, ("source", "default"))
    taken = take(
        uow,
        models.CarePlanActivity,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={
            "care_plan_id": care_plan_id,
            "status": status,
            "phrase": phrase,
            "day": day,
            "timing": timing,
        },
    )
    keep(uow, taken, kind="activity")
    if taken.changed != "same":
        tell_once(uow, events.CarePlanChanged(care_plan_id=care_plan_id, patient_id=taken.row.patient_id))
    return taken.put


def put_condition(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    status: str,
    detail: Mapping[str, Any],
) -> Put:
    """Take in a diagnosis or problem. Nobody is told: it never leaves the house in a text."""
    taken = take(
        uow,
        models.Condition,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={"status": status},
    )
    return taken.put


def put_procedure(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    status: str,
    detail: Mapping[str, Any],
    performed_at: datetime | None = None,
) -> Put:
    """Take in a procedure, planned or done; `status` in FHIR R4's words. Publishes ProcedureChanged."""
    taken = take(
        uow,
        models.Procedure,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={"status": status, "performed_at": performed_at},
    )
    if taken.changed != "same":
        uow.publish(events.ProcedureChanged(procedure_id=taken.row.id, patient_id=taken.row.patient_id))
    return taken.put


def put_medication(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    status: str,
    detail: Mapping[str, Any],
    supplied_on: date | None = None,
    days: int | None = None,
    runs_out_on: date | None = None,
    days_source: str = "none",
) -> Put:
    """Take in a medication and its supply. Publishes MedicationChanged."""
    known(days_source, ("source", "default", "none"))
    taken = take(
        uow,
        models.MedicationSupply,
        patient_id=patient_id,
        source_system=source_system,
        source_id=source_id,
        detail=detail,
        values={
            "status": status,
            "supplied_on": supplied_on,
            "days": days,
            "runs_out_on": runs_out_on,
            "days_source": days_source,
        },
    )
    keep(uow, taken, kind="supply")
    if taken.changed != "same":
        uow.publish(events.MedicationChanged(medication_id=taken.row.id, patient_id=taken.row.patient_id))
    return taken.put
