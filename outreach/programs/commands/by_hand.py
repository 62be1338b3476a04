"""What staff do to one patient's programs: enroll by hand, pause, take up again, stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from outreach.kernel.errors import Conflict, Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands import enroll, history, joining
from outreach.programs.models import Enrollment
from outreach.touchpoints import commands as touchpoints

SHORTEST_REASON = 10


class InItAlready(Conflict):
    """They are in this program already. Stop that one first if it should begin anew."""


class NotInItsAudience(Invalid):
    """The program was not written for this patient. To enroll them all the same, say why."""


class NoSuchProgram(NotFound):
    """There is no such released program."""


class NoLongerLikeThat(Conflict):
    """This program has been stopped, paused or finished since you looked. Look again."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A released program, and whether this patient is who it was written for."""

    version_id: UUID
    title: str
    days: int
    fits: bool
    running: bool
    """They are in it now."""
    replaced: bool
    """A program they are in takes its place: both would say things twice."""
    audience: str
    """The file's own expression, for those who want to see it."""
    counts_from_stay: bool
    """Whether it counts from their last stay; otherwise it counts from now."""


def candidates(uow: UnitOfWork, *, patient_id: UUID) -> tuple[Candidate, ...]:
    """Return every released program with its audience check for a patient, those that fit first."""
    counted = joining.after_last_stay(uow, patient_id=patient_id)
    enrollments = queries.enrollments(uow, patient_id=patient_id)
    running = {one.program for one in enrollments if one.state in enroll.RUNNING}
    released = queries.released(uow)
    replaced = {key for _, program in released if program.key in running for key in program.replaces}
    found = [
        Candidate(
            version_id=version.id,
            title=version.title,
            days=program.days,
            fits=program.key in counted and counted[program.key][1] and program.key not in replaced,
            running=program.key in running,
            replaced=program.key in replaced,
            audience=program.audience,
            counts_from_stay=program.key in counted,
        )
        for version, program in released
    ]
    return tuple(sorted(found, key=lambda one: (not one.fits, one.title)))


def enroll_by_hand(
    uow: UnitOfWork, *, patient_id: UUID, version_id: UUID, staff_id: UUID, reason: str = ""
) -> UUID:
    """Enroll a patient on a colleague's word. Return the enrollment.

    It counts from their last stay while the program could still say something about it, otherwise from now.
    Raise NotInItsAudience without a reason for an exception, InItAlready, NoSuchProgram.
    """
    checked = {one.version_id: one for one in candidates(uow, patient_id=patient_id)}
    if version_id not in checked:
        raise NoSuchProgram
    if checked[version_id].running:
        raise InItAlready
    if not checked[version_id].fits and len(reason.strip()) < SHORTEST_REASON:
        raise NotInItsAudience
    program = queries.program_of(uow, version_id=version_id)
    kind, anchor_id, at = _anchor(uow, patient_id, program.key)
    return enroll.enroll(
        uow,
        patient_id=patient_id,
        team_id=patients.contact_facts(uow, patient_id=patient_id).team_id,
        version_id=version_id,
        program=program,
        anchor_kind=kind,
        anchor_id=anchor_id,
        anchor_at=at,
        by_staff_id=staff_id,
    )


def pause(uow: UnitOfWork, *, enrollment_id: UUID) -> None:
    """Let nothing of an enrollment go out until somebody takes it up again. Raise NoLongerLikeThat.

    What comes due meanwhile is let go, visibly: nothing is saved up to come all at once later.
    """
    row = _held(uow, enrollment_id, ("active",))
    history.note(uow, row, "paused")
    row.state = "paused"


def take_up(uow: UnitOfWork, *, enrollment_id: UUID) -> None:
    """Let a paused enrollment go on with what is still to come. Raise NoLongerLikeThat."""
    row = _held(uow, enrollment_id, ("paused",))
    history.note(uow, row, "taken_up")
    row.state = "active"
    program = queries.program_of(uow, version_id=row.program_version_id)
    # What it counts from may have moved while it was paused.
    enroll.plan_anew(uow, row, program)
    touchpoints.drop_repeated(uow, patient_id=row.patient_id, enrollment_id=row.id)
    enroll.finish(uow, enrollment_id=enrollment_id)


def stop(uow: UnitOfWork, *, enrollment_id: UUID) -> None:
    """End an enrollment for good and drop what it had planned. Raise NoLongerLikeThat."""
    _held(uow, enrollment_id, enroll.RUNNING)
    enroll.end(uow, enrollment_id=enrollment_id, reason="by_staff")


def _held(uow: UnitOfWork, enrollment_id: UUID, states: Sequence[str]) -> Enrollment:
    row = uow.session.get_one(
        Enrollment, enrollment_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if row.state not in states:
        raise NoLongerLikeThat
    return row


def _anchor(uow: UnitOfWork, patient_id: UUID, program: str) -> tuple[str, UUID, datetime]:
    counted = joining.after_last_stay(uow, patient_id=patient_id).get(program)
    if counted is not None and not _known(uow, patient_id, program, counted[0].id):
        return counted[0].kind, counted[0].id, counted[0].at
    return "by_hand", uow.new_id(), uow.now


def _known(uow: UnitOfWork, patient_id: UUID, program: str, anchor_id: UUID) -> bool:
    """Return whether an enrollment, ended ones included, counts from this already."""
    wanted = select(Enrollment.id).where(
        Enrollment.patient_id == patient_id,
        Enrollment.program == program,
        Enrollment.anchor_id == anchor_id,
    )
    return uow.session.scalar(wanted) is not None
