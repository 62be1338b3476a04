"""Whose phone is whose: the numbers a source names for a patient and for those near them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from uuid import UUID

from outreach.consent import commands as consent
from outreach.consent import rules as purposes
from outreach.interop import demo_phones
from outreach.interop.fhir.records import ContactRecord, PatientRecord, Telecom
from outreach.kernel import phone
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.patients import queries as people

ADULT_AT = 18
OWN_SAY_AT = 12
"""From here on, states let a minor keep some care from a parent (product.md §4): staff decide who is
texted.
"""
PARENTS = frozenset(
    {"MTH", "NMTH", "NMTHF", "FTH", "NFTH", "NFTHF", "PRN", "PRNT", "GUARD", "STPPRN", "ADOPTP"}
)
"""HL7 v3 RoleCode of mothers, fathers, parents and guardians."""
PARENT_MAY = ("answer", "be_told")
"""A small child's parent answers in the child's place and is told: their personal representative (45 CFR
164.502(g)(3)).
"""
_OUTDATED_RANK = 50

GIVEN = "The number stands in the record that the hospital sent us."
"""What the ledger keeps of how we know a number that was imported."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """How a patient can be reached after an import."""

    given: int
    """Numbers that the source names and that can be texted."""
    demo: bool
    unusable: tuple[Telecom, ...] = field(repr=False)


def put_phones(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    patient: PatientRecord,
    contacts: Iterable[ContactRecord],
    demo: bool,
) -> Reached:
    """Link the numbers a source names to the patient, never touching a link that is already there.

    Links that staff ended stay ended. A number of the patient's own that the source no longer names comes
    after
    the others. A minor's number counts as a parent's: under 12 it is texted in their place, from 12 on staff
    decide.
    With `demo`, someone without any number gets one kept for fiction.
    """
    links = people.phones(uow, patient_id=patient_id)
    known = {(link.phone.e164, link.relation) for link in links}
    relation, scopes = _as(patient.birth_date, uow.now)
    numbers, unusable = _checked(patient.telecoms, uow.now)
    given_demo = demo and not numbers and not links
    if given_demo:
        numbers = [demo_phones.demo_phone(f"{patient.key.resource_type}/{patient.key.id}", taken=_Taken(uow))]
    for rank, number in enumerate(numbers, start=1):
        if (number.e164, relation) not in known:
            _attach(uow, patient_id, number, relation=relation, scopes=scopes, rank=rank)
    if numbers:
        current = {number.e164 for number in numbers}
        _outdate(uow, patient_id, [link for link in links if link.phone.e164 not in current])
    for contact in contacts:
        _put_contact(uow, patient_id, contact, known, texted=relation == "caregiver" and bool(scopes))
    return Reached(given=0 if given_demo else len(numbers), demo=given_demo, unusable=tuple(unusable))


def adult_on(birth_date: date | None, now: datetime) -> datetime | None:
    """Return when a patient who is a minor now comes of age, None for an adult or an unknown age."""
    if birth_date is None:
        return None
    birthday = _birthday(birth_date, ADULT_AT)
    return birthday if birthday > now else None


def _as(birth_date: date | None, now: datetime) -> tuple[str, tuple[str, ...]]:
    if adult_on(birth_date, now) is None:
        return "self", ()
    own_say = birth_date is not None and _birthday(birth_date, OWN_SAY_AT) <= now
    return "caregiver", () if own_say else PARENT_MAY


def _birthday(birth_date: date, age: int) -> datetime:
    year = birth_date.year + age
    # Who was born on a leap day comes of age on the first of March in other years.
    leap = (birth_date.month, birth_date.day) == (2, 29) and not _is_leap(year)
    day = date(year, 3, 1) if leap else birth_date.replace(year=year)
    return datetime.combine(day, time(), UTC)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _checked(telecoms: Iterable[Telecom], now: datetime) -> tuple[list[Phone], list[Telecom]]:
    usable: dict[str, Phone] = {}
    unusable = []
    for one in telecoms:
        if one.until and one.until.at <= now:
            continue
        try:
            found = phone.parse(one.value)
        except phone.NotAPhone:
            unusable.append(one)
        else:
            usable.setdefault(found.e164, found)
    return list(usable.values()), unusable


def _attach(
    uow: UnitOfWork,
    patient_id: UUID,
    number: Phone,
    *,
    relation: str,
    scopes: tuple[str, ...],
    rank: int,
    holder: str | None = None,
    language: str | None = None,
) -> None:
    phone_id = patients.phone_for(uow, phone=number)
    patients.attach_phone(
        uow,
        patient_id=patient_id,
        phone_id=phone_id,
        relation=relation,
        scopes=scopes,
        rank=rank,
        holder_name=holder,
        language=language,
    )
    if relation == "self" or "answer" in scopes:
        # The number was given to the hospital by the patient: 47 CFR 64.1200 as read by the FCC in 2015.
        consent.record_basis(
            uow,
            patient_id=patient_id,
            phone_id=phone_id,
            purposes=purposes.PURPOSES,
            how="import",
            evidence=GIVEN,
        )


def _outdate(uow: UnitOfWork, patient_id: UUID, links: Iterable[people.PhoneView]) -> None:
    for link in links:
        if link.relation == "self" and link.ended_at is None and link.rank < _OUTDATED_RANK:
            patients.attach_phone(
                uow,
                patient_id=patient_id,
                phone_id=link.phone_id,
                relation=link.relation,
                scopes=link.scopes,
                language=link.language,
                rank=_OUTDATED_RANK,
            )


def _put_contact(
    uow: UnitOfWork,
    patient_id: UUID,
    contact: ContactRecord,
    known: set[tuple[str, str]],
    *,
    texted: bool,
) -> None:
    """Link a contact's numbers. Being named is not consent: only a small child's parent is texted."""
    over = contact.until is not None and contact.until.at <= uow.now
    if not contact.active or over:
        return
    parent = any(code.code in PARENTS for code in contact.relationship_codes)
    numbers, _ = _checked(contact.telecoms, uow.now)
    for rank, number in enumerate(numbers, start=2):
        if (number.e164, "caregiver") not in known:
            _attach(
                uow,
                patient_id,
                number,
                relation="caregiver",
                scopes=PARENT_MAY if texted and parent else (),
                rank=rank,
                holder=contact.name,
                language=contact.language,
            )


class _Taken:
    """All numbers that are somebody's already, asked one at a time."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def __contains__(self, e164: object) -> bool:
        return people.find_phone(self._uow, phone=Phone(str(e164))) is not None
