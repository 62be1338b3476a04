"""Who would begin a program, and from what: stays, missed visits, operations, supplies, enrollments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from outreach.care import queries as record
from outreach.care.models import Appointment, Encounter, MedicationSupply, Procedure
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs.commands import joining
from outreach.programs.commands.enroll import RUNNING
from outreach.programs.models import Enrollment
from outreach.programs.rules import anchors, audience, plan
from outreach.programs.rules.definition import Program
from outreach.rehearsal.rules.cast import Join

AHEAD = timedelta(days=60)
"""So long before an operation or a run-out date a program may begin (the linter's limit)."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A program as it is in force, or would be: with its version's number."""

    program: Program
    version: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whom a dry run is about."""

    since: datetime
    until: datetime
    discharged_days: int | None = 30
    """Discharged (or a visit missed) so many days before it begins, and while it runs; or an operation or
    run-out date is near. None: whoever is in a program now."""


Found = Iterator[tuple[UUID, list[Join]]]
Listed = Iterator[tuple[UUID, joining.Anchor]]
Anchored = Iterator[tuple[UUID, joining.Anchor, list[Program]]]
Begun = dict[tuple[str, UUID], str]
"""Program and what it counts from -> state of the enrollment there is."""


def joins(uow: UnitOfWork, *, offers: Sequence[Offer], wanted: Wanted) -> Found:
    """Yield patients with what they would begin. An enrollment that is over begins no second time."""
    if wanted.discharged_days is None:
        yield from _running(uow, offers, wanted)
        return
    begun: Begun = {
        (row.program, row.anchor_id): row.state
        for row in uow.session.execute(select(Enrollment.program, Enrollment.anchor_id, Enrollment.state))
    }
    since = wanted.since - timedelta(days=wanted.discharged_days)
    for stay_id in _stays(uow, wanted, since):
        stay = record.encounter(uow, encounter_id=stay_id)
        fitting = joining.offers(uow, stay=stay, programs=[one.program for one in offers])
        told = max(wanted.since, stay.ended_at or wanted.since)
        yield stay.patient_id, _joins(uow, fitting, offers, begun, told)
    for patient_id, anchor, programs in _others(uow, offers, wanted, since):
        fitting = tuple((one, anchor) for one in programs if audience.fits(one, anchor.known))
        told = max(wanted.since, anchor.at) if anchor.kind == "appointment" else wanted.since
        yield patient_id, _joins(uow, fitting, offers, begun, told)


def _joins(
    uow: UnitOfWork,
    fitting: Sequence[tuple[Program, joining.Anchor]],
    offers: Sequence[Offer],
    begun: Begun,
    told: datetime,
) -> list[Join]:
    versions = {one.program.key: one.version for one in offers}
    timely = {
        program.key: (program, anchor)
        for program, anchor in sorted(fitting, key=lambda offer: offer[1].at)
        if not plan.too_long_ago(program, anchor_at=anchor.at, now=told)
    }
    return [
        Join(
            id=uow.new_id(),
            program=program,
            version=versions[program.key],
            anchor_at=anchor.at,
            at=told,
            midway=state is not None,
        )
        for program in audience.chosen([one for one, _ in timely.values()])
        for anchor in [timely[program.key][1]]
        for state in [begun.get((program.key, anchor.id))]
        if state is None or state in RUNNING
    ]


def _running(uow: UnitOfWork, offers: Sequence[Offer], wanted: Wanted) -> Found:
    """Yield whoever is in a program now, however they came into it, by the version that is offered."""
    known = {one.program.key: one for one in offers}
    rows = uow.session.scalars(
        select(Enrollment)
        .where(Enrollment.state.in_(RUNNING), Enrollment.program.in_(list(known)))
        .order_by(Enrollment.anchor_at, Enrollment.id)
    )
    for row in rows.all():
        offer = known[row.program]
        begins = Join(
            id=uow.new_id(),
            program=offer.program,
            version=offer.version,
            anchor_at=row.anchor_at,
            at=wanted.since,
            midway=True,
        )
        yield row.patient_id, [begins]


def _stays(uow: UnitOfWork, wanted: Wanted, since: datetime) -> Iterable[UUID]:
    query = select(Encounter.id).where(Encounter.ended_at <= wanted.until, Encounter.ended_at >= since)
    return uow.session.scalars(query.order_by(Encounter.ended_at, Encounter.id)).all()


def _others(uow: UnitOfWork, offers: Sequence[Offer], wanted: Wanted, since: datetime) -> Anchored:
    """Yield what is no stay and a program may count from, as the live path does when it hears of it."""
    by_anchor: dict[str, list[Program]] = {}
    for one in offers:
        by_anchor.setdefault(one.program.anchor, []).append(one.program)
    for kind, listed in OTHERS.items():
        if kind in by_anchor:
            for patient_id, anchor in listed(uow, since, wanted.until):
                yield patient_id, anchor, by_anchor[kind]


def _missed(uow: UnitOfWork, since: datetime, until: datetime) -> Listed:
    at = Appointment.starts_at
    query = select(Appointment.id).where(Appointment.status == "no_show", at >= since, at <= until)
    for row_id in uow.session.scalars(query.order_by(at, Appointment.id)).all():
        visit = record.appointment(uow, appointment_id=row_id)
        if anchor := joining.missed(uow, visit):
            yield visit.patient_id, anchor


def _procedures(uow: UnitOfWork, since: datetime, until: datetime) -> Listed:
    at = Procedure.performed_at
    query = select(Procedure.id).where(
        Procedure.status.in_(anchors.PLANNED), at >= since, at <= until + AHEAD
    )
    for row_id in uow.session.scalars(query.order_by(at, Procedure.id)).all():
        procedure = record.procedure(uow, procedure_id=row_id)
        if anchor := joining.before_procedure(uow, procedure):
            yield procedure.patient_id, anchor


def _supplies(uow: UnitOfWork, since: datetime, until: datetime) -> Listed:
    on = MedicationSupply.runs_out_on
    query = select(MedicationSupply.id).where(
        MedicationSupply.status == "active", on >= since.date(), on <= (until + AHEAD).date()
    )
    for row_id in uow.session.scalars(query.order_by(on, MedicationSupply.id)).all():
        supply = record.medication(uow, medication_id=row_id)
        if anchor := joining.run_out(uow, supply):
            yield supply.patient_id, anchor


OTHERS: Mapping[str, Callable[[UnitOfWork, datetime, datetime], Listed]] = {
    "missed_appointment": _missed,
    "procedure": _procedures,
    "run_out": _supplies,
}
"""What programs count from besides a stay -> those it happens to."""
