"""What we take from FHIR: frozen values, dates in UTC, codes beside their words.

Fields that hold words about a person are left out of `repr`, so that no log or traceback shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal

Precision = Literal["time", "day", "month", "year"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A FHIR dateTime. `at` is aware and UTC; `floating` says that the source named no zone.

    A date without a time stands for noon, so that its day stays the same in every American zone.
    """

    at: datetime
    precision: Precision = "time"
    floating: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What a record is called at its source: ids are unique per resource type only."""

    resource_type: str
    id: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A link as written, reduced to something comparable; exactly one of key, identifier and uri is set, or
    none.
    """

    key: Key | None = None
    identifier: tuple[str, str] | None = field(default=None, repr=False)
    uri: str | None = field(default=None, repr=False)
    display: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Code:
    """One coding: the system's URI, the code in it and the words the source gave for it."""

    system: str | None
    code: str = field(repr=False)
    display: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier such as a medical record number; `kind` is the HL7 v2-0203 code (MR, SS, DL,
    ...).
    """

    system: str | None
    value: str = field(repr=False)
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Telecom:
    """One phone number as the source wrote it, unchecked. `until` is when it stopped, or will stop, being
    theirs.
    """

    value: str = field(repr=False)
    use: str | None = None
    rank: int | None = None
    sms: bool = False
    until: Moment | None = None


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone and where we have it from, in words for staff.

    Unknown is None, never a guess from an area code.
    """

    name: str | None
    provenance: str
    state: str | None = None
    """Two letters, where the address is in a state we know: some states have rules of their own."""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """Someone near the patient: a RelatedPerson, or an entry of Patient.contact.

    Being named is not consent to be texted.
    """

    key: Key
    patient: Reference
    name: str | None = field(repr=False)
    relationship: str | None
    relationship_codes: tuple[Code, ...]
    telecoms: tuple[Telecom, ...] = field(repr=False)
    language: str | None
    active: bool = True
    until: Moment | None = None


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """One person as the source knows them. `language` is a BCP 47 primary subtag ("en", "es"), None when
    not given.
    """

    key: Key
    identifiers: tuple[Identifier, ...] = field(repr=False)
    preferred_name: str = field(repr=False)
    full_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    deceased: bool
    deceased_at: Moment | None
    language: str | None
    language_source: str | None
    interpreter_needed: bool | None
    state: str | None
    postal_code: str | None = field(repr=False)
    zone: Zone
    telecoms: tuple[Telecom, ...] = field(repr=False)
    contacts: tuple[ContactRecord, ...] = field(repr=False)
    active: bool = True
    replaced_by: Reference | None = None
    last_updated: Moment | None = None


class EncounterClass(StrEnum):
    INPATIENT = "inpatient"
    OBSERVATION = "observation"
    EMERGENCY = "emergency"
    AMBULATORY = "ambulatory"
    OTHER = "other"


class Disposition(StrEnum):
    """Where the patient went, in the words of care.models.Encounter.

    UNKNOWN is common: most senders leave the field out.
    """

    HOME = "home"
    HOME_HEALTH = "home_health"
    FACILITY = "facility"
    HOSPICE = "hospice"
    EXPIRED = "expired"
    AMA = "left_against_advice"
    TRANSFER = "transfer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class EncounterRecord:
    key: Key
    patient: Reference
    kind: EncounterClass
    class_code: str | None
    status: str
    started: Moment | None
    ended: Moment | None
    disposition: Disposition
    disposition_text: str | None = field(repr=False)
    type_text: str | None = field(repr=False)
    reason_text: str | None = field(default=None, repr=False)
    codes: tuple[Code, ...] = ()
    """Of its type and its reason."""
    last_updated: Moment | None = None


@dataclass(frozen=True, slots=True)
class ActivityRecord:
    """One line of a care plan. `key` stays the same when the plan is sent again, whatever the order of its
    lines.

    `started`, `ended` and `timing_text` are None when the source names no time: then the planner's default
    timing counts.
    """

    key: str
    text: str = field(repr=False)
    codes: tuple[Code, ...]
    description: str | None = field(repr=False)
    status: str
    kind: str | None
    do_not_perform: bool
    started: Moment | None
    ended: Moment | None
    timing_text: str | None
    goals: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CarePlanRecord:
    key: Key
    patient: Reference
    encounter: Reference | None
    status: str
    title: str | None = field(repr=False)
    category: str | None = field(repr=False)
    description: str | None = field(repr=False)
    started: Moment | None
    ended: Moment | None
    addresses: tuple[str, ...] = field(repr=False)
    goals: tuple[str, ...] = field(repr=False)
    activities: tuple[ActivityRecord, ...]
    last_updated: Moment | None = None


