"""What is done to patients and their phones. The phone row is the lock of everything texted to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import select
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import events, models, queries, rules
from outreach.patients.commands import words
from outreach.patients.commands.history import note_change

SEALED = ("name", "preferred_name", "birth_date")
KEPT = (
    "language", "zone", "us_state", "preferred_hours", "literacy", "risk_tier", "needs", "fewer_texts",
)  # fmt: skip
"""What texts depend on, beside what somebody is called: each change is kept with its date."""
PLAYED = frozenset({*KEPT, "preferred_name_enc"})


class IdentifierTaken(Conflict):
    """Another patient has this identifier already. Look at both, then merge them or correct one."""


class MergeCircle(Invalid):
    """These two are already the same patient."""


class PatientDetails(TypedDict, total=False):
    """What may be known of a patient beside a name, a team and a language."""

    preferred_name: str | None
    birth_date: date | None
    zone: str | None
    zone_source: str | None
    us_state: str | None
    preferred_hours: Mapping[str, Any] | None
    literacy: str
    risk_tier: str | None
    needs: Iterable[Any]
    fewer_texts: bool
    minor_until: datetime | None


class PatientChanges(PatientDetails, total=False):
    """Fields of a patient that may change; those left out stay."""

    team_id: UUID
    name: str
    language: str


def register(
    uow: UnitOfWork,
    *,
    team_id: UUID,
    name: str,
    language: str = "en",
    **more: Unpack[PatientDetails],
) -> UUID:
    """Add a patient and return their id. Raise BadValue, BadZone or BadHours for what can't be used."""
    patient_id = uow.new_id()
    given: PatientChanges = {"team_id": team_id, "name": name, "language": language, **more}
    patient = models.Patient(id=patient_id, created_at=uow.now, needs=[], version=1)
    for column, value in _columns(uow, patient_id, given).items():
        setattr(patient, column, value)
    uow.session.add(patient)
    uow.session.flush()
    words.index_person(uow, patient_id=patient_id)
    return patient_id


def update(uow: UnitOfWork, *, patient_id: UUID, **changes: Unpack[PatientChanges]) -> bool:
    """Change what is given, leave the rest; return whether anything differed. Raise NoSuchPatient."""
    patient = _patient(uow, patient_id)
    differing = {
        column: value
        for column, value in _columns(uow, patient_id, changes).items()
        if not _same(uow, patient, column, value)
    }
    if "zone" in differing:
        uow.publish(events.ZoneChanged(patient_id=patient_id, zone_was=patient.zone or ""))
    was = _kept(uow, patient)
    for column, value in differing.items():
        setattr(patient, column, value)
    if not PLAYED.isdisjoint(differing):
        note_change(
            uow,
            patient_id=patient_id,
            kind="patient",
            subject_id=patient_id,
            was=was,
            became=_kept(uow, patient),
        )
    if differing:
        patient.version += 1
        uow.session.flush()
    if any(map(words.is_named, differing)):
        words.index_person(uow, patient_id=patient_id)
    return bool(differing)


def add_identifier(uow: UnitOfWork, *, patient_id: UUID, system: str, kind: str, value: str) -> None:
    """Record a number that some system knows the patient by. Raise IdentifierTaken if it is another's."""
    known = queries.by_identifier(uow, system=system, kind=kind, value=value)
    if known is not None:
        if known != queries.resolve(uow, patient_id=patient_id):
            raise IdentifierTaken
        return
    identifier_id = uow.new_id()
    key = queries.identifier_key(system=system, kind=kind, value=value)
    made = uow.session.scalar(
        insert(models.PatientIdentifier)
        .values(
            id=identifier_id,
            patient_id=patient_id,
            system=system,
            kind=kind,
            value_enc=uow.vault.seal("patient_identifier.value", identifier_id, value.strip()),
            value_index=uow.vault.index("identifier", key),
        )
        .on_conflict_do_nothing()
        .returning(models.PatientIdentifier.id)
    )
    if made is None:
        raise IdentifierTaken
    if kind == "mrn":
        words.index_person(uow, patient_id=patient_id)


def attach_phone(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    phone_id: UUID,
    relation: str,
    holder_name: str | None = None,
    scopes: Iterable[str] = (),
    language: str | None = None,
    rank: int = 1,
) -> UUID:
    """Say whose phone this is and return the link's id; saying it again changes what is said.

    A link that was ended stays ended (an import repeating an old number must not bring it back):
    `restore_phone` is for that.
    """
    rules.one_of(relation, rules.RELATIONS)
    link_id = uow.new_id()
    values = {
        "scopes": rules.checked_scopes(scopes),
        "language": rules.checked_language(language) if language else None,
        "rank": rank,
    }
    statement = insert(models.PatientPhone).values(
        id=link_id, patient_id=patient_id, phone_id=phone_id, relation=relation, **values
    )
    found = uow.session.scalar(
        statement.on_conflict_do_update(
            index_elements=["patient_id", "phone_id", "relation"], set_=values
        ).returning(models.PatientPhone.id)
    )
    kept = UUID(str(found))
    if holder_name:
        set_link(uow, kept, holder_name_enc=uow.vault.seal("patient_phone.holder_name", kept, holder_name))
        words.index_person(uow, patient_id=patient_id)
    return kept


