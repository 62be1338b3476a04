"""The clinical record, opened. Callers see to it that the look stands on the record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import any_, select

from outreach.care import models
from outreach.kernel.asking import Question, Spelled, ask, some
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients

Row = TypeVar("Row", bound=models.FromSource)
Found = Mapping[type[models.FromSource], Sequence[Any]]
HISTORY = (models.Condition, models.CarePlanActivity, models.Procedure)


class NoSuchRecord(NotFound):
    """There is no such entry in the clinical record."""


@dataclass(frozen=True, kw_only=True)
class Sourced:
    """What every entry has: where it came from and which of its versions this is."""

    id: UUID
    patient_id: UUID
    source_system: str
    version: int
    received_at: datetime
    status: str
    detail: Mapping[str, Any] = field(repr=False)
    """The source's own words and codes."""


@dataclass(frozen=True, kw_only=True)
class EncounterView(Sourced):
    """A stay or a visit."""

    kind: str
    started_at: datetime | None
    ended_at: datetime | None
    disposition: str
    discharge_told_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CarePlanView(Sourced):
    """A plan of care."""

    encounter_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ActivityView(Sourced):
    """One thing that was ordered."""

    care_plan_id: UUID
    phrase: str | None
    day: int | None
    timing: str


@dataclass(frozen=True, kw_only=True)
class ConditionView(Sourced):
    """A diagnosis or problem."""


@dataclass(frozen=True, kw_only=True)
class ProcedureView(Sourced):
    """Something that was done, or is planned."""

    performed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class MedicationView(Sourced):
    """A medication and its supply."""

    supplied_on: date | None
    days: int | None
    runs_out_on: date | None
    days_source: str


