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
        added += add_version(uow, found, shipped=True) is not None
    return added


def add_version(
    uow: UnitOfWork, found: files.Read, *, shipped: bool = False, proposed_by: UUID | None = None
) -> UUID | None:
    """Store a file as the next version of its program, a draft; None if this very file is one already.

    The first version of a program we ship is in force at once.
    """
    key = found.program.key
    # Two versions added at once would both take the next number.
    uow.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"program:{key}"))))
    known = uow.session.execute(
        select(
            func.max(ProgramVersion.number).label("last"),
            func.bool_or(ProgramVersion.file_hash == found.file_hash).label("same"),
        ).where(ProgramVersion.program == key)
    ).one()
    if known.same:
        return None
    in_force = shipped and known.last is None
    row = ProgramVersion(
        id=uow.new_id(),
        program=key,
        number=(known.last or 0) + 1,
        file_hash=found.file_hash,
        definition=found.definition,
        source_text=found.source_text,
        state="released" if in_force else "draft",
        released_at=uow.now if in_force else None,
        proposed_by=proposed_by,
    )
    uow.session.add(row)
    uow.session.flush()
    audit.record(
        uow,
        action="program_installed" if shipped else "program_proposed",
        subject_kind="program_version",
        subject_id=row.id,
        detail={"program": row.program, "number": row.number},
    )
    return row.id
