"""Putting a patient into a program, planning what that means, and ending enrollments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from outreach.care import queries as record
from outreach.escalations import commands as escalations
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands import history
from outreach.programs.events import Enrolled
from outreach.programs.models import Enrollment
from outreach.programs.rules import course, plan
from outreach.programs.rules.definition import Program
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned

ALWAYS = ("died", "hospice")
"""Reasons that end every program, whatever its file lists."""
NOBODY_CALLS = ("died", "hospice", "readmitted")
"""Reasons for which calls and visits of a stay that are still to be made are dropped, too."""
RUNNING = ("active", "paused")
ASKING = ("active", "paused", "finished")
"""States in which care-plan questions may still be to come."""
NOT_ORDERED = "not_ordered"
CALLED_OFF = "called_off"
"""Reason of an enrollment that should not have been: neither a text nor a call comes of it."""
GOES_ON = ("readmitted",)
"""What a stay ended, the discharge from it takes up again."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """What planning asks about a patient: read once, however many programs they join."""

    zone: str | None
    activities: tuple[record.ActivityView, ...]


def person(uow: UnitOfWork, *, patient_id: UUID) -> Person:
    """Return what planning asks about a patient. Raise NoSuchPatient."""
    return Person(
        zone=patients.contact_facts(uow, patient_id=patient_id).zone,
        activities=record.ordered(uow, patient_id=patient_id),
    )


def enroll(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    team_id: UUID,
    version_id: UUID,
    program: Program,
    anchor_kind: str,
    anchor_id: UUID,
    anchor_at: datetime,
    by_staff_id: UUID | None = None,
    who: Person | None = None,
) -> UUID:
    """Enroll a patient once per anchor, and plan what that means. A repeat replans nothing it already has.

    If the anchor has moved, a new version of the plan takes the place of what was not sent yet. What a stay
    had ended and still counts from something else (a birth, a joint) goes on after it.
    """
    made = uow.session.scalars(
        insert(Enrollment)
        .values(
            id=uow.new_id(),
            patient_id=patient_id,
            team_id=team_id,
            program_version_id=version_id,
            program=program.key,
            anchor_kind=anchor_kind,
            anchor_id=anchor_id,
            anchor_at=anchor_at,
            anchor_version=1,
            state="active",
            enrolled_at=uow.now,
            enrolled_by=by_staff_id,
        )
        .on_conflict_do_nothing()
        .returning(Enrollment)
    ).one_or_none()
    row = made or _known(uow, patient_id, program, anchor_kind, anchor_id)
    goes_on = row.state == "stopped" and row.stop_reason in GOES_ON and anchor_kind != "encounter"
    if goes_on or row.anchor_at != anchor_at:
        history.note(uow, row, "goes_on" if goes_on else "moved")
        row.anchor_version += (row.anchor_at != anchor_at) + goes_on
        row.anchor_at = anchor_at
    if goes_on:
        row.state, row.stop_reason, row.ended_at = "active", None, None
    if row.state == "active":
        plan_anew(uow, row, program, who)
        uow.publish(Enrolled(enrollment_id=row.id, patient_id=patient_id))
    return row.id


def _known(
    uow: UnitOfWork, patient_id: UUID, program: Program, anchor_kind: str, anchor_id: UUID
) -> Enrollment:
    return uow.session.scalars(
        select(Enrollment)
        .where(
            Enrollment.patient_id == patient_id,
            Enrollment.program == program.key,
            Enrollment.anchor_kind == anchor_kind,
            Enrollment.anchor_id == anchor_id,
        )
        .with_for_update(key_share=True)
    ).one()


def plan_anew(uow: UnitOfWork, row: Enrollment, program: Program, who: Person | None = None) -> None:
    """Plan what an enrollment means from where it counts now; what is planned already stays."""
    who = who or person(uow, patient_id=row.patient_id)
    why = {"enrollment_id": str(row.id), "program": program.key}
    items = plan.items(program, anchor_at=row.anchor_at, zone=who.zone, why=why)
    plans = [touchpoints.Plan(source_kind="program", source_id=row.id, items=items)]
    if program.activities:
        plans += _questions(row, who, why)
    _plan(uow, row, plans)
    if plan.tcm_is_due(program, anchor_at=row.anchor_at, now=uow.now):
        escalations.add_tcm_task(
            uow,
            team_id=row.team_id,
            patient_id=row.patient_id,
            enrollment_id=row.id,
            discharged_at=row.anchor_at,
            same_stay=_beside(uow, row),
        )


def _beside(uow: UnitOfWork, row: Enrollment) -> Sequence[UUID]:
    """Return a patient's other enrollments that count from the same moment."""
    return uow.session.scalars(
        select(Enrollment.id).where(
            Enrollment.patient_id == row.patient_id,
            Enrollment.anchor_at == row.anchor_at,
            Enrollment.id != row.id,
        )
    ).all()


