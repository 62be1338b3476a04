"""Which discharge of a person starts a plan, and if none does, why.

Also `rebase`, which makes an old file a fresh one.
"""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from outreach.interop.fhir.records import (
    AppointmentRecord,
    CarePlanRecord,
    ConditionRecord,
    Disposition,
    EncounterClass,
    EncounterRecord,
    MedicationRecord,
    Moment,
    Person,
    Reading,
)
from outreach.interop.fhir.times import FALLBACK_ZONE

HOSPITAL = frozenset({EncounterClass.INPATIENT, EncounterClass.OBSERVATION, EncounterClass.EMERGENCY})
LATELY = timedelta(days=30)
OLDEST = timedelta(days=180)
"""The longest default program runs 84 days; one of a practice's own may run longer. Who went home longer ago
than `LATELY` joins late what still runs."""
_ADMITTED_WITHIN = timedelta(hours=6)
_VOID = frozenset({"entered-in-error", "cancelled", "planned"})
_NOT_HOME = {
    Disposition.EXPIRED: "died in hospital",
    Disposition.HOSPICE: "went to hospice care",
    Disposition.FACILITY: "went to another facility",
    Disposition.TRANSFER: "went to another hospital",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """The discharge that starts a plan, or None and the reason in words for staff."""

    discharge: EncounterRecord | None
    reason: str


def standing(person: Person, *, now: datetime, oldest: timedelta = OLDEST) -> Standing:
    """Return the person's latest discharge if a plan should start from it; else the reason why none does.

    Only the latest stay counts: an emergency visit that became an admission, or a stay followed by another,
    starts nothing.
    """
    stays = sorted(_stays(person), key=_began)
    if person.patient and person.patient.deceased:
        return _none("the patient has died")
    if not stays:
        return _none("no hospital stay or emergency visit")
    latest = stays[-1]
    if latest.ended is None or latest.ended.at > now:
        return _none("is still in hospital")
    if latest.disposition in _NOT_HOME:
        return _none(_NOT_HOME[latest.disposition])
    if now - latest.ended.at > oldest:
        return _none(f"discharged {(now - latest.ended.at).days} days ago, more than {oldest.days}")
    if now - latest.ended.at > LATELY:
        days = (now - latest.ended.at).days
        return Standing(discharge=latest, reason=f"discharged {days} days ago: joins late what still runs")
    return Standing(discharge=latest, reason="discharged within the last month")


def is_late(found: Standing, *, now: datetime) -> bool:
    """Tell whether a discharge is so long ago that only programs which run longer than a month take it."""
    ended = found.discharge.ended if found.discharge else None
    return ended is not None and now - ended.at > LATELY


def became_admission(stay: EncounterRecord, person: Person) -> bool:
    """Tell whether an emergency or observation stay ended because the patient was admitted as an inpatient.

    Many senders leave the disposition out (NUBC 09 says it), so that only the next stay's beginning tells.
    """
    if stay.kind is EncounterClass.INPATIENT or stay.ended is None:
        return False
    ended = stay.ended.at
    return any(
        other.kind is EncounterClass.INPATIENT
        and other.started is not None
        and ended - _ADMITTED_WITHIN <= other.started.at <= ended + _ADMITTED_WITHIN
        and (other.ended is None or other.ended.at > ended)
        for other in _stays(person)
    )


def latest_discharge(reading: Reading) -> tuple[datetime, str | None] | None:
    """Return the latest discharge in a reading with its patient's zone; of the dead, none counts."""
    found = [
        (stay.ended.at, person.patient.zone.name if person.patient else None)
        for person in reading.people
        if not (person.patient and person.patient.deceased)
        for stay in _stays(person)
        if stay.ended and stay.disposition is not Disposition.EXPIRED
    ]
    return max(found, key=lambda one: one[0], default=None)


def rebase(reading: Reading, *, now: datetime) -> Reading:
    """Shift all dates of a reading so that its latest discharge is today, and show everything as it stood
    today.

    Birthdays move too, so that ages stay. What begins later than `now` is left out, appointments excepted;
    plans and
    conditions that end later are open again. The dead stay dead. A reading without a discharge comes back
    unchanged.
    """
    latest = latest_discharge(reading)
    if latest is None:
        return dataclasses.replace(reading, notes=(*reading.notes, "no discharge to shift the dates by"))
    by = _shift(latest[0], now, ZoneInfo(latest[1] or FALLBACK_ZONE))
    people = tuple(_as_of(_moved(person, by), now) for person in reading.people)
    left_out = _count(reading.people) - _count(people)
    notes = (f"dates shifted by {by.days} days", f"{left_out} records later than the discharge left out")
    return dataclasses.replace(reading, people=people, notes=(*reading.notes, *notes))


def _stays(person: Person) -> tuple[EncounterRecord, ...]:
    return tuple(
        one
        for one in person.encounters
        if one.kind in HOSPITAL and one.status not in _VOID and (one.ended or one.started)
    )


def _began(stay: EncounterRecord) -> tuple[datetime, datetime]:
    known = [moment.at for moment in (stay.started, stay.ended) if moment]
    return known[0], known[-1]


def _none(reason: str) -> Standing:
    return Standing(discharge=None, reason=reason)


def _shift(discharged: datetime, now: datetime, zone: ZoneInfo) -> timedelta:
    by = timedelta(days=(now.astimezone(zone).date() - discharged.astimezone(zone).date()).days)
    # Whole days keep the hour of the discharge; if that hour is still to come today, it was just now.
    return min(by, now - discharged)


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, Moment):
        return dataclasses.replace(value, at=value.at + by)
    if isinstance(value, date):
        return value + timedelta(days=by.days)
    if isinstance(value, tuple):
        return tuple(_moved(item, by) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _moved(getattr(value, one.name), by) for one in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    return value


def _as_of(person: Person, now: datetime) -> Person:
    def begun(moment: Moment | None) -> bool:
        # A date without a time stands for its noon, and has begun in the morning.
        early = timedelta(0) if moment is None or moment.precision == "time" else timedelta(hours=12)
        return moment is None or moment.at - early <= now

    return dataclasses.replace(
        person,
        encounters=tuple(one for one in person.encounters if begun(one.started or one.ended)),
        care_plans=tuple(_plan_as_of(one, now) for one in person.care_plans if begun(one.started)),
        conditions=tuple(_condition_as_of(one, now) for one in person.conditions if begun(one.onset)),
        procedures=tuple(
            one for one in person.procedures if one.status == "preparation" or begun(one.performed)
        ),
        medications=tuple(
            _medication_as_of(one, person, now) for one in person.medications if begun(one.authored)
        ),
        appointments=tuple(_appointment_as_of(one, now) for one in person.appointments),
    )


def _plan_as_of(plan: CarePlanRecord, now: datetime) -> CarePlanRecord:
    if plan.status != "completed" or plan.ended is None or plan.ended.at <= now:
        return plan
    activities = tuple(
        dataclasses.replace(one, status="in-progress") if one.status == "completed" else one
        for one in plan.activities
    )
    return dataclasses.replace(plan, status="active", activities=activities)


def _medication_as_of(medication: MedicationRecord, person: Person, now: datetime) -> MedicationRecord:
    # When it was stopped is not said. What was prescribed in the stay was surely not stopped before its end.
    stays = sorted(_stays(person), key=_began)
    latest = stays[-1] if stays else None
    if latest is None or medication.authored is None or medication.status not in ("stopped", "completed"):
        return medication
    prescribed_in_stay = _began(latest)[0] <= medication.authored.at <= now
    return dataclasses.replace(medication, status="active") if prescribed_in_stay else medication


def _condition_as_of(condition: ConditionRecord, now: datetime) -> ConditionRecord:
    if condition.abated is None or condition.abated.at <= now:
        return condition
    return dataclasses.replace(condition, abated=None, clinical_status="active")


def _appointment_as_of(appointment: AppointmentRecord, now: datetime) -> AppointmentRecord:
    kept = (
        appointment.start
        and appointment.start.at > now
        and appointment.status in ("fulfilled", "noshow", "arrived")
    )
    return dataclasses.replace(appointment, status="booked") if kept else appointment


def _count(people: tuple[Person, ...]) -> int:
    return sum(
        len(person.encounters) + len(person.care_plans) + len(person.conditions) + len(person.medications)
        for person in people
    )
