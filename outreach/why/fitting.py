"""What on somebody's record made a program theirs, and which others would be: as the record is now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from outreach.care import queries as record
from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.programs.commands import joining
from outreach.programs.rules import anchors, audience
from outreach.why.anchors import named


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What a stay and the record asked for, from which an enrollment counts."""

    conditions: tuple[str, ...]
    """Each of which would be enough; none where the program is for everybody with such a stay."""
    others: tuple[str, ...]
    """Keys of the programs whose place it takes that fit as well."""


def found(uow: UnitOfWork, enrollment: programs.EnrollmentView) -> Fit | None:
    """Return what made a program somebody's, None if it counts from no stay, or not from the last one."""
    asked_for = joining.after_last_stay(uow, patient_id=enrollment.patient_id)
    anchor = asked_for[enrollment.program][0] if enrollment.program in asked_for else None
    if anchor is None or anchor.id != enrollment.anchor_id:
        return None
    program = programs.program_of(uow, version_id=enrollment.version_id)
    bare = replace(anchor.known, conditions=(), codes=())
    enough = () if audience.fits(program, bare) else _enough(uow, enrollment, bare)
    others = tuple(key for key in program.replaces if key in asked_for and asked_for[key][1])
    return Fit(conditions=tuple(dict.fromkeys(enough)), others=others)


def _enough(uow: UnitOfWork, enrollment: programs.EnrollmentView, bare: audience.Known) -> Iterable[str]:
    """Yield the conditions that would be enough by themselves."""
    program = programs.program_of(uow, version_id=enrollment.version_id)
    for one in record.history(uow, patient_id=enrollment.patient_id).conditions:
        for noted in anchors.has([anchors.noted(status=one.status, detail=one.detail)]):
            if audience.fits(program, replace(bare, conditions=(noted.text,), codes=noted.codes)):
                yield named(one)


def told(fit: Fit | None) -> Iterable[str]:
    """Tell what on the record makes the program theirs."""
    if fit and fit.conditions:
        yield Said(
            "The program is for what is on their record: %(what)s.", what=Said.together(fit.conditions, ", ")
        )