def _plan(uow: UnitOfWork, row: Enrollment, plans: Sequence[touchpoints.Plan]) -> None:
    touchpoints.plan(
        uow,
        patient_id=row.patient_id,
        team_id=row.team_id,
        anchor_version=row.anchor_version,
        plans=plans,
    )


def _questions(row: Enrollment, who: Person, why: dict[str, str]) -> list[touchpoints.Plan]:
    """Return the questions for the care plan's activities that have a safe phrase, one phrase once."""
    return [
        touchpoints.Plan(
            source_kind="activity",
            source_id=activity.id,
            items=plan.activity_items(
                days,
                phrase=str(activity.phrase),
                anchor_at=row.anchor_at,
                zone=who.zone,
                why=why | {"activity_id": str(activity.id), "timing": activity.timing},
            ),
        )
        for activity, days in plan.askable(who.activities)
    ]


def replan_activities(uow: UnitOfWork, *, patient_id: UUID) -> None:
    """Plan questions about activities that were added to a care plan, and drop those about what is off.

    A day that moved is a new question: the one for the old day goes.
    """
    rows = uow.session.scalars(
        select(Enrollment).where(Enrollment.patient_id == patient_id, Enrollment.state.in_(ASKING))
    ).all()
    asking = [row for row in rows if queries.program_of(uow, version_id=row.program_version_id).activities]
    if not asking:
        return
    who = person(uow, patient_id=patient_id)
    for row in asking:
        why = {"enrollment_id": str(row.id), "program": row.program}
        plans = _questions(row, who, why)
        touchpoints.keep_only(
            uow, patient_id=patient_id, enrollment_id=row.id, plans=plans, reason=NOT_ORDERED
        )
        if row.state == "active":
            _plan(uow, row, plans)


def stop(uow: UnitOfWork, *, patient_id: UUID, reason: str) -> int:
    """End a patient's enrollments (readmitted, died, hospice, opted_out) and drop what they had planned.

    Programs whose file does not list the reason go on; death and hospice end all.
    """
    rows = uow.session.scalars(
        select(Enrollment).where(Enrollment.patient_id == patient_id, _has_something_to_come())
    ).all()
    ended = [row for row in rows if reason in ALWAYS or reason in _stops(uow, row)]
    for row in ended:
        _end(uow, row, reason)
    if reason in NOBODY_CALLS:
        family = patients.same_person(uow, patient_id=patient_id)
        escalations.drop_calls(uow, patient_ids=family, reason=reason)
    return len(ended)


def end(uow: UnitOfWork, *, enrollment_id: UUID, reason: str, by_answer: bool = False) -> None:
    """End one enrollment, because an answer says so or staff do."""
    row = uow.session.get_one(Enrollment, enrollment_id, with_for_update={"key_share": True})
    if row.state in RUNNING:
        _end(uow, row, reason, kind="answered" if by_answer else "ended")


