"""What a program counts from, in words: a stay, a birth, a procedure, a missed visit, a run-out date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

from outreach.care import queries as record
from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.programs.rules.anchors import PLANNED
from outreach.why.moments import date_of, moment

STAYS = {
    ("inpatient", "home"): "It counts from their discharge home on %(when)s, after a hospital stay.",
    ("emergency", "home"): "It counts from their discharge home on %(when)s, after an emergency visit.",
    ("observation", "home"): "It counts from their discharge home on %(when)s, after an observation stay.",
    ("inpatient", "home_health"): (
        "It counts from their discharge home with home health on %(when)s, after a hospital stay."
    ),
    ("emergency", "home_health"): (
        "It counts from their discharge home with home health on %(when)s, after an emergency visit."
    ),
    ("observation", "home_health"): (
        "It counts from their discharge home with home health on %(when)s, after an observation stay."
    ),
}
OTHER_STAY = "It counts from their discharge on %(when)s, to a place not told."
PLANNED_FOR = "It counts from the procedure planned for %(when)s: %(what)s."
DONE_ON = "It counts from the procedure on %(when)s: %(what)s."
UNNAMED = "something the source does not name"


def told(uow: UnitOfWork, enrollment: programs.EnrollmentView, zone: str) -> Iterable[str]:
    """Tell what an enrollment counts from, with its moment in a zone."""
    if enrollment.anchor_kind == "encounter":
        yield from _stay(uow, enrollment, zone)
    elif enrollment.anchor_kind in ANCHORS:
        yield ANCHORS[enrollment.anchor_kind](uow, enrollment, zone)


def named(one: record.Sourced) -> str:
    """Return what an entry of the record is called."""
    return str(one.detail.get("text") or "") or Said(UNNAMED)


def _stay(uow: UnitOfWork, enrollment: programs.EnrollmentView, zone: str) -> Iterable[str]:
    """Tell of a stay, or of the birth in it; without one on record its end stands for the birth."""
    stay = record.encounter(uow, encounter_id=enrollment.anchor_id)
    when = moment(enrollment.anchor_at, zone)
    after_birth = programs.program_of(uow, version_id=enrollment.version_id).anchor == "birth"
    if after_birth and enrollment.anchor_at != stay.ended_at:
        yield Said("It counts from the birth on %(when)s.", when=when)
        return
    yield Said(STAYS.get((stay.kind, stay.disposition), OTHER_STAY), when=when)
    if after_birth:
        yield "The record names no day of the birth, so the discharge stands for it."


def _procedure(uow: UnitOfWork, enrollment: programs.EnrollmentView, zone: str) -> str:
    procedure = record.procedure(uow, procedure_id=enrollment.anchor_id)
    return Said(
        PLANNED_FOR if procedure.status in PLANNED else DONE_ON,
        what=named(procedure),
        when=moment(enrollment.anchor_at, zone),
    )


def _missed(_: UnitOfWork, enrollment: programs.EnrollmentView, zone: str) -> str:
    when = moment(enrollment.anchor_at, zone)
    return Said("It counts from the visit on %(when)s, which they missed.", when=when)


def _run_out(uow: UnitOfWork, enrollment: programs.EnrollmentView, zone: str) -> str:
    return Said(
        "It counts from the day their supply of %(what)s runs out: %(day)s.",
        what=named(record.medication(uow, medication_id=enrollment.anchor_id)),
        day=date_of(enrollment.anchor_at.astimezone(ZoneInfo(zone))),
    )


def _by_hand(_: UnitOfWork, enrollment: programs.EnrollmentView, zone: str) -> str:
    when = moment(enrollment.anchor_at, zone)
    return Said("A colleague enrolled them by hand; it counts from %(when)s.", when=when)


ANCHORS: Mapping[str, Callable[[UnitOfWork, programs.EnrollmentView, str], str]] = {
    "procedure": _procedure,
    "appointment": _missed,
    "medication": _run_out,
    "by_hand": _by_hand,
}
"""Kind of an anchor besides a stay -> what it says."""
