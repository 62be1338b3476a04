"""The dated history of records: what a replay plays, where a row tells only what is now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import RecordChange


def note_change(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    kind: str,
    subject_id: UUID,
    was: Mapping[str, Any],
    became: Mapping[str, Any],
) -> None:
    """Write down what a record said until now, and what it says from now on.

    `kind` is one of those the model lists. Dates and times are kept as ISO 8601.
    """
    row_id = uow.new_id()
    words = json.dumps({"was": dict(was), "became": dict(became)}, default=_plain)
    uow.session.execute(
        insert(RecordChange).values(
            id=row_id,
            patient_id=patient_id,
            kind=kind,
            subject_id=subject_id,
            at=uow.now,
            change_enc=uow.vault.seal("record_change.change", row_id, words),
        )
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
