"""What records said until they were changed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import RecordChange


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One change of somebody's record."""

    patient_id: UUID
    kind: str
    """patient | appointment | activity | supply"""
    subject_id: UUID
    at: datetime
    was: Mapping[str, Any] = field(repr=False)
    became: Mapping[str, Any] = field(repr=False)


def record_changes(uow: UnitOfWork, *, patient_ids: Collection[UUID]) -> tuple[Changed, ...]:
    """Return what was changed in records, in order. Dates and times are ISO 8601."""
    row = RecordChange
    rows = uow.session.scalars(select(row).where(row.patient_id.in_(patient_ids)).order_by(row.no))
    return tuple(
        Changed(
            patient_id=one.patient_id,
            kind=one.kind,
            subject_id=one.subject_id,
            at=one.at,
            **json.loads(uow.vault.open("record_change.change", one.id, one.change_enc)),
        )
        for one in rows
    )
