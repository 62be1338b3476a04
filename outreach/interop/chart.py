"""Records of a person's care into the care domain, each under its source's id."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.care import commands as care
from outreach.care import queries as record
from outreach.care import rules as phrases
from outreach.interop.fhir import discharges
from outreach.interop.fhir.records import (
    ActivityRecord,
    AppointmentRecord,
    CarePlanRecord,
    Clinical,
    Code,
    ConditionRecord,
    Disposition,
    EncounterRecord,
    Key,
    MedicationRecord,
    Moment,
    Person,
    ProcedureRecord,
)
from outreach.interop.fhir.times import FALLBACK_ZONE
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import UnitOfWork

DEFAULT_SUPPLY_DAYS = 30
"""Ours, for a medicine newly prescribed without a supply; stored as days_source "default" and shown so."""
LONGEST_PLANNED_DAYS = 90
OLDEST_PROCEDURE = timedelta(days=90)
"""The longest program that counts from a procedure or a birth runs 84 days."""
_OVER = ("completed", "revoked", "cancelled", "entered-in-error", "draft", "on-hold")
_APPOINTMENT = {
    "booked": "booked",
    "arrived": "arrived",
    "checked-in": "arrived",
    "fulfilled": "done",
    "cancelled": "cancelled",
    "noshow": "no_show",
    "entered-in-error": "cancelled",
}


class NotUsable(OutreachError):
    """This record can't be used."""


@dataclass(frozen=True, kw_only=True)
class Charted:
    """What became of a person's records: counts by kind and by new, changed or same; and those set aside."""

    counts: Counter[tuple[str, str]]
    aside: tuple[tuple[Key, str], ...]


@dataclass(kw_only=True)
class Charting:
    """One person's records on their way into the chart."""

    uow: UnitOfWork
    patient_id: UUID
    source: str
    person: Person
    counts: Counter[tuple[str, str]]
    aside: list[tuple[Key, str]]
    encounters: dict[Key, UUID]
    discharged_on: date | None

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the patient's days are counted."""
        return ZoneInfo((self.person.patient and self.person.patient.zone.name) or FALLBACK_ZONE)

    def day(self, moment: Moment | None) -> date | None:
        """Return the patient's own calendar day of a moment."""
        return moment.at.astimezone(self.zone).date() if moment else None

    def put(self, command: Callable[..., care.Put], key: str, source_id: str, **values: Any) -> UUID:
        """Take in one record and count what became of it."""
        done = command(
            self.uow, patient_id=self.patient_id, source_system=self.source, source_id=source_id, **values
        )
        self.counts[key, done.changed] += 1
        return done.id


def put_chart(uow: UnitOfWork, *, patient_id: UUID, source: str, person: Person) -> Charted:
    """Take in all records of a person, stays first and in their order.

    A record that is refused is set aside.
    """
    charting = Charting(
        uow=uow,
        patient_id=patient_id,
        source=source,
        person=person,
        counts=Counter(),
        aside=[],
        encounters={},
        discharged_on=None,
    )
    found = discharges.standing(person, now=uow.now).discharge
    charting.discharged_on = charting.day(found.ended) if found else None
    for one, put in _in_order(person):
        try:
            put(charting, one)
        except (NotUsable, care.NotInUse, care.OtherPatientsRecord) as error:
            charting.aside.append((one.key, str(error)))
    return Charted(counts=charting.counts, aside=tuple(charting.aside))


def _in_order(person: Person) -> Iterator[tuple[Clinical, Callable[[Charting, Any], None]]]:
    def begun(stay: EncounterRecord) -> float:
        moment = stay.started or stay.ended
        return moment.at.timestamp() if moment else 0.0

    yield from ((one, _encounter) for one in sorted(person.encounters, key=begun))
    yield from ((one, _care_plan) for one in person.care_plans)
    yield from ((one, _condition) for one in person.conditions)
    yield from ((one, _procedure) for one in person.procedures)
    yield from ((one, _medication) for one in person.medications)
    yield from ((one, _appointment) for one in person.appointments)


def _encounter(to: Charting, stay: EncounterRecord) -> None:
    admitted = stay.disposition is Disposition.UNKNOWN and discharges.became_admission(stay, to.person)
    detail = {
        "text": stay.type_text,
        "type": stay.type_text,
        "reason": stay.reason_text,
        "class": stay.class_code,
        "disposition": stay.disposition_text,
        "codes": _codes(stay.codes),
    }
    if admitted:
        detail["note"] = "went on as an inpatient stay"
    to.encounters[stay.key] = to.put(
        care.put_encounter,
        "encounters",
        stay.key.id,
        kind=str(stay.kind),
        status=stay.status,
        started_at=stay.started.at if stay.started else None,
        ended_at=stay.ended.at if stay.ended else None,
        disposition=str(Disposition.TRANSFER if admitted else stay.disposition),
        detail=detail,
    )


def _care_plan(to: Charting, plan: CarePlanRecord) -> None:
    link = plan.encounter.key if plan.encounter else None
    detail = {
        "text": plan.title or plan.category or plan.description or "Care plan",
        "category": plan.category,
        "description": plan.description,
        "addresses": plan.addresses,
        "goals": plan.goals,
        "started": to.day(plan.started),
        "ended": to.day(plan.ended),
        "care_team": _team(to.person, link),
    }
    plan_id = to.put(
        care.put_care_plan,
        "care plans",
        plan.key.id,
        status=plan.status,
        encounter_id=to.encounters.get(link) if link else None,
        detail=detail,
    )
    told = {_activity(to, plan, plan_id, one) for one in plan.activities}
    _drop_untold(to, plan_id, told)


