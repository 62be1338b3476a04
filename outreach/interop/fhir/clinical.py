"""Encounter, CarePlan, Condition, MedicationRequest, Appointment and CareTeam to records."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from outreach.interop.fhir import dispositions, fields, times
from outreach.interop.fhir.links import Links
from outreach.interop.fhir.people import Unusable
from outreach.interop.fhir.records import (
    ActivityRecord,
    AppointmentRecord,
    CarePlanRecord,
    CareTeamRecord,
    Clinical,
    ConditionRecord,
    EncounterClass,
    EncounterRecord,
    Key,
    MedicationRecord,
    Moment,
    ProcedureRecord,
    Reference,
    Resource,
)

# HL7 v3 ActCode, http://terminology.hl7.org/CodeSystem/v3-ActCode, encounter branch.
_CLASSES = {
    "IMP": EncounterClass.INPATIENT,
    "ACUTE": EncounterClass.INPATIENT,
    "NONAC": EncounterClass.INPATIENT,
    "OBSENC": EncounterClass.OBSERVATION,
    "SS": EncounterClass.OBSERVATION,
    "EMER": EncounterClass.EMERGENCY,
    "AMB": EncounterClass.AMBULATORY,
    "VR": EncounterClass.AMBULATORY,
    "HH": EncounterClass.AMBULATORY,
    "FLD": EncounterClass.AMBULATORY,
    "PRENC": EncounterClass.AMBULATORY,
}
_SUPPLY_UNIT_DAYS = {
    "d": 1,
    "day": 1,
    "days": 1,
    "wk": 7,
    "week": 7,
    "weeks": 7,
    "mo": 30,
    "month": 30,
    "months": 30,
}


def encounter(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return the encounter.

    Raises Unusable without a patient or status, or with a period that can't be read.
    """
    period = fields.obj(resource, "period")
    class_code = next((code.code for code in fields.codes(fields.obj(resource, "class"))), None)
    disposition, disposition_text = dispositions.normalize(
        fields.obj(fields.obj(resource, "hospitalization"), "dischargeDisposition")
    )
    return EncounterRecord(
        key=key,
        patient=_patient(resource, "subject", links),
        kind=_CLASSES.get((class_code or "").upper(), EncounterClass.OTHER),
        class_code=class_code,
        status=_status(resource),
        started=_when(period, "start"),
        ended=_when(period, "end"),
        disposition=disposition,
        disposition_text=disposition_text,
        type_text=_first_words(fields.objs(resource, "type")),
        reason_text=_first_words(fields.objs(resource, "reasonCode")),
        codes=tuple(
            code
            for name in ("type", "reasonCode")
            for concept in fields.objs(resource, name)
            for code in fields.codes(concept)
        ),
        last_updated=_last_updated(resource),
    )


