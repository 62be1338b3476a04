"""Questions about patients and their phones. A merged row answers as the patient it was merged into."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, select, text

from outreach.audit import commands as audit
from outreach.kernel.asking import Question, Spelled, ask, some
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import models, rules

FAMILY = """
    WITH RECURSIVE up (id, merged_into, steps) AS (
        SELECT id, merged_into, 0 FROM patient WHERE id = :patient_id
        UNION ALL
        SELECT p.id, p.merged_into, up.steps + 1 FROM up JOIN patient p ON p.id = up.merged_into
        WHERE up.steps < 20
    ), root (id) AS (
        SELECT id FROM up ORDER BY steps DESC LIMIT 1
    ), family (id, steps) AS (
        SELECT id, 0 FROM root
        UNION ALL
        SELECT p.id, f.steps + 1 FROM family f JOIN patient p ON p.merged_into = f.id WHERE f.steps < 20
    )
"""
"""The rows that are one person with :patient_id, as `family`, and the row that stays, as `root`."""

_RESOLVE = text(FAMILY + "SELECT id FROM root")  # noqa: S608 - constants of this module
_FAMILY_IDS = text(FAMILY + "SELECT id FROM family ORDER BY steps, id")  # noqa: S608 - as above

_CONTACT_FACTS = text(
    FAMILY  # noqa: S608 - constants of this module
    + """
    SELECT p.id, p.language, p.zone, p.zone_source, p.us_state, p.preferred_hours, p.literacy,
        p.preferred_name_enc, p.team_id, p.risk_tier, p.needs, p.minor_until,
        m.deceased, m.hospice, m.fewer_texts
    FROM root JOIN patient p ON p.id = root.id,
        (SELECT bool_or(deceased_at IS NOT NULL) AS deceased, bool_or(hospice_at IS NOT NULL) AS hospice,
            bool_or(fewer_texts) AS fewer_texts
         FROM patient WHERE id IN (SELECT id FROM family)) AS m
    """
)

_LINKS = text(
    FAMILY  # noqa: S608 - constants of this module
    + """
    SELECT l.id AS link_id, l.phone_id, l.relation, l.scopes, l.holder_name_enc, l.language, l.rank,
        l.ended_at, f.state, f.e164_enc
    FROM patient_phone l JOIN phone f ON f.id = l.phone_id
    WHERE l.patient_id IN (SELECT id FROM family)
    ORDER BY l.ended_at IS NOT NULL, l.relation = 'self' DESC, l.rank, l.id
    """
)


class NoSuchPatient(NotFound):
    """There is no such patient, or they are not in the care of your team."""


@dataclass(frozen=True, kw_only=True)
class ContactFacts:
    """What deciding and wording a text needs to know of a patient."""

    patient_id: UUID
    """The row that stays, where rows were merged."""
    language: str
    zone: str | None
    zone_source: str | None
    us_state: str | None
    preferred_hours: Mapping[str, Any] | None
    literacy: str
    deceased: bool
    hospice: bool
    fewer_texts: bool
    preferred_name: str | None = field(repr=False)
    team_id: UUID
    risk_tier: str | None
    needs: tuple[Any, ...]
    minor_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class PhoneView:
    """A phone of a patient, as staff may see it."""

    link_id: UUID
    phone_id: UUID
    phone: Phone
    relation: str
    holder_name: str | None = field(repr=False)
    scopes: tuple[str, ...]
    language: str | None
    rank: int
    state: str
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PatientView:
    """Everything we know of who a patient is, decrypted: only `access_patient` makes one."""

    id: UUID
    team_id: UUID
    name: str = field(repr=False)
    preferred_name: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    language: str
    zone: str | None
    zone_source: str | None
    us_state: str | None
    preferred_hours: Mapping[str, Any] | None
    literacy: str
    risk_tier: str | None
    needs: tuple[Any, ...]
    fewer_texts: bool
    minor_until: datetime | None
    deceased_at: datetime | None
    hospice_at: datetime | None
    version: int
    identifiers: tuple[tuple[str, str, str], ...] = field(repr=False)
    """(system, kind, value)"""
    phones: tuple[PhoneView, ...]
    merged_ids: tuple[UUID, ...]
    """Other rows that resolve to this patient."""


def resolve(uow: UnitOfWork, *, patient_id: UUID) -> UUID:
    """Return the patient a row stands for after merges. Raise NoSuchPatient."""
    found = uow.session.scalar(_RESOLVE, {"patient_id": patient_id})
    if found is None:
        raise NoSuchPatient
    return UUID(str(found))


def same_person(uow: UnitOfWork, *, patient_id: UUID) -> tuple[UUID, ...]:
    """Return the ids of all rows that are this person, the one that stays first."""
    return tuple(uow.session.scalars(_FAMILY_IDS, {"patient_id": patient_id}))


def contact_facts(uow: UnitOfWork, *, patient_id: UUID) -> ContactFacts:
    """Return what deciding and wording a text needs to know. Raise NoSuchPatient.

    After a merge the row that stays speaks, but a death, hospice or wish for fewer texts on any row holds.
    """
    row = uow.session.execute(_CONTACT_FACTS, {"patient_id": patient_id}).one_or_none()
    if row is None:
        raise NoSuchPatient
    return ContactFacts(
        patient_id=row.id,
        language=row.language,
        zone=row.zone,
        zone_source=row.zone_source,
        us_state=row.us_state,
        preferred_hours=row.preferred_hours,
        literacy=row.literacy,
        deceased=row.deceased,
        hospice=row.hospice,
        fewer_texts=row.fewer_texts,
        preferred_name=_open(uow, "patient.preferred_name", row.id, row.preferred_name_enc),
        team_id=row.team_id,
        risk_tier=row.risk_tier,
        needs=tuple(row.needs),
        minor_until=row.minor_until,
    )


@dataclass(frozen=True, kw_only=True)
class TextingLink:
    """A phone that may get automated texts about a topic, and how it comes to that."""

    link_id: UUID
    phone_id: UUID
    how: str
    """own | chosen | stands_in"""
    language: str | None
    """What a caregiver reads, where we were told; None for the patient's own phone."""


