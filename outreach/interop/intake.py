"""One person's records into our tables, in one transaction, so that a plan never sees half of them."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from outreach.consent import commands as consent
from outreach.consent import queries as ledger
from outreach.interop import chart, contacts, quarantine
from outreach.interop.fhir import discharges
from outreach.interop.fhir.records import PatientRecord, Person, Quarantined, Reference
from outreach.interop.models import Imported
from outreach.kernel.errors import Conflict, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people

MRN = "MR"
"""HL7 v2-0203: medical record number.

Social security and passport numbers are of no use to us and not kept.
"""


class PatientUnknown(NotFound):
    """belongs to a patient who is neither in the files nor known here"""


class AnotherPerson(Conflict):
    """has the id of another patient, with another name and birth date; give each system its own --source"""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How an import is to be done."""

    source: str
    """Names the system the ids come from: the same id from another source is another record."""
    team_id: UUID
    demo_phones: bool = False
    warned: str | None = None
    """Version of the words by which registration told all of them that texts are not encrypted."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of one person."""

    patient_id: UUID
    counts: Counter[tuple[str, str]]
    """(kind of record, new | changed | same): how many"""
    quarantined: Counter[tuple[str, str]]
    """(kind of record, reason): how many"""
    standing: str | None
    """Why no plan starts; None if the person went home within the last half year."""
    late: bool
    """They went home more than a month ago: they join late what still runs."""
    phones: str
    """given | demo | none | kept"""
    unusable_phones: int


def take_in(uow: UnitOfWork, *, person: Person, terms: Terms) -> Taken:
    """Take in one person with all their records; what was taken in before and is unchanged stays as it is.

    Raise PatientUnknown for records of someone who is neither in `person` nor known; AnotherPerson.
    """
    counts: Counter[tuple[str, str]] = Counter()
    aside: list[Quarantined] = []
    reached = contacts.Reached(given=0, demo=False, unusable=())
    patient_id = _known(uow, person.reference, terms)
    if person.patient is not None:
        told = _told(person, terms)
        if patient_id is None or not _said_before(uow, person.patient, terms, told):
            patient_id, state = _put_patient(uow, patient_id, person.patient, terms, aside)
            reached = contacts.put_phones(
                uow,
                patient_id=patient_id,
                patient=person.patient,
                contacts=person.contacts,
                demo=terms.demo_phones,
            )
            if not terms.demo_phones:  # with a pretend phone in their place nobody has anything to mend
                aside += _unusable(person.patient, reached)
            _remember(uow, person.patient, terms, told)
        else:
            state = "same"
        counts["patients", state] += 1
    if patient_id is None:
        raise PatientUnknown
    if terms.warned and person.patient is not None:
        _note_warning(uow, patient_id, person.patient.language or "en", terms.warned)
    charted = chart.put_chart(uow, patient_id=patient_id, source=terms.source, person=person)
    aside += [_refused(person, key.resource_type, key.id, reason) for key, reason in charted.aside]
    quarantine.keep(uow, source="fhir", records=aside)
    stands = discharges.standing(person, now=uow.now)
    return Taken(
        patient_id=patient_id,
        counts=counts + charted.counts,
        quarantined=Counter((one.resource_type or "", one.reason) for one in aside),
        standing=None if stands.discharge else stands.reason,
        late=discharges.is_late(stands, now=uow.now),
        phones=_phones(uow, patient_id, reached),
        unusable_phones=len(reached.unusable),
    )


def refused_whole(person: Person, reason: str) -> Quarantined:
    """Return a person's records as one quarantined record, for when none of them could be taken in."""
    words = json.dumps(dataclasses.asdict(person), default=str, ensure_ascii=False)
    key = person.reference.key
    return Quarantined("", "all records of a patient", "Patient", key.id if key else None, reason, words)


def _note_warning(uow: UnitOfWork, patient_id: UUID, language: str, version: str) -> None:
    phone_id = people.texting_phone(uow, patient_id=patient_id)
    before = ledger.warned(uow, patient_id=patient_id)
    if phone_id is None or (before is not None and before.wording_version == version):
        return
    consent.record_warning(
        uow,
        patient_id=patient_id,
        phone_id=phone_id,
        how="import",
        wording_version=version,
        language=language,
    )


def _known(uow: UnitOfWork, link: Reference, terms: Terms) -> UUID | None:
    if link.key:
        return people.by_identifier(uow, system=terms.source, kind="source", value=link.key.id)
    if link.identifier:
        system, value = link.identifier
        return people.by_identifier(uow, system=system, kind="mrn", value=value)
    return None


