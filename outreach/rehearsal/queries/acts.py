"""What staff and the record did in a stretch of the past, with its date: what a replay does again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import and_, func, select

from outreach.care import queries as record
from outreach.care.models import Encounter
from outreach.consent.models import ConsentEvent
from outreach.kernel.ids import stable_fraction
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient
from outreach.policy.models import DecisionRow
from outreach.policy.models import Pause as PauseRow
from outreach.programs import queries as programs
from outreach.programs.models import Enrollment, EnrollmentChange, ProgramVersion
from outreach.programs.rules.definition import Program
from outreach.rehearsal.rules.acting import plain
from outreach.rehearsal.rules.cast import Act, Join, Pause, Spread
from outreach.touchpoints.commands.plans import SPREAD_TO
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules import capacity
from outreach.touchpoints.rules.timing import local_moment

ENDED = (
    "by_staff", "readmitted", "called_off", "newer_anchor", "booked_again", "not_missed", "died", "hospice",
)  # fmt: skip
"""Reasons for which staff or the record ended an enrollment, and no answer of theirs."""
PLAYED = ("moved", "goes_on", "migrated", "paused", "taken_up", "ended")
"""Changes that are done again; the rest follow from what was written."""
WIDEST = ("everything", "sender", "team", "program")
UNDER_WAY = ("in-progress", "onleave")
Changes = Mapping[UUID, Sequence[EnrollmentChange]]


def changes(uow: UnitOfWork, *, enrollment_ids: Collection[UUID]) -> Changes:
    """Return what was done to enrollments, in order, by enrollment."""
    found: dict[UUID, list[EnrollmentChange]] = defaultdict(list)
    rows = uow.session.scalars(
        select(EnrollmentChange)
        .where(EnrollmentChange.enrollment_id.in_(enrollment_ids))
        .order_by(EnrollmentChange.no)
    )
    for row in rows:
        found[row.enrollment_id].append(row)
    return found


def began(
    uow: UnitOfWork, row: Enrollment, done: Sequence[EnrollmentChange], instead: Program | None
) -> Join:
    """Return an enrollment as it began: what the first change found, or what it still is."""
    first: Enrollment | EnrollmentChange = done[0] if done else row
    return _join(uow, row, first, instead)


def _join(
    uow: UnitOfWork, row: Enrollment, of: Enrollment | EnrollmentChange, instead: Program | None
) -> Join:
    was = programs.program_of(uow, version_id=of.program_version_id)
    number = uow.session.scalar(
        select(ProgramVersion.number).where(ProgramVersion.id == of.program_version_id)
    )
    return Join(
        id=row.id,
        program=instead if instead is not None and instead.key == was.key else was,
        version=number or 0,
        anchor_at=of.anchor_at,
        at=row.enrolled_at,
    )


def of_enrollment(
    uow: UnitOfWork, row: Enrollment, done: Sequence[EnrollmentChange], instead: Program | None
) -> Iterable[Act]:
    """Yield what was done to an enrollment. Of one that ended before changes were kept, only that."""
    after: Sequence[Enrollment | EnrollmentChange] = [*done[1:], row]
    for one, then in zip(done, after, strict=False):
        if one.kind in PLAYED and (one.kind != "ended" or one.reason in ENDED):
            yield Act(
                at=one.at,
                what=one.kind,
                patient_id=row.patient_id,
                enrollment_id=row.id,
                reason=one.reason or row.anchor_kind,
                join=_join(uow, row, then, instead),
                anchor_version=then.anchor_version,
            )
    told = any(one.kind in ("ended", "answered") for one in done)
    if row.ended_at is not None and row.stop_reason in ENDED and not told:
        yield Act(
            at=row.ended_at,
            what="ended",
            patient_id=row.patient_id,
            enrollment_id=row.id,
            reason=row.stop_reason or "",
        )


def skipped(uow: UnitOfWork, *, family: Collection[UUID], patient_id: UUID) -> Iterable[Act]:
    """Yield the contacts that staff let go."""
    rows = uow.session.scalars(
        select(Touchpoint).where(Touchpoint.patient_id.in_(family), Touchpoint.reason == "by_staff")
    )
    for row in rows.all():
        # What goes with its program carries the same reason: that one ends by itself.
        if row.settled_at is not None:
            yield Act(
                at=row.settled_at,
                what="skipped",
                patient_id=patient_id,
                reason="by_staff",
                contact=(row.source_kind, row.source_id, plain(row.step), row.occurrence),
            )


def said_of_texting(uow: UnitOfWork, *, phone_id: UUID, patient_id: UUID) -> Iterable[Act]:
    """Yield who said stop, or go on, otherwise than by text."""
    rows = uow.session.scalars(
        select(ConsentEvent)
        .where(
            ConsentEvent.phone_id == phone_id,
            ConsentEvent.kind.in_(("opt_out", "opt_in", "provider_block")),
            ConsentEvent.inbound_receipt_id.is_(None),
        )
        .order_by(ConsentEvent.no)
    )
    for row in rows.all():
        what = "opted_in" if row.kind == "opt_in" else "opted_out"
        yield Act(at=row.at, what=what, patient_id=patient_id)


def of_record(
    uow: UnitOfWork, *, family: Collection[UUID], patient_id: UUID, ends: Sequence[Act]
) -> Iterable[Act]:
    """Yield deaths, hospice care and stays. `ends` tell when we heard of what ended a program."""
    told: dict[str, datetime] = {}
    for one in sorted(ends, key=_at):
        told.setdefault(one.reason, one.at)
    for patient in uow.session.scalars(select(Patient).where(Patient.id.in_(family))).all():
        if patient.deceased_at is not None:
            yield Act(at=told.get("died", patient.deceased_at), what="deceased", patient_id=patient_id)
        if patient.hospice_at is not None:
            yield Act(at=told.get("hospice", patient.hospice_at), what="hospice", patient_id=patient_id)
    heard = [one.at for one in ends if one.reason == "readmitted"]
    stays = select(Encounter).where(Encounter.patient_id.in_(family), Encounter.kind == "inpatient")
    for stay in uow.session.scalars(stays).all():
        home = stay.discharge_told_at or stay.ended_at
        if stay.started_at is None or (home is None and stay.status not in UNDER_WAY):
            continue
        within = [at for at in heard if stay.started_at <= at and (home is None or at <= home)]
        yield Act(at=min(within, default=stay.started_at), what="readmitted", patient_id=patient_id)
        if home is not None:
            yield Act(at=home, what="at_home", patient_id=patient_id)


def _at(act: Act) -> datetime:
    return act.at


def of_visits(uow: UnitOfWork, *, patient_id: UUID, known: Collection[UUID]) -> Iterable[Act]:
    """Yield the visits that were called off while something about them was still to come.

    Not those whose changes are `known`.
    """
    for visit in record.record(uow, patient_id=patient_id).appointments:
        if visit.id in known:
            continue
        at = uow.session.scalar(
            select(Touchpoint.settled_at)
            .where(
                Touchpoint.source_kind == "appointment",
                Touchpoint.source_id == visit.id,
                Touchpoint.reason == "appointment_off",
            )
            .order_by(Touchpoint.settled_at)
            .limit(1)
        )
        if at is not None:
            yield Act(
                at=at,
                what="visit",
                patient_id=patient_id,
                reason=visit.status,
                contact=("appointment", visit.id, "", 0),
            )


def spread(uow: UnitOfWork, *, zones: Mapping[UUID, str | None]) -> Mapping[Spread, datetime]:
    """Return the contacts of some patients that were moved off a popular moment when planned, and to when.

    Each tells it. Of those planned by a release that kept no word of it, `zones` says where each patient is:
    one that has waited since no longer shows it, and is taken for moved where others of its moment were.
    """
    rows = uow.session.execute(
        select(*_PLANNED, func.min(DecisionRow.at).label("judged_at"))
        .outerjoin(
            DecisionRow,
            and_(DecisionRow.subject_kind == "touchpoint", DecisionRow.subject_id == Touchpoint.id),
        )
        .where(Touchpoint.patient_id.in_(zones), ~Touchpoint.why.has_key("follows"))
        .group_by(Touchpoint.id)
    )
    found: dict[Spread, datetime] = {}
    perhaps: dict[Spread, tuple[datetime, datetime]] = {}
    popular: set[datetime] = set()
    for row in rows:
        identity = (row.source_kind, row.source_id, row.step, row.occurrence)
        if SPREAD_TO in row.why:
            found[*identity, row.anchor_version] = datetime.fromisoformat(row.why[SPREAD_TO])
            continue
        at = local_moment(row.local_day, time.fromisoformat(row.local_time), zones[row.patient_id])
        moved = _to_the_second(at, row.not_after, identity)
        if moved > at and row.due_at == moved:
            found[*identity, row.anchor_version] = moved
            popular.add(at)
        elif row.due_at > moved > at and (row.judged_at is None or row.judged_at >= moved):
            perhaps[*identity, row.anchor_version] = at, moved
    return found | {one: moved for one, (at, moved) in perhaps.items() if at in popular}


def _to_the_second(at: datetime, not_after: datetime, identity: tuple[object, ...]) -> datetime:
    """Return to when releases moved a contact that kept no word of it."""
    most = min(capacity.SPREAD, not_after - at - capacity.ROOM)
    return at + timedelta(seconds=max(0, int(most.total_seconds() * stable_fraction("spread", *identity))))


_PLANNED = (
    Touchpoint.patient_id,
    Touchpoint.source_kind,
    Touchpoint.source_id,
    Touchpoint.step,
    Touchpoint.occurrence,
    Touchpoint.anchor_version,
    Touchpoint.local_day,
    Touchpoint.local_time,
    Touchpoint.due_at,
    Touchpoint.not_after,
    Touchpoint.why,
)


def pauses(uow: UnitOfWork, *, since: datetime, until: datetime | None = None) -> tuple[Pause, ...]:
    """Return the pauses of sending in a stretch of time, or in force at a moment; the widest first."""
    row = PauseRow
    query = select(row).where(row.lifted_at.is_(None) | (row.lifted_at > since))
    query = query.where(row.paused_at <= (until or since)).order_by(row.paused_at)
    found = [
        Pause(scope=one.scope, scope_id=one.scope_id, since=one.paused_at, until=one.lifted_at)
        for one in uow.session.scalars(query).all()
    ]
    return tuple(sorted(found, key=lambda one: WIDEST.index(one.scope)))
