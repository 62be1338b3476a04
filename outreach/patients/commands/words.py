"""What patients are found by: the beginnings of their names, and their record numbers, as blind numbers."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import models, queries


def index_person(uow: UnitOfWork, *, patient_id: UUID) -> None:
    """Make a patient findable by what is known of them now, and by nothing else. Raise NoSuchPatient."""
    known = queries.findable_by(uow, patient_ids=[patient_id])
    if not known:
        raise queries.NoSuchPatient
    fresh = _buckets(uow, known[0])
    uow.session.execute(
        delete(models.PatientWord).where(
            models.PatientWord.patient_id == patient_id, models.PatientWord.bucket.not_in(fresh)
        )
    )
    _add(uow, patient_id, fresh)


def index_people(uow: UnitOfWork, *, after: UUID | None, limit: int = 500) -> UUID | None:
    """Make the next patients findable, in the order of their ids; return where to go on, None at the end."""
    wanted = select(models.Patient.id).order_by(models.Patient.id).limit(limit)
    if after is not None:
        wanted = wanted.where(models.Patient.id > after)
    ids = list(uow.session.scalars(wanted))
    for known in queries.findable_by(uow, patient_ids=ids):
        _add(uow, known.patient_id, _buckets(uow, known))
    return ids[-1] if len(ids) == limit else None


def reindex_phones(uow: UnitOfWork, *, after: UUID | None = None, limit: int = 500) -> UUID | None:
    """Write the current index key's digest for the next phones by id; return where to go on, None at the end.

    Until all are written, look-ups try every key in use, so no phone gets a second row.
    """
    query = select(models.Phone).order_by(models.Phone.id).limit(limit).with_for_update(key_share=True)
    rows = list(uow.session.scalars(query.where(models.Phone.id > after) if after else query))
    for row in rows:
        row.e164_index = uow.vault.index("phone", uow.vault.open("phone.e164", row.id, row.e164_enc))
    uow.session.flush()
    return rows[-1].id if len(rows) == limit else None


def _buckets(uow: UnitOfWork, known: queries.Findable) -> set[int]:
    key = words.team_key(uow.vault, known.team_id)
    return {
        *words.buckets(key, "name", words.name_beginnings(known.names)).values(),
        *words.buckets(key, "mrn", (number for number in map(words.whole, known.numbers) if number)).values(),
    }


def _add(uow: UnitOfWork, patient_id: UUID, buckets: Iterable[int]) -> None:
    rows = [{"bucket": bucket, "patient_id": patient_id} for bucket in sorted(buckets)]
    if rows:
        uow.session.execute(insert(models.PatientWord).values(rows).on_conflict_do_nothing())


def is_named(column: str) -> bool:
    """Say whether a changed column changes what a patient is found by."""
    return column in ("name_enc", "preferred_name_enc", "team_id")
