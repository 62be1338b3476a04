"""Putting program files into force."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from outreach.audit import commands as audit
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import files
from outreach.programs.models import ProgramVersion


def install_library(uow: UnitOfWork) -> int:
    """Store the programs we ship: the first version of each is released, a newer file waits as a draft.

    Return how many versions were added. A file already stored changes nothing.
    """
    added = 0
    for found in files.library():
        added += _store(uow, found) is not None
    return added


def _store(uow: UnitOfWork, found: files.Read) -> UUID | None:
    key = found.program.key
    known = uow.session.execute(
        select(
            func.max(ProgramVersion.number), func.bool_or(ProgramVersion.file_hash == found.file_hash)
        ).where(ProgramVersion.program == key)
    ).one()
    if known[1]:
        return None
    first = known[0] is None
    row = ProgramVersion(
        id=uow.new_id(),
        program=key,
        number=(known[0] or 0) + 1,
        file_hash=found.file_hash,
        definition=found.definition,
        source_text=found.source_text,
        state="released" if first else "draft",
        released_at=uow.now if first else None,
    )
    uow.session.add(row)
    uow.session.flush()
    audit.record(uow, action="program_installed", subject_kind="program_version", subject_id=row.id)
    return row.id
