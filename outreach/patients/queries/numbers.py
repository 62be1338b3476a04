"""Questions about numbers and whose they are. Asked of several at once where many texts are understood."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, text

from outreach.kernel.errors import NotFound
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import models

_HOLDERS = text(
    """
    WITH RECURSIVE held (link_id, patient_id, merged_into, steps) AS (
        SELECT l.id, p.id, p.merged_into, 0
        FROM patient_phone l JOIN patient p ON p.id = l.patient_id
        WHERE l.phone_id = ANY(:phone_ids) AND l.ended_at IS NULL
        UNION ALL
        SELECT h.link_id, p.id, p.merged_into, h.steps + 1
        FROM held h JOIN patient p ON p.id = h.merged_into WHERE h.steps < 20
    )
    SELECT l.phone_id, l.id AS link_id, l.relation, l.scopes, l.holder_name_enc,
        l.language AS link_language, l.rank, p.id AS patient_id, p.name_enc, p.preferred_name_enc, p.language,
        p.team_id
    FROM held h JOIN patient p ON p.id = h.patient_id JOIN patient_phone l ON l.id = h.link_id
    WHERE h.merged_into IS NULL
    ORDER BY l.relation = 'self' DESC, l.rank, l.id
    """
)

_KNOWN = text("SELECT id, e164_index FROM phone WHERE e164_index = ANY(:indexes)")


class NoSuchPhone(NotFound):
    """There is no such phone."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Whose phone it is: the patient, or a caregiver of theirs. `name` is always the patient's."""

    link_id: UUID
    patient_id: UUID
    relation: str
    scopes: tuple[str, ...]
    name: str = field(repr=False)
    preferred_name: str | None = field(repr=False)
    holder_name: str | None = field(repr=False)
    language: str
    team_id: UUID


def find_phone(uow: UnitOfWork, *, phone: Phone) -> UUID | None:
    """Return the id of a number we know, under any of the index keys in use."""
    return find_phones(uow, phones=[phone]).get(phone)


def find_phones(uow: UnitOfWork, *, phones: Collection[Phone]) -> dict[Phone, UUID]:
    """Return the ids of those numbers that we know, under any of the index keys in use."""
    by_index = {index: phone for phone in phones for index in uow.vault.all_indexes("phone", phone.e164)}
    rows = uow.session.execute(_KNOWN, {"indexes": list(by_index)})
    return {by_index[bytes(row.e164_index)]: row.id for row in rows}


def e164_of(uow: UnitOfWork, *, phone_id: UUID) -> Phone:
    """Return the number of a phone. Raise NoSuchPhone."""
    sealed = uow.session.scalar(select(models.Phone.e164_enc).where(models.Phone.id == phone_id))
    if sealed is None:
        raise NoSuchPhone
    return Phone(uow.vault.open("phone.e164", phone_id, sealed))


def holders(uow: UnitOfWork, *, phone_id: UUID) -> tuple[Holder, ...]:
    """Return whose phone this is now: living links only, patients' own before caregivers'."""
    return holders_of(uow, phone_ids=[phone_id])[phone_id]


def holders_of(uow: UnitOfWork, *, phone_ids: Collection[UUID]) -> dict[UUID, tuple[Holder, ...]]:
    """Return the same for each of several phones."""
    found: dict[UUID, dict[tuple[UUID, str], Holder]] = {phone_id: {} for phone_id in phone_ids}
    for row in uow.session.execute(_HOLDERS, {"phone_ids": list(phone_ids)}):
        holder = Holder(
            link_id=row.link_id,
            patient_id=row.patient_id,
            relation=row.relation,
            scopes=tuple(row.scopes),
            name=uow.vault.open("patient.name", row.patient_id, row.name_enc),
            preferred_name=_open(uow, "patient.preferred_name", row.patient_id, row.preferred_name_enc),
            holder_name=_open(uow, "patient_phone.holder_name", row.link_id, row.holder_name_enc),
            language=row.link_language or row.language,
            team_id=row.team_id,
        )
        found[row.phone_id].setdefault((holder.patient_id, holder.relation), holder)
    return {phone_id: tuple(theirs.values()) for phone_id, theirs in found.items()}


def sole_patient(uow: UnitOfWork, *, phone_id: UUID) -> UUID | None:
    """Return the one patient whose own phone this is; None if it is nobody's or several people's."""
    rows = uow.session.execute(_HOLDERS, {"phone_ids": [phone_id]})
    found = {row.patient_id for row in rows if row.relation == "self"}
    return found.pop() if len(found) == 1 else None


def _open(uow: UnitOfWork, column: str, row_id: UUID, sealed: bytes | None) -> str | None:
    return None if sealed is None else uow.vault.open(column, row_id, sealed)