def texting_links(uow: UnitOfWork, *, patient_id: UUID, topic: str | None = None) -> tuple[TextingLink, ...]:
    """Return the usable phones that automated texts about a topic may go to, the one meant for them first."""
    found = []
    for row in uow.session.execute(_LINKS, {"patient_id": patient_id}):
        how = rules.takes_texts(row.scopes, relation=row.relation, topic=topic)
        if row.ended_at is None and row.state == "usable" and how is not None:
            language = None if how == rules.OWN else row.language
            found.append(TextingLink(link_id=row.link_id, phone_id=row.phone_id, how=how, language=language))
    return tuple(sorted(found, key=lambda one: rules.fitness(one.how)))


@dataclass(frozen=True, kw_only=True)
class Caregiver:
    """A phone of somebody near a patient that can be texted, and what they may do."""

    phone_id: UUID
    topics: tuple[str, ...]
    may_answer: bool
    language: str | None


def caregivers(uow: UnitOfWork, *, patient_id: UUID) -> tuple[Caregiver, ...]:
    """Return the usable phones of those near a patient, the one meant first in front."""
    return tuple(
        Caregiver(
            phone_id=row.phone_id,
            topics=rules.topics_of(row.scopes),
            may_answer="answer" in row.scopes,
            language=row.language,
        )
        for row in uow.session.execute(_LINKS, {"patient_id": patient_id})
        if row.relation == "caregiver" and row.ended_at is None and row.state == "usable"
    )


def texting_phone(uow: UnitOfWork, *, patient_id: UUID) -> UUID | None:
    """Return the phone that automated texts go to which nobody was chosen for, None if there is none.

    The patient's own first; a caregiver who may answer stands in. With a topic, ask `consent.queries`.
    """
    links = texting_links(uow, patient_id=patient_id)
    return links[0].phone_id if links else None


def untexted_because(uow: UnitOfWork, *, patient_id: UUID) -> str:
    """Return why a patient has no phone for automated texts: no_phone, unusable, or not_for_answers.

    The last is a phone of somebody near them who may not answer for them.
    """
    links = uow.session.execute(_LINKS, {"patient_id": patient_id})
    states = {row.state for row in links if row.ended_at is None}
    if not states:
        return "no_phone"
    return "not_for_answers" if "usable" in states else "unusable"


def by_identifier(uow: UnitOfWork, *, system: str, kind: str, value: str) -> UUID | None:
    """Return the patient a system knows by this number; the one that stays, if rows were merged."""
    indexes = uow.vault.all_indexes("identifier", identifier_key(system=system, kind=kind, value=value))
    found = uow.session.scalar(
        select(models.PatientIdentifier.patient_id).where(
            models.PatientIdentifier.system == system,
            models.PatientIdentifier.kind == kind,
            models.PatientIdentifier.value_index.in_(indexes),
        )
    )
    return None if found is None else resolve(uow, patient_id=found)