def end_anchored(uow: UnitOfWork, *, anchor_kind: str, anchor_id: UUID, reason: str) -> int:
    """End what counts from something that turned out otherwise: a visit kept, an operation called off."""
    rows = uow.session.scalars(
        select(Enrollment).where(
            Enrollment.anchor_kind == anchor_kind,
            Enrollment.anchor_id == anchor_id,
            _has_something_to_come(),
        )
    ).all()
    for row in rows:
        _end(uow, row, reason)
    return len(rows)


def _has_something_to_come() -> ColumnElement[bool]:
    """Return the condition for enrollments that run, or of which a person still has something to do."""
    texts_only = and_(Enrollment.state == "stopped", Enrollment.stop_reason == course.TEXTS_ONLY)
    return or_(Enrollment.state.in_(RUNNING), texts_only)


def finish(uow: UnitOfWork, *, enrollment_id: UUID) -> bool:
    """Mark an enrollment as finished once nothing of its plan is left to come. Return whether it is now."""
    if touchpoints.waiting(uow, source_kind="program", source_id=enrollment_id, due_after=uow.now):
        return False  # not its last contact yet, whoever else is at work on another one of it now
    row = uow.session.get_one(Enrollment, enrollment_id, with_for_update={"key_share": True})
    if row.state != "active" or touchpoints.waiting(uow, source_kind="program", source_id=row.id):
        return False
    row.state, row.ended_at = "finished", uow.now
    return True


def resume(uow: UnitOfWork, *, patient_id: UUID) -> int:
    """Take up again, from today on, what an opt-out had ended: the patient asked for texts."""
    rows = uow.session.scalars(
        select(Enrollment).where(
            Enrollment.patient_id == patient_id,
            Enrollment.state == "stopped",
            Enrollment.stop_reason == "opted_out",
        )
    ).all()
    resumed = 0
    for row in rows:
        program = queries.program_of(uow, version_id=row.program_version_id)
        if plan.too_long_ago(program, anchor_at=row.anchor_at, now=uow.now):
            continue
        history.note(uow, row, "resumed")
        row.state, row.stop_reason, row.ended_at = "active", None, None
        row.anchor_version += 1
        plan_anew(uow, row, program)
        touchpoints.drop_repeated(uow, patient_id=row.patient_id, enrollment_id=row.id)
        resumed += 1
    return resumed


def _stops(uow: UnitOfWork, row: Enrollment) -> tuple[str, ...]:
    return queries.program_of(uow, version_id=row.program_version_id).stops


def _end(uow: UnitOfWork, row: Enrollment, reason: str, *, kind: str = "ended") -> None:
    history.note(uow, row, kind, reason=reason)
    row.state, row.stop_reason, row.ended_at = "stopped", reason, uow.now
    heir = _heir(uow, row)
    if heir is not None:
        touchpoints.hand_over(
            uow,
            patient_id=row.patient_id,
            enrollment_id=row.id,
            heir=heir.id,
            program=heir.program,
            version=heir.anchor_version,
        )
    asked = [("activity", one.id) for one in record.ordered(uow, patient_id=row.patient_id)]
    touchpoints.drop(
        uow,
        sources=[("program", row.id), *asked],
        reason=reason,
        enrollment_id=row.id,
        keep_duties=reason == course.TEXTS_ONLY,
    )
    if reason == CALLED_OFF:
        planned_ones = planned.for_source(uow, source_kind="program", source_id=row.id)
        sources = [row.id, *(one.id for one in planned_ones)]
        escalations.drop_calls(uow, patient_ids=[row.patient_id], reason=reason, source_ids=sources)


def _heir(uow: UnitOfWork, row: Enrollment) -> Enrollment | None:
    """Return the enrollment that goes on asking about a patient's care plan when one ends."""
    others = uow.session.scalars(
        select(Enrollment)
        .where(Enrollment.patient_id == row.patient_id, Enrollment.state == "active", Enrollment.id != row.id)
        .order_by(Enrollment.enrolled_at, Enrollment.program)
    ).all()
    asking = (one for one in others if queries.program_of(uow, version_id=one.program_version_id).activities)
    return next(asking, None)