def care_plan(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return the plan with its activities. An activity that says nothing at all is left to `speechless`."""
    period = fields.obj(resource, "period")
    seen: Counter[str] = Counter()
    found = (_activity(item, links, seen) for item in fields.objs(resource, "activity"))
    return CarePlanRecord(
        key=key,
        patient=_patient(resource, "subject", links),
        encounter=_link(resource, "encounter", "Encounter", links),
        status=_status(resource),
        title=fields.text(resource, "title"),
        category=_first_words(fields.objs(resource, "category")),
        description=fields.text(resource, "description"),
        started=_when(period, "start"),
        ended=_when(period, "end"),
        addresses=_linked_words(resource, "addresses", "Condition", links),
        goals=_linked_words(resource, "goal", "Goal", links),
        activities=tuple(activity for activity in found if activity),
        last_updated=_last_updated(resource),
    )


def speechless(resource: Resource, links: Links) -> tuple[tuple[int, Resource], ...]:
    """Return the activities of a plan, with their position from 1, that have neither code, description nor
    a known link.
    """
    counted: Counter[str] = Counter()
    items = enumerate(fields.objs(resource, "activity"), start=1)
    return tuple((position, item) for position, item in items if _activity(item, links, counted) is None)


def condition(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return the condition. Raises Unusable if it doesn't say which."""
    return ConditionRecord(
        key=key,
        patient=_patient(resource, "subject", links),
        encounter=_link(resource, "encounter", "Encounter", links),
        text=_said(fields.obj(resource, "code")),
        codes=fields.codes(fields.obj(resource, "code")),
        clinical_status=_coded(resource, "clinicalStatus"),
        verification_status=_coded(resource, "verificationStatus"),
        onset=times.gently(resource, "onsetDateTime"),
        abated=times.gently(resource, "abatementDateTime"),
        last_updated=_last_updated(resource),
    )


def medication(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return the request. Raises Unusable if it doesn't say which medicine."""
    concept = fields.obj(resource, "medicationCodeableConcept")
    link = _link(resource, "medicationReference", "Medication", links)
    dispense = fields.obj(resource, "dispenseRequest")
    named = fields.words(concept) or (links.words(link) if link else None)
    if named is None and not fields.codes(concept):
        raise Unusable("does not say which medicine")
    return MedicationRecord(
        key=key,
        patient=_patient(resource, "subject", links),
        encounter=_link(resource, "encounter", "Encounter", links),
        text=named or fields.codes(concept)[0].code,
        codes=fields.codes(concept),
        status=_status(resource),
        intent=fields.text(resource, "intent"),
        authored=_when(resource, "authoredOn"),
        supply_days=_supply_days(fields.obj(dispense, "expectedSupplyDuration")),
        repeats_allowed=fields.whole(dispense, "numberOfRepeatsAllowed"),
        supply_started=times.gently(fields.obj(dispense, "validityPeriod"), "start"),
        setting=next(
            (code.code for one in fields.objs(resource, "category") for code in fields.codes(one)), None
        ),
        last_updated=_last_updated(resource),
    )


def appointment(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return the appointment.

    Raises Unusable without a patient, or if it is booked and has no start that can be read.
    """
    actors = [(item, links.to(item.get("actor"))) for item in fields.objs(resource, "participant")]
    patients = [(item, link) for item, link in actors if link and _is(link, "Patient")]
    if not patients:
        raise Unusable("names no patient")
    start, status = _when(resource, "start"), _status(resource)
    if start is None and status in ("booked", "arrived", "checked-in"):
        raise Unusable(f"is {status} and has no start")
    return AppointmentRecord(
        key=key,
        patient=patients[0][1],
        status=status,
        patient_status=fields.text(patients[0][0], "status"),
        start=start,
        end=_when(resource, "end"),
        minutes=fields.whole(resource, "minutesDuration"),
        description=fields.text(resource, "description"),
        service=_first_words(fields.objs(resource, "serviceType")),
        practitioner=_shown(
            link for _, link in actors if link and _is(link, "Practitioner", "PractitionerRole")
        ),
        location=_shown(link for _, link in actors if link and _is(link, "Location")),
        created=times.gently(resource, "created"),
        last_updated=_last_updated(resource),
    )


def procedure(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return what was done or is planned. Raises Unusable without a patient, status or code."""
    concept, period = fields.obj(resource, "code"), fields.obj(resource, "performedPeriod")
    performed = _when(resource, "performedDateTime") or _when(period, "end") or _when(period, "start")
    return ProcedureRecord(
        key=key,
        patient=_patient(resource, "subject", links),
        encounter=_link(resource, "encounter", "Encounter", links),
        text=_said(concept),
        codes=fields.codes(concept),
        status=_status(resource),
        performed=performed,
        last_updated=_last_updated(resource),
    )


def care_team(resource: Resource, key: Key, links: Links) -> Clinical:
    """Return the care team: its members' names as the source shows them, with their roles."""
    members = []
    for item in fields.objs(resource, "participant"):
        link = links.to(item.get("member"))
        if link and link.display and not _is(link, "Patient"):
            members.append((link.display, _first_words(fields.objs(item, "role"))))
    organizations = fields.objs(resource, "managingOrganization")
    return CareTeamRecord(
        key=key,
        patient=_patient(resource, "subject", links),
        encounter=_link(resource, "encounter", "Encounter", links),
        status=fields.text(resource, "status"),
        name=fields.text(resource, "name"),
        members=tuple(members),
        organization=next(filter(None, (fields.text(one, "display") for one in organizations)), None),
        last_updated=_last_updated(resource),
    )


def _activity(item: Resource, links: Links, seen: Counter[str]) -> ActivityRecord | None:
    detail = fields.obj(item, "detail")
    ordered = links.to(item.get("reference"))
    concept = fields.obj(detail, "code")
    description = fields.text(detail, "description")
    found = fields.words(concept) or description or (links.words(ordered) if ordered else None)
    coded = fields.codes(concept)
    if found is None and not coded:
        return None
    timing = fields.obj(detail, "scheduledTiming")
    period = fields.obj(detail, "scheduledPeriod") or fields.obj(fields.obj(timing, "repeat"), "boundsPeriod")
    return ActivityRecord(
        key=_activity_key(item, f"{coded[0].system}|{coded[0].code}" if coded else str(found), seen),
        text=found or coded[0].code,
        codes=coded,
        description=description,
        status=fields.text(detail, "status") or "unknown",
        kind=fields.text(detail, "kind"),
        do_not_perform=fields.flag(detail, "doNotPerform") is True,
        started=times.gently(period, "start"),
        ended=times.gently(period, "end"),
        timing_text=fields.text(detail, "scheduledString")
        or fields.words(fields.obj(timing, "code"))
        or _repeat(timing),
        goals=_linked_words(detail, "goal", "Goal", links),
    )


def _activity_key(item: Resource, subject: str, seen: Counter[str]) -> str:
    own = fields.text(item, "id")
    if own:
        return f"id-{own}"
    seen[subject] += 1
    # Words can be anything and name the patient, so that the key is their digest, not themselves.
    return f"{hashlib.sha256(subject.encode()).hexdigest()[:20]}-{seen[subject]}"


def _repeat(timing: Resource) -> str | None:
    repeat = fields.obj(timing, "repeat")
    frequency, period, unit = (
        fields.whole(repeat, "frequency"),
        fields.number(repeat, "period"),
        fields.text(repeat, "periodUnit"),
    )
    return f"{frequency or 1} per {period:g} {unit}" if period and unit else None


def _supply_days(duration: Resource) -> int | None:
    value = fields.number(duration, "value")
    unit = (fields.text(duration, "code") or fields.text(duration, "unit") or "d").lower()
    days = round(value * _SUPPLY_UNIT_DAYS.get(unit, 0)) if value else 0
    return days if 0 < days <= 400 else None


def _patient(resource: Resource, name: str, links: Links) -> Reference:
    link = links.to(resource.get(name), expected="Patient")
    if link is None or not (link.key or link.identifier or link.uri):
        raise Unusable("names no patient")
    if link.key and link.key.resource_type != "Patient":
        raise Unusable("is not about a patient")
    return link


def _status(resource: Resource) -> str:
    found = fields.text(resource, "status")
    if found is None:
        raise Unusable("has no status")
    return found[:40]


def _when(resource: Resource, name: str) -> Moment | None:
    try:
        return times.moment(resource, name)
    except times.NotATime as error:
        raise Unusable(str(error)) from error


def _said(concept: Resource) -> str:
    found = fields.words(concept) or next((code.code for code in fields.codes(concept)), None)
    if found is None:
        raise Unusable("has no code")
    return found


def _coded(resource: Resource, name: str) -> str | None:
    return next((code.code for code in fields.codes(fields.obj(resource, name))), None)


def _link(resource: Resource, name: str, expected: str, links: Links) -> Reference | None:
    return links.to(resource.get(name), expected=expected)


def _linked_words(resource: Resource, name: str, expected: str, links: Links) -> tuple[str, ...]:
    found = (links.to(one, expected=expected) for one in fields.objs(resource, name))
    return tuple(words for link in found if link and (words := links.words(link)))


def _first_words(concepts: Iterable[Resource]) -> str | None:
    return next(filter(None, map(fields.words, concepts)), None)


def _shown(actors: Iterable[Reference]) -> str | None:
    return ", ".join(actor.display for actor in actors if actor.display) or None


def _is(link: Reference, *kinds: str) -> bool:
    return link.key is not None and link.key.resource_type in kinds


def _last_updated(resource: Resource) -> Moment | None:
    return times.gently(fields.obj(resource, "meta"), "lastUpdated")