def identifier_key(*, system: str, kind: str, value: str) -> str:
    """Return what the blind index of an identifier is made from; two systems' same number never match."""
    return "\x1f".join((system, kind, value.strip()))


def access_patient(
    uow: UnitOfWork, *, patient_id: UUID, team_ids: Collection[UUID], purpose: str
) -> PatientView:
    """Open a patient's record for somebody of these teams, and put the look on the record.

    Raise NoSuchPatient for a patient of other teams as for one who does not exist: the difference is theirs.
    """
    rows = same_person(uow, patient_id=patient_id)
    if not rows:
        raise NoSuchPatient
    person = Question(_person(), {"patient_id": rows[0]}, lambda _, found: found[0])
    identifiers = Question(_identifiers(), {"rows": list(rows)}, _identifier_values)
    links = Question(_links(), {"rows": list(rows)}, _phone_views)
    found = ask(uow, person, identifiers, links)
    patient = found[person]
    if patient.team_id not in team_ids:
        raise NoSuchPatient
    audit.look(
        uow,
        subject_kind="patient",
        subject_id=patient.id,
        patient_id=patient.id,
        team_id=patient.team_id,
        detail={"purpose": purpose},
    )
    return _view(uow, patient, rows, identifiers=found[identifiers], phones=found[links])


@cache
def _person() -> Spelled:
    return Spelled(select(*models.Patient.__table__.c).where(models.Patient.id == bindparam("patient_id")))


@cache
def _identifiers() -> Spelled:
    one = models.PatientIdentifier
    wanted = select(one.id, one.system, one.kind, one.value_enc).where(one.patient_id == any_(some("rows")))
    return Spelled(wanted.order_by(one.system, one.kind))


@cache
def _links() -> Spelled:
    link, phone = models.PatientPhone, models.Phone
    return Spelled(
        select(
            link.id.label("link_id"), link.phone_id, link.relation, link.scopes, link.holder_name_enc,
            link.language, link.rank, link.ended_at, phone.state, phone.e164_enc,
        )
        .join(phone, phone.id == link.phone_id)
        .where(link.patient_id == any_(some("rows")))
        .order_by(link.ended_at.is_not(None), (link.relation == "self").desc(), link.rank, link.id)
    )  # fmt: skip


def _view(uow: UnitOfWork, patient: Any, rows: tuple[UUID, ...], **beside: Any) -> PatientView:
    born = _open(uow, "patient.birth_date", patient.id, patient.birth_date_enc)
    return PatientView(
        id=patient.id,
        team_id=patient.team_id,
        name=uow.vault.open("patient.name", patient.id, patient.name_enc),
        preferred_name=_open(uow, "patient.preferred_name", patient.id, patient.preferred_name_enc),
        birth_date=date.fromisoformat(born) if born else None,
        language=patient.language,
        zone=patient.zone,
        zone_source=patient.zone_source,
        us_state=patient.us_state,
        preferred_hours=patient.preferred_hours,
        literacy=patient.literacy,
        risk_tier=patient.risk_tier,
        needs=tuple(patient.needs),
        fewer_texts=patient.fewer_texts,
        minor_until=patient.minor_until,
        deceased_at=patient.deceased_at,
        hospice_at=patient.hospice_at,
        version=patient.version,
        merged_ids=rows[1:],
        **beside,
    )


def phones(uow: UnitOfWork, *, patient_id: UUID) -> tuple[PhoneView, ...]:
    """Return a patient's phones, living links first. For callers that have already recorded the look."""
    return _phone_views(uow, uow.session.execute(_LINKS, {"patient_id": patient_id}).all())


def _phone_views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[PhoneView, ...]:
    return tuple(
        PhoneView(
            link_id=row.link_id,
            phone_id=row.phone_id,
            phone=Phone(uow.vault.open("phone.e164", row.phone_id, row.e164_enc)),
            relation=row.relation,
            holder_name=_open(uow, "patient_phone.holder_name", row.link_id, row.holder_name_enc),
            scopes=tuple(row.scopes),
            language=row.language,
            rank=row.rank,
            state=row.state,
            ended_at=row.ended_at,
        )
        for row in rows
    )


def _identifier_values(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (one.system, one.kind, uow.vault.open("patient_identifier.value", one.id, one.value_enc))
        for one in rows
    )


def _open(uow: UnitOfWork, column: str, row_id: UUID, sealed: bytes | None) -> str | None:
    return None if sealed is None else uow.vault.open(column, row_id, sealed)
