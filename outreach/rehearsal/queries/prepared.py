"""Everything one dry run needs, ready for `rules.run.rehearse`."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.programs.models import ProgramVersion
from outreach.programs.rules.definition import Program
from outreach.rehearsal.queries import people
from outreach.rehearsal.rules import answers, run, synthetic
from outreach.rehearsal.rules.cast import Line, Said


class NoSuchProgram(NotFound):
    """There is no program, or no such version of it. `outreach programs lint` lists those we ship."""


class BadCohort(Invalid):
    """A cohort is `discharged` (of the last days), `active`, or `synthetic:N`."""


def prepare(
    uow: UnitOfWork,
    *,
    program: str,
    since: datetime,
    days: int = 30,
    tried: Program | None = None,
    cohort: str = "discharged",
    script: tuple[Said, ...] = (),
    model: str = "expected",
) -> tuple[tuple[Line, ...], run.Asked]:
    """Read all a dry run needs; give it to `run.rehearse`. `tried` stands in for the released version.

    `model` is expected (the file's shares), history, or none. Raise NoSuchProgram or BadCohort.
    """
    offers = people.in_force(uow, tried=tried)
    offer = next((one for one in offers if one.program.key == program), None)
    if offer is None:
        raise NoSuchProgram
    until = since + timedelta(days=days)
    kind, _, count = cohort.partition(":")
    if kind == "synthetic" and count.isdigit():
        crew = people.default_crew(uow, since=since, until=until)
        lines = synthetic.lines(
            int(count), program=offer.program, version=offer.version, crew=crew, since=since
        )
    elif cohort in ("discharged", "active"):
        wanted = people.Wanted(
            since=since, until=until, discharged_days=days if cohort == "discharged" else None
        )
        lines = people.lines(uow, offers=offers, wanted=wanted, program=program)
    else:
        raise BadCohort
    rates = answers.NOBODY if model == "none" else answers.Rates()
    if model == "history":
        rates = people.measured(uow, program=offer.program) or rates
    return lines, run.Asked(
        program=program, version=str(offer.version), since=since, until=until, rates=rates, script=script
    )


def version(uow: UnitOfWork, *, program: str, number: int) -> Program:
    """Return a version of a program by its number. Raise NoSuchProgram."""
    found = uow.session.scalar(
        select(ProgramVersion.id).where(ProgramVersion.program == program, ProgramVersion.number == number)
    )
    if found is None:
        raise NoSuchProgram
    return programs.program_of(uow, version_id=found)