@dataclass(frozen=True, slots=True)
class ConditionRecord:
    key: Key
    patient: Reference
    encounter: Reference | None
    text: str = field(repr=False)
    codes: tuple[Code, ...]
    clinical_status: str | None
    verification_status: str | None
    onset: Moment | None
    abated: Moment | None
    last_updated: Moment | None = None


@dataclass(frozen=True, slots=True)
class ProcedureRecord:
    """Something that was done, or is planned. `performed` is its end, or its start if no end is said."""

    key: Key
    patient: Reference
    encounter: Reference | None
    text: str = field(repr=False)
    codes: tuple[Code, ...]
    status: str
    performed: Moment | None
    last_updated: Moment | None = None


@dataclass(frozen=True, slots=True)
class MedicationRecord:
    """A MedicationRequest. `supply_days` is None when the source gives no supply: no refill question is
    planned then.
    """

    key: Key
    patient: Reference
    encounter: Reference | None
    text: str = field(repr=False)
    codes: tuple[Code, ...]
    status: str
    intent: str | None
    authored: Moment | None
    supply_days: int | None
    repeats_allowed: int | None
    supply_started: Moment | None
    setting: str | None = None
    """inpatient | outpatient | community | discharge, where the source says"""
    last_updated: Moment | None = None


@dataclass(frozen=True, slots=True)
class AppointmentRecord:
    """A visit to come. `patient_status` is the patient's own answer so far (FHIR participant.status)."""

    key: Key
    patient: Reference
    status: str
    patient_status: str | None
    start: Moment | None
    end: Moment | None
    minutes: int | None
    description: str | None = field(repr=False)
    service: str | None = field(repr=False)
    practitioner: str | None = field(repr=False)
    location: str | None = field(repr=False)
    created: Moment | None = None
    last_updated: Moment | None = None


@dataclass(frozen=True, slots=True)
class CareTeamRecord:
    """Who looks after the patient, as names and roles."""

    key: Key
    patient: Reference
    encounter: Reference | None
    status: str | None
    name: str | None = field(repr=False)
    members: tuple[tuple[str, str | None], ...] = field(repr=False)
    organization: str | None
    last_updated: Moment | None = None


Clinical = (
    EncounterRecord
    | CarePlanRecord
    | ConditionRecord
    | ProcedureRecord
    | MedicationRecord
    | AppointmentRecord
    | CareTeamRecord
)
Record = PatientRecord | ContactRecord | Clinical


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Something we could not use, kept as it came. `reason` never quotes the source's values, `raw` does
    (cut at 64 KB).
    """

    source_file: str = field(repr=False)
    where: str
    resource_type: str | None
    resource_id: str | None = field(repr=False)
    reason: str
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """All records of one patient in one reading. `patient` is None when the file speaks of someone it does
    not contain.
    """

    reference: Reference
    patient: PatientRecord | None
    contacts: tuple[ContactRecord, ...] = ()
    encounters: tuple[EncounterRecord, ...] = ()
    care_plans: tuple[CarePlanRecord, ...] = ()
    conditions: tuple[ConditionRecord, ...] = ()
    medications: tuple[MedicationRecord, ...] = ()
    appointments: tuple[AppointmentRecord, ...] = ()
    care_teams: tuple[CareTeamRecord, ...] = ()
    procedures: tuple[ProcedureRecord, ...] = ()

    @property
    def clinical(self) -> tuple[Clinical, ...]:
        """All that is said of the person's care."""
        stays: tuple[Clinical, ...] = self.encounters
        others: tuple[Clinical, ...] = (*self.care_plans, *self.conditions, *self.medications)
        return (*stays, *others, *self.procedures, *self.appointments, *self.care_teams)


@dataclass(frozen=True, slots=True)
class Reading:
    """One bundle, or the loose resources and NDJSON files of one folder: what belongs together and can refer
    to each other.

    `raw` keeps the JSON only of people who are not in the reading, so that a caller who doesn't know them
    either can
    quarantine what they sent.
    """

    name: str = field(repr=False)
    people: tuple[Person, ...]
    quarantined: tuple[Quarantined, ...]
    unused: Mapping[str, int]
    notes: tuple[str, ...] = ()
    raw: Mapping[Key, str] = field(default_factory=dict, repr=False)


Resource = dict[str, Any]