def _put_patient(
    uow: UnitOfWork,
    patient_id: UUID | None,
    patient: PatientRecord,
    terms: Terms,
    aside: list[Quarantined],
) -> tuple[UUID, str]:
    details = _details(uow, patient)
    name, language = patient.full_name, patient.language or "en"
    if patient_id is None:
        if patient.interpreter_needed:
            details["needs"] = ("interpreter",)
        patient_id = patients.register(uow, team_id=terms.team_id, name=name, language=language, **details)
        patients.add_identifier(
            uow, patient_id=patient_id, system=terms.source, kind="source", value=patient.key.id
        )
        state = "new"
    else:
        _refuse_another(uow, patient_id, patient)
        changed = patients.update(uow, patient_id=patient_id, name=name, language=language, **details)
        state = "changed" if changed else "same"
    _add_record_numbers(uow, patient_id, patient, aside)
    if patient.deceased:
        at = patient.deceased_at.at if patient.deceased_at else None
        patients.mark_deceased(uow, patient_id=patient_id, at=at)
    if patient.replaced_by is not None:
        reason = "says that another record replaces it; merge the two if they are one person"
        aside.append(_about(patient, "Patient.link", reason))
    return patient_id, state


def _details(uow: UnitOfWork, patient: PatientRecord) -> patients.PatientDetails:
    zone = patient.zone
    source = "none" if zone.name is None else "stated" if zone.provenance.startswith("named") else "address"
    return {
        "preferred_name": patient.preferred_name,
        "birth_date": patient.birth_date,
        "zone": zone.name,
        "zone_source": source,
        "us_state": zone.state,
        "minor_until": contacts.adult_on(patient.birth_date, uow.now),
    }


def _refuse_another(uow: UnitOfWork, patient_id: UUID, patient: PatientRecord) -> None:
    team_id = people.contact_facts(uow, patient_id=patient_id).team_id
    known = people.access_patient(uow, patient_id=patient_id, team_ids=[team_id], purpose="import")
    other_day = known.birth_date and patient.birth_date and known.birth_date != patient.birth_date
    if other_day and not _name_words(known.name) & _name_words(patient.full_name):
        raise AnotherPerson


def _name_words(name: str) -> set[str]:
    return set(name.casefold().split())


def _add_record_numbers(
    uow: UnitOfWork, patient_id: UUID, patient: PatientRecord, aside: list[Quarantined]
) -> None:
    for one in patient.identifiers:
        if one.kind != MRN:
            continue
        try:
            patients.add_identifier(
                uow, patient_id=patient_id, system=one.system or "", kind="mrn", value=one.value
            )
        except patients.IdentifierTaken:
            reason = "has a record number that another patient has too; merge the two if they are one person"
            aside.append(_about(patient, "Patient.identifier", reason))


def _unusable(patient: PatientRecord, reached: contacts.Reached) -> list[Quarantined]:
    reason = "is not a telephone number that can be texted"
    return [_about(patient, "Patient.telecom", reason, value=one.value) for one in reached.unusable]


def _about(patient: PatientRecord, kind: str, reason: str, **more: str) -> Quarantined:
    raw = json.dumps({"patient": patient.key.id, "name": patient.full_name, **more}, ensure_ascii=False)
    return Quarantined("", kind, kind, patient.key.id, reason, raw)


def _refused(person: Person, kind: str, own: str, reason: str) -> Quarantined:
    same = (one for one in person.clinical if (one.key.resource_type, one.key.id) == (kind, own))
    record = next(same, None)
    words = json.dumps(dataclasses.asdict(record), default=str, ensure_ascii=False) if record else ""
    return Quarantined("", kind, kind, own, reason, words)


def _phones(uow: UnitOfWork, patient_id: UUID, reached: contacts.Reached) -> str:
    if reached.demo:
        return "demo"
    return "given" if people.texting_phone(uow, patient_id=patient_id) else "none"


def _told(person: Person, terms: Terms) -> str:
    told = [dataclasses.asdict(one) for one in (person.patient, *person.contacts) if one is not None]
    return json.dumps([told, terms.demo_phones], sort_keys=True, default=str)


def _said_before(uow: UnitOfWork, patient: PatientRecord, terms: Terms, told: str) -> bool:
    digest = uow.session.scalar(
        select(Imported.digest).where(
            Imported.source_system == terms.source,
            Imported.source_index.in_(uow.vault.all_indexes("source", _own_name(patient))),
        )
    )
    return digest is not None and bytes(digest) in uow.vault.all_indexes("digest", told)


def _remember(uow: UnitOfWork, patient: PatientRecord, terms: Terms, told: str) -> None:
    values = {"digest": uow.vault.index("digest", told), "at": uow.now}
    statement = insert(Imported).values(
        source_system=terms.source,
        source_index=uow.vault.index("source", _own_name(patient)),
        **values,
    )
    uow.session.execute(
        statement.on_conflict_do_update(index_elements=["source_system", "source_index"], set_=values)
    )


def _own_name(patient: PatientRecord) -> str:
    return f"{patient.key.resource_type}\x1f{patient.key.id}"