@dataclass(frozen=True, kw_only=True)
class AppointmentView(Sourced):
    """A booked visit."""

    source_status: str
    starts_at: datetime
    minutes: int | None
    start_version: int
    booked_on: date | None
    write_back: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class History:
    """What somebody has, what was done and what was ordered: as much of the record as programs ask about."""

    conditions: tuple[ConditionView, ...]
    activities: tuple[ActivityView, ...]
    procedures: tuple[ProcedureView, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CareRecord(History):
    """All we were told about a patient's care, of every row merged into them, newest first where dated."""

    patient_id: UUID
    encounters: tuple[EncounterView, ...]
    care_plans: tuple[CarePlanView, ...]
    medications: tuple[MedicationView, ...]
    appointments: tuple[AppointmentView, ...]


def record(uow: UnitOfWork, *, patient_id: UUID, rows: Sequence[UUID] = ()) -> CareRecord:
    """Return a patient's whole clinical record, in one statement. Raise NoSuchPatient.

    `rows` are all rows of this person, the one that stays first, for a caller that knows them.
    """
    rows = rows or _rows(uow, patient_id)
    found = _asked(
        uow, rows, *HISTORY, models.Encounter, models.CarePlan, models.MedicationSupply, models.Appointment
    )
    encounters = [_encounter(uow, row) for row in found[models.Encounter]]
    appointments = [_appointment(uow, row) for row in found[models.Appointment]]
    return CareRecord(
        patient_id=rows[0],
        encounters=tuple(sorted(encounters, key=_newest, reverse=True)),
        care_plans=tuple(_care_plan(uow, row) for row in found[models.CarePlan]),
        medications=tuple(_medication(uow, row) for row in found[models.MedicationSupply]),
        appointments=tuple(sorted(appointments, key=lambda one: one.starts_at, reverse=True)),
        **_history(uow, found),
    )


def history(uow: UnitOfWork, *, patient_id: UUID) -> History:
    """Return the part of a patient's record that programs ask about. Raise NoSuchPatient."""
    return History(**_history(uow, _asked(uow, _rows(uow, patient_id), *HISTORY)))


def ordered(uow: UnitOfWork, *, patient_id: UUID) -> tuple[ActivityView, ...]:
    """Return what a patient's plans of care order. Raise NoSuchPatient."""
    return tuple(_activity(uow, row) for row in _all(uow, models.CarePlanActivity, _rows(uow, patient_id)))


def _rows(uow: UnitOfWork, patient_id: UUID) -> tuple[UUID, ...]:
    rows = patients.same_person(uow, patient_id=patient_id)
    if not rows:
        raise patients.NoSuchPatient
    return rows


def _history(uow: UnitOfWork, found: Found) -> dict[str, Any]:
    conditions = found[models.Condition]
    return {
        "conditions": tuple(ConditionView(**_sourced(uow, "condition", row)) for row in conditions),
        "activities": tuple(_activity(uow, row) for row in found[models.CarePlanActivity]),
        "procedures": tuple(_procedure(uow, row) for row in found[models.Procedure]),
    }


def encounter(uow: UnitOfWork, *, encounter_id: UUID) -> EncounterView:
    """Return one encounter. Raise NoSuchRecord."""
    return _encounter(uow, _one(uow, models.Encounter, encounter_id))


def care_plan(uow: UnitOfWork, *, care_plan_id: UUID) -> CarePlanView:
    """Return one care plan. Raise NoSuchRecord."""
    return _care_plan(uow, _one(uow, models.CarePlan, care_plan_id))


def activity(uow: UnitOfWork, *, activity_id: UUID) -> ActivityView:
    """Return one activity of a care plan. Raise NoSuchRecord."""
    return _activity(uow, _one(uow, models.CarePlanActivity, activity_id))


def medication(uow: UnitOfWork, *, medication_id: UUID) -> MedicationView:
    """Return one medication. Raise NoSuchRecord."""
    return _medication(uow, _one(uow, models.MedicationSupply, medication_id))


def procedure(uow: UnitOfWork, *, procedure_id: UUID) -> ProcedureView:
    """Return one procedure. Raise NoSuchRecord."""
    return _procedure(uow, _one(uow, models.Procedure, procedure_id))


def appointment(uow: UnitOfWork, *, appointment_id: UUID) -> AppointmentView:
    """Return one appointment. Raise NoSuchRecord."""
    return _appointment(uow, _one(uow, models.Appointment, appointment_id))


def activities(uow: UnitOfWork, *, care_plan_id: UUID) -> tuple[ActivityView, ...]:
    """Return what a care plan orders."""
    row = models.CarePlanActivity
    query = select(row).where(row.care_plan_id == care_plan_id).order_by(row.received_at, row.id)
    return tuple(_activity(uow, found) for found in uow.session.scalars(query))


def is_in_hospital(uow: UnitOfWork, *, patient_id: UUID) -> bool:
    """Return whether a stay of this patient is going on."""
    rows = patients.same_person(uow, patient_id=patient_id)
    row = models.Encounter
    query = select(row.id).where(
        row.patient_id.in_(rows),
        row.kind == "inpatient",
        row.status.in_(("in-progress", "onleave")),
        row.ended_at.is_(None),
    )
    return uow.session.scalar(query.limit(1)) is not None


def by_source(
    uow: UnitOfWork, model: type[Row], *, source_system: str, source_id: str, lock: bool = False
) -> Row | None:
    """Return the row of what a system calls by this id. For this domain's commands and for importers."""
    indexes = uow.vault.all_indexes("source", source_key(model, source_id))
    query = select(model).where(model.source_system == source_system, model.source_index.in_(indexes))
    return uow.session.scalar(query.with_for_update(key_share=True) if lock else query)


def source_key(model: type[models.FromSource], source_id: str) -> str:
    """Return what a source's id is indexed as: ids are unique per kind of record only."""
    return f"{model.__name__}\x1f{source_id}"


def _encounter(uow: UnitOfWork, row: models.Encounter) -> EncounterView:
    return EncounterView(
        **_sourced(uow, "encounter", row),
        kind=row.kind,
        started_at=row.started_at,
        ended_at=row.ended_at,
        disposition=row.disposition,
        discharge_told_at=row.discharge_told_at,
    )


def _care_plan(uow: UnitOfWork, row: models.CarePlan) -> CarePlanView:
    return CarePlanView(**_sourced(uow, "care_plan", row), encounter_id=row.encounter_id)


def _activity(uow: UnitOfWork, row: models.CarePlanActivity) -> ActivityView:
    return ActivityView(
        **_sourced(uow, "care_plan_activity", row),
        care_plan_id=row.care_plan_id,
        phrase=row.phrase,
        day=row.day,
        timing=row.timing,
    )


def _procedure(uow: UnitOfWork, row: models.Procedure) -> ProcedureView:
    return ProcedureView(**_sourced(uow, "procedure", row), performed_at=row.performed_at)


def _medication(uow: UnitOfWork, row: models.MedicationSupply) -> MedicationView:
    return MedicationView(
        **_sourced(uow, "medication_supply", row),
        supplied_on=row.supplied_on,
        days=row.days,
        runs_out_on=row.runs_out_on,
        days_source=row.days_source,
    )


def _appointment(uow: UnitOfWork, row: models.Appointment) -> AppointmentView:
    return AppointmentView(
        **_sourced(uow, "appointment", row),
        source_status=row.source_status,
        starts_at=row.starts_at,
        minutes=row.minutes,
        start_version=row.start_version,
        booked_on=row.booked_on,
        write_back=row.write_back,
    )


def _sourced(uow: UnitOfWork, table: str, row: Any) -> dict[str, Any]:
    opened = uow.vault.open_or(f"{table}.detail", row.id, row.detail_enc, "{}")
    return {
        "id": row.id,
        "patient_id": row.patient_id,
        "source_system": row.source_system,
        "version": row.version,
        "received_at": row.received_at,
        "status": row.status,
        "detail": json.loads(opened),
    }


def _asked(uow: UnitOfWork, rows: Sequence[UUID], *kinds: type[models.FromSource]) -> Found:
    """Return what the record holds of some kinds, each in the order it came in, in one statement."""
    values = {"rows": list(rows)}
    questions = {kind: Question(_of_patient(cast("Any", kind)), values, _as_they_are) for kind in kinds}
    found = ask(uow, *questions.values())
    return {kind: found[question] for kind, question in questions.items()}


def _as_they_are(_: UnitOfWork, rows: Sequence[Any]) -> Sequence[Any]:
    return rows


@cache
def _of_patient(kind: Any) -> Spelled:
    wanted = select(*kind.__table__.c).where(kind.patient_id == any_(some("rows")))
    return Spelled(wanted.order_by(kind.received_at, kind.id))


def _all(uow: UnitOfWork, model: type[Row], patient_ids: Sequence[UUID]) -> list[Row]:
    query = select(model).where(model.patient_id.in_(patient_ids)).order_by(model.received_at, model.id)
    return list(uow.session.scalars(query))


def _one(uow: UnitOfWork, model: type[Row], row_id: UUID) -> Row:
    row = uow.session.get(model, row_id)
    if row is None:
        raise NoSuchRecord
    return row


def _newest(one: EncounterView) -> float:
    at = one.ended_at or one.started_at
    return at.timestamp() if at else float("-inf")