def detach_phone(uow: UnitOfWork, *, link_id: UUID) -> None:
    """End a link: this phone is not, or not any more, this person's."""
    set_link(uow, link_id, ended_at=uow.now)


def restore_phone(uow: UnitOfWork, *, link_id: UUID) -> None:
    """Undo the end of a link, on a human's word."""
    set_link(uow, link_id, ended_at=None)


def mark_deceased(uow: UnitOfWork, *, patient_id: UUID, at: datetime | None = None) -> bool:
    """Record a death, so that no program or reminder writes again; return whether it was news."""
    patient = _patient(uow, patient_id)
    if patient.deceased_at is not None:
        return False
    patient.deceased_at = at or uow.now
    patient.version += 1
    uow.publish(events.PatientDied(patient_id=patient_id))
    return True


def mark_hospice(uow: UnitOfWork, *, patient_id: UUID, at: datetime | None = None) -> bool:
    """Record that hospice care began, which ends programs and reminders; return whether it was news."""
    patient = _patient(uow, patient_id)
    if patient.hospice_at is not None:
        return False
    patient.hospice_at = at or uow.now
    patient.version += 1
    uow.publish(events.HospiceBegan(patient_id=patient_id))
    return True


def correct_living(uow: UnitOfWork, *, patient_id: UUID) -> bool:
    """Take back a death or hospice that was recorded by mistake; return whether there was one."""
    patient = _patient(uow, patient_id)
    if patient.deceased_at is None and patient.hospice_at is None:
        return False
    patient.deceased_at = patient.hospice_at = None
    patient.version += 1
    return True


def merge(uow: UnitOfWork, *, patient_id: UUID, into_id: UUID) -> None:
    """Make one row stand for the same person as another. Nothing moves. Raise MergeCircle, NoSuchPatient."""
    _lock_patients(uow, patient_id, into_id)
    target = queries.resolve(uow, patient_id=into_id)
    source = queries.resolve(uow, patient_id=patient_id)
    if source == target:
        raise MergeCircle
    patient = _patient(uow, source)
    patient.merged_into = target
    patient.version += 1
    uow.session.flush()
    uow.publish(events.PatientsMerged(patient_id=source, into_id=target))


def unmerge(uow: UnitOfWork, *, patient_id: UUID) -> bool:
    """Undo a merge: the row is a patient of its own again. Return whether it was merged."""
    patient = _patient(uow, patient_id)
    if patient.merged_into is None:
        return False
    patient.merged_into = None
    patient.version += 1
    uow.session.flush()
    return True


def _kept(uow: UnitOfWork, patient: models.Patient) -> dict[str, Any]:
    """Return what texts depend on."""
    name = patient.preferred_name_enc
    opened = None if name is None else uow.vault.open("patient.preferred_name", patient.id, name)
    return {one: getattr(patient, one) for one in KEPT} | {"preferred_name": opened}


def _patient(uow: UnitOfWork, patient_id: UUID) -> models.Patient:
    patient = uow.session.get(models.Patient, patient_id)
    if patient is None:
        raise queries.NoSuchPatient
    return patient


def _lock_patients(uow: UnitOfWork, *patient_ids: UUID) -> None:
    # In id order, so that two merges can wait for each other but never in a circle.
    query = select(models.Patient.id).where(models.Patient.id.in_(patient_ids)).order_by(models.Patient.id)
    uow.session.execute(query.with_for_update(key_share=True))


def set_link(uow: UnitOfWork, link_id: UUID, **values: Any) -> None:
    """Write columns of the link between a patient and a phone."""
    uow.session.execute(
        sql_update(models.PatientPhone)
        .where(models.PatientPhone.id == link_id)
        .values(**values)
        .execution_options(synchronize_session="fetch")
    )


def _columns(uow: UnitOfWork, patient_id: UUID, given: PatientChanges) -> dict[str, Any]:
    checks: dict[str, Any] = {
        "language": rules.checked_language,
        "zone": rules.checked_zone,
        "us_state": rules.checked_state,
        "preferred_hours": rules.checked_hours,
        "literacy": lambda value: rules.one_of(value, rules.LITERACY),
        "needs": list,
    }
    columns: dict[str, Any] = {}
    for name, value in given.items():
        if name in SEALED:
            columns[f"{name}_enc"] = _sealed(uow, name, patient_id, value)
        else:
            columns[name] = checks[name](value) if name in checks else value
    return columns


def _sealed(uow: UnitOfWork, name: str, patient_id: UUID, value: Any) -> bytes | None:
    if not value:
        return None
    spelled = value.isoformat() if isinstance(value, date) else str(value)
    return uow.vault.seal(f"patient.{name}", patient_id, spelled)


def _same(uow: UnitOfWork, patient: models.Patient, column: str, value: Any) -> bool:
    before = getattr(patient, column)
    if not column.endswith("_enc") or before is None or value is None:
        return bool(before == value)
    name = f"patient.{column.removesuffix('_enc')}"
    return uow.vault.open(name, patient.id, before) == uow.vault.open(name, patient.id, value)
