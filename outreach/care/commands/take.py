"""Taking in one record: found by its source's id, compared by digest, written if it says something new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from outreach.care import queries
from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.facts import Fact
from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as writing
from outreach.patients import queries as people

Changed = Literal["new", "changed", "same"]
KEPT: Mapping[str, tuple[str, ...]] = {
    "appointment": ("status", "source_status", "starts_at", "booked_on", "start_version", "received_at"),
    "care_plan_activity": ("status", "phrase", "day", "timing", "received_at"),
    "medication_supply": ("status", "runs_out_on", "days_source", "version", "received_at"),
}
"""What texts depend on, by table: each change is kept with its date."""


class OtherPatientsRecord(Conflict):
    """The source gives this record to another patient than before. Look at both; nothing was overwritten."""


class NotInUse(Invalid):
    """This value is not one that the clinical record knows."""


@dataclass(frozen=True, kw_only=True)
class Put:
    """Where a record is kept, and whether it said anything new."""

    id: UUID
    changed: Changed


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A row after taking in what the source says, with what it was before."""

    row: Any
    changed: Changed
    before: Mapping[str, Any]

    @property
    def put(self) -> Put:
        """What the caller of a command is told."""
        return Put(id=self.row.id, changed=self.changed)


def take(
    uow: UnitOfWork,
    model: Any,
    *,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    values: Mapping[str, Any],
    detail: Mapping[str, Any] | None,
    first: Mapping[str, Any] | None = None,
) -> Taken:
    """Take in one record; `values` are columns the source rules, `first` those it only starts.

    Raise OtherPatientsRecord.
    """
    words = json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str) if detail else None
    told = json.dumps([dict(values), words], sort_keys=True, default=str)
    row = queries.by_source(uow, model, source_system=source_system, source_id=source_id, lock=True)
    if row is None:
        made = _insert(
            uow, model, patient_id, source_system, source_id, {**values, **(first or {})}, words, told
        )
        if made is not None:
            return Taken(row=made, changed="new", before={})
        row = queries.by_source(uow, model, source_system=source_system, source_id=source_id, lock=True)
    if row is None:
        raise queries.NoSuchRecord
    _same_patient(uow, row.patient_id, patient_id)
    if bytes(row.digest) in uow.vault.all_indexes("digest", told):
        return Taken(row=row, changed="same", before={})
    before = {name: getattr(row, name) for name in {*values, *KEPT.get(model.__tablename__, ())}}
    for name, value in values.items():
        setattr(row, name, value)
    row.detail_enc = _sealed(uow, model, row.id, words)
    row.digest = uow.vault.index("digest", told)
    row.version += 1
    row.received_at = uow.now
    uow.session.flush()
    return Taken(row=row, changed="changed", before=before)


def keep(uow: UnitOfWork, taken: Taken, *, kind: str) -> None:
    """Keep what a record said until now, with its date, if it says something else now."""
    names = KEPT[taken.row.__tablename__]
    if taken.changed == "changed":
        writing.note_change(
            uow,
            patient_id=taken.row.patient_id,
            kind=kind,
            subject_id=taken.row.id,
            was={name: taken.before[name] for name in names},
            became={name: getattr(taken.row, name) for name in names},
        )


def _insert(
    uow: UnitOfWork,
    model: Any,
    patient_id: UUID,
    source_system: str,
    source_id: str,
    values: Mapping[str, Any],
    words: str | None,
    told: str,
) -> Any:
    row_id = uow.new_id()
    made = uow.session.scalar(
        insert(model)
        .values(
            id=row_id,
            patient_id=patient_id,
            source_system=source_system,
            source_index=uow.vault.index("source", queries.source_key(model, source_id)),
            digest=uow.vault.index("digest", told),
            received_at=uow.now,
            version=1,
            detail_enc=_sealed(uow, model, row_id, words),
            **values,
        )
        .on_conflict_do_nothing(index_elements=["source_system", "source_index"])
        .returning(model.id)
    )
    return None if made is None else uow.session.get(model, made)


def _sealed(uow: UnitOfWork, model: Any, row_id: UUID, words: str | None) -> bytes | None:
    required = not model.__table__.c.detail_enc.nullable
    if words is None and not required:
        return None
    return uow.vault.seal(f"{model.__tablename__}.detail", row_id, words or "{}")


def _same_patient(uow: UnitOfWork, kept: UUID, told: UUID) -> None:
    if kept != told and people.resolve(uow, patient_id=kept) != people.resolve(uow, patient_id=told):
        raise OtherPatientsRecord


def tell_once(uow: UnitOfWork, fact: Fact) -> None:
    """Publish a fact unless this transaction has done so already."""
    if fact not in uow.facts:
        uow.publish(fact)


def known(value: str, allowed: tuple[str, ...]) -> None:
    """Raise NotInUse for a value that is not among those allowed."""
    if value not in allowed:
        raise NotInUse(Said("This must be one of: %(values)s.", values=", ".join(allowed)))
