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
