"""The dated history of enrollments: what a replay plays, where a row tells only what is now."""

from __future__ import annotations

from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs.models import Enrollment, EnrollmentChange


def note(uow: UnitOfWork, row: Enrollment, kind: str, *, reason: str | None = None) -> None:
    """Write down what is about to be done to an enrollment. Call it before the row changes.

    `kind` is one of those the model lists; `reason` says why an enrollment ends.
    """
    uow.session.execute(
        insert(EnrollmentChange).values(
            id=uow.new_id(),
            enrollment_id=row.id,
            at=uow.now,
            kind=kind,
            reason=reason,
            program_version_id=row.program_version_id,
            anchor_at=row.anchor_at,
            anchor_version=row.anchor_version,
        )
    )
