"""What staff commands leave on the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from outreach.audit import commands as audit
from outreach.kernel.unit_of_work import UnitOfWork


def line(
    uow: UnitOfWork,
    action: str,
    kind: str,
    subject_id: UUID | None,
    detail: Mapping[str, Any] | None = None,
    *,
    team_id: UUID | None = None,
) -> None:
    """Write one line about staff into the record."""
    audit.record(uow, action=action, subject_kind=kind, subject_id=subject_id, team_id=team_id, detail=detail)