def _team(person: Person, encounter: Key | None) -> list[str]:
    teams = [one for one in person.care_teams if one.encounter and one.encounter.key == encounter]
    members = (member for one in (teams or person.care_teams[-1:]) for member in one.members)
    return [f"{name} ({role})" if role else name for name, role in members]


def _activity(to: Charting, plan: CarePlanRecord, plan_id: UUID, activity: ActivityRecord) -> str:
    judged = phrases.judge(activity.text, [(one.system, one.code) for one in activity.codes], "en")
    phrase = judged.key if isinstance(judged, phrases.Phrase) and not activity.do_not_perform else None
    day = _planned_day(to, activity)
    source_id = f"{plan.key.id}#{activity.key}"
    detail = {
        "key": source_id,
        "text": activity.text,
        "codes": _codes(activity.codes),
        "description": activity.description,
        "kind": activity.kind,
        "timing": activity.timing_text,
        "goals": activity.goals,
        "not_to_be_done": activity.do_not_perform,
        "left_to_staff": None if isinstance(judged, phrases.Phrase) else judged.why,
    }
    to.put(
        care.put_activity,
        "activities",
        source_id,
        care_plan_id=plan_id,
        status=plan.status if plan.status in _OVER else activity.status,
        phrase=phrase,
        day=day,
        timing="default" if day is None else "source",
        detail=detail,
    )
    return source_id


def _planned_day(to: Charting, activity: ActivityRecord) -> int | None:
    asked = to.day(activity.started)
    if asked is None or to.discharged_on is None:
        return None
    days = (asked - to.discharged_on).days
    return days if 0 < days <= LONGEST_PLANNED_DAYS else None


def _drop_untold(to: Charting, plan_id: UUID, told: set[str]) -> None:
    """Cancel what an earlier version of the plan ordered and this one no longer does."""
    for kept in record.activities(to.uow, care_plan_id=plan_id):
        key = kept.detail.get("key")
        if key in told or not key or kept.status in _OVER:
            continue
        to.put(
            care.put_activity,
            "activities",
            key,
            care_plan_id=plan_id,
            status="cancelled",
            phrase=kept.phrase,
            day=kept.day,
            timing=kept.timing,
            detail=kept.detail,
        )


def _condition(to: Charting, condition: ConditionRecord) -> None:
    void = condition.verification_status in ("entered-in-error", "refuted")
    to.put(
        care.put_condition,
        "conditions",
        condition.key.id,
        status="entered-in-error" if void else condition.clinical_status or "unknown",
        detail={
            "text": condition.text,
            "codes": _codes(condition.codes),
            "onset": to.day(condition.onset),
            "abated": to.day(condition.abated),
        },
    )


def _procedure(to: Charting, procedure: ProcedureRecord) -> None:
    """Keep what may still start or end a program; what was done long ago is no business of ours."""
    done = procedure.performed.at if procedure.performed else None
    if done is None or to.uow.now - done > OLDEST_PROCEDURE:
        return
    to.put(
        care.put_procedure,
        "procedures",
        procedure.key.id,
        status=procedure.status,
        performed_at=done,
        detail={"text": procedure.text, "codes": _codes(procedure.codes)},
    )


def _medication(to: Charting, medication: MedicationRecord) -> None:
    supplied_on = to.day(medication.supply_started or medication.authored)
    days, source = medication.supply_days, "source"
    if days is None:
        days, source = (DEFAULT_SUPPLY_DAYS, "default") if _is_new(to, medication) else (None, "none")
    to.put(
        care.put_medication,
        "medications",
        medication.key.id,
        status=medication.status,
        supplied_on=supplied_on,
        days=days,
        runs_out_on=supplied_on + timedelta(days=days) if supplied_on and days else None,
        days_source=source,
        detail={
            "text": medication.text,
            "codes": _codes(medication.codes),
            "repeats_allowed": medication.repeats_allowed,
            "setting": medication.setting,
        },
    )


def _is_new(to: Charting, medication: MedicationRecord) -> bool:
    if medication.status != "active" or medication.setting == "inpatient" or medication.authored is None:
        return False
    age = to.uow.now - medication.authored.at
    return timedelta(0) <= age <= timedelta(days=DEFAULT_SUPPLY_DAYS)


def _appointment(to: Charting, visit: AppointmentRecord) -> None:
    status = _APPOINTMENT.get(visit.status)
    if status is None:
        raise NotUsable("is not booked yet")
    if visit.start is None or visit.start.precision != "time":
        raise NotUsable("has no time of day to start")
    if visit.start.floating and not (to.person.patient and to.person.patient.zone.name):
        raise NotUsable("names a time without a zone, and the patient's own zone is not known")
    lasts = visit.minutes or _minutes(visit)
    to.put(
        care.put_appointment,
        "appointments",
        visit.key.id,
        status=status,
        source_status=visit.status,
        starts_at=visit.start.at,
        minutes=lasts,
        booked_on=to.day(visit.created),
        detail={
            "text": visit.description or visit.service,
            "practitioner": visit.practitioner,
            "location": visit.location,
            "patient_status": visit.patient_status,
        },
    )


def _minutes(visit: AppointmentRecord) -> int | None:
    if visit.start is None or visit.end is None or visit.end.precision != "time":
        return None
    minutes = int((visit.end.at - visit.start.at).total_seconds() // 60)
    return minutes if 0 < minutes <= 24 * 60 else None


def _codes(codes: tuple[Code, ...]) -> list[dict[str, str | None]]:
    return [dataclasses.asdict(code) for code in codes]
