"""The version of a program that a page's address names."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import files, queries
from outreach.programs.commands import releasing
from outreach.programs.rules.definition import Program


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A version, its file as written, and what the file says."""

    view: queries.VersionView
    source_text: str
    program: Program


def opened(uow: UnitOfWork, version_id: UUID) -> Opened:
    """Return a version. Raise NoSuchVersion."""
    found = queries.version(uow, version_id=version_id)
    if found is None:
        raise releasing.NoSuchVersion
    view, source_text = found
    return Opened(view=view, source_text=source_text, program=files.read(source_text).program)
