"""A program version on its way: one person proposes it, another releases it, its patients move on purpose."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update

from outreach.audit import commands as audit
from outreach.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import files, queries
from outreach.programs.commands import enroll, history
from outreach.programs.commands import release as library
from outreach.programs.models import Enrollment, ProgramVersion
from outreach.programs.rules.definition import Program
from outreach.touchpoints import commands as touchpoints


class NotClean(Invalid):
    """The program file has problems. Mend them, then propose it again."""


class SaidBefore(Conflict):
    """This very file is a version already. Nothing was added."""


class NoSuchVersion(NotFound):
    """There is no such version of a program."""


class NotADraft(Conflict):
    """This version was released or withdrawn meanwhile. Look again."""


class TwoPeople(NotAllowed):
    """A release needs two people: somebody other than the one who proposed it must release it."""


class NotInForce(Conflict):
    """Patients can be moved to the version in force only. Release it first."""


def propose(uow: UnitOfWork, *, source_text: str, by_staff_id: UUID) -> UUID:
    """Keep a program file as a draft for a colleague to release. Raise NotClean or SaidBefore."""
    if _to_mend(uow, source_text):
        raise NotClean
    version_id = library.add_version(uow, files.read(source_text), proposed_by=by_staff_id)
    if version_id is None:
        raise SaidBefore
    return version_id


def stand_for(uow: UnitOfWork, *, version_id: UUID, by_staff_id: UUID) -> None:
    """Propose a draft that came with the software, so that a colleague can release it. Raise NotADraft."""
    row = _draft(uow, version_id)
    if row.proposed_by is None:
        row.proposed_by = by_staff_id
        _line(uow, "program_proposed", row)


def release(uow: UnitOfWork, *, version_id: UUID, by_staff_id: UUID) -> None:
    """Put a draft in force for whoever is enrolled from now on. Patients keep the version they have.

    Raise TwoPeople for whoever proposed it, and for a draft nobody has proposed; NotADraft; NotClean for a
    file that today's checks and today's rosters refuse.
    """
    row = _draft(uow, version_id)
    if row.proposed_by in (None, by_staff_id):
        raise TwoPeople
    if _to_mend(uow, row.source_text):
        raise NotClean
    uow.session.execute(
        update(ProgramVersion)
        .where(ProgramVersion.program == row.program, ProgramVersion.state == "released")
        .values(state="retired")
    )
    row.state, row.released_by, row.released_at = "released", by_staff_id, uow.now
    _line(uow, "program_released", row)


def withdraw(uow: UnitOfWork, *, version_id: UUID) -> None:
    """Take a draft back. Raise NotADraft."""
    row = _draft(uow, version_id)
    row.state = "withdrawn"
    _line(uow, "program_withdrawn", row)


def migrate(uow: UnitOfWork, *, to_version_id: UUID, team_ids: Collection[UUID]) -> int:
    """Move the patients of some teams from older versions to a released one; return how many.

    What was sent stays as it was said. What is still to come follows the new version; what the old one has
    said already, the new one does not say again. Raise NoSuchVersion or NotInForce.
    """
    target = uow.session.get(ProgramVersion, to_version_id)
    if target is None:
        raise NoSuchVersion
    if target.state != "released":
        raise NotInForce
    program = files.load(target.definition)
    rows = uow.session.scalars(
        select(Enrollment)
        .where(
            Enrollment.program == target.program,
            Enrollment.program_version_id != to_version_id,
            Enrollment.team_id.in_(list(team_ids)),
            Enrollment.state.in_(enroll.RUNNING),
        )
        .order_by(Enrollment.id)
        .with_for_update(key_share=True)
    ).all()
    for row in rows:
        _move(uow, row, to_version_id, program)
    _line(uow, "patients_migrated", target, count=len(rows))
    return len(rows)


def _move(uow: UnitOfWork, row: Enrollment, version_id: UUID, program: Program) -> None:
    history.note(uow, row, "migrated")
    row.program_version_id = version_id
    row.anchor_version += 1
    if row.state != "active":
        return  # what is paused is planned anew when somebody takes it up
    enroll.plan_anew(uow, row, program)
    touchpoints.drop_repeated(uow, patient_id=row.patient_id, enrollment_id=row.id)


def _to_mend(uow: UnitOfWork, source_text: str) -> bool:
    return any(one.blocks for one in files.check(source_text, rostered=queries.rostered(uow)))


def _draft(uow: UnitOfWork, version_id: UUID) -> ProgramVersion:
    row = uow.session.get(ProgramVersion, version_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NoSuchVersion
    if row.state != "draft":
        raise NotADraft
    return row


def _line(uow: UnitOfWork, action: str, row: ProgramVersion, **detail: int) -> None:
    audit.record(
        uow,
        action=action,
        subject_kind="program_version",
        subject_id=row.id,
        detail={"program": row.program, "number": row.number, **detail},
    )
