"""What other systems sent and we could not use: kept sealed with its reason until a person settles it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import commands as audit
from outreach.interop.fhir.records import Quarantined
from outreach.interop.models import Quarantine
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork


class NoSuchQuarantine(NotFound):
    """There is no such record in quarantine, or somebody settled it already."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """One record in quarantine, opened."""

    id: UUID
    source: str
    record_kind: str
    reason: str
    where: str = field(repr=False)
    raw: str = field(repr=False)
    at: datetime


def keep(uow: UnitOfWork, *, source: str, records: Iterable[Quarantined]) -> int:
    """Keep what could not be used and return how many of it are new; the same record is kept once per reason.

    `source` is the way it came: "fhir", "hl7" or "csv". A record whose quarantine was settled and that comes
    again is not new either: a person has decided about it.
    """
    return sum(_keep_one(uow, source, one) for one in records)


def settle(uow: UnitOfWork, *, quarantine_id: UUID, staff_id: UUID | None) -> None:
    """Mark a record as dealt with. Raise NoSuchQuarantine if there is none open."""
    found = uow.session.scalar(
        update(Quarantine)
        .where(Quarantine.id == quarantine_id, Quarantine.settled_at.is_(None))
        .values(settled_at=uow.now, settled_by=staff_id)
        .returning(Quarantine.id)
    )
    if found is None:
        raise NoSuchQuarantine


def unsettled(uow: UnitOfWork, *, limit: int = 100) -> tuple[Held, ...]:
    """Return what waits for a person, the oldest first. For callers that have recorded the look."""
    rows = uow.session.scalars(
        select(Quarantine)
        .where(Quarantine.settled_at.is_(None))
        .order_by(Quarantine.at, Quarantine.id)
        .limit(limit)
    )
    return tuple(
        Held(
            id=row.id,
            source=row.source,
            record_kind=row.record_kind,
            reason=row.reason,
            where=uow.vault.open("quarantine.where", row.id, row.where_enc),
            raw=uow.vault.open("quarantine.raw", row.id, row.raw_enc),
            at=row.at,
        )
        for row in rows
    )


def record_look(uow: UnitOfWork) -> None:
    """Put on the record that somebody looked at the list."""
    audit.record(uow, action="looked_at_list", subject_kind="quarantine")


def _keep_one(uow: UnitOfWork, source: str, one: Quarantined) -> bool:
    row_id = uow.new_id()
    kind = one.resource_type or "unknown"
    # The file's name belongs to the sealed part: many exports put the patient's name into it.
    where = f"{one.source_file}: {one.where}"
    found = uow.session.scalar(
        insert(Quarantine)
        .values(
            id=row_id,
            source=source,
            record_kind=kind[:60],
            reason=one.reason,
            digest=uow.vault.index("digest", json.dumps([source, kind, one.reason, one.raw or where])),
            where_enc=uow.vault.seal("quarantine.where", row_id, where),
            raw_enc=uow.vault.seal("quarantine.raw", row_id, one.raw),
            at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["digest"])
        .returning(Quarantine.id)
    )
    return found is not None
