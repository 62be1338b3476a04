"""Reading all that a dry run needs, for the command line and the page alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.programs.models import ProgramVersion
from outreach.programs.rules.definition import Program
from outreach.rehearsal.queries import cohorts, people
from outreach.rehearsal.rules import answers, run, synthetic
from outreach.rehearsal.rules.cast import Line, Said, Untexted

MOST_SYNTHETIC = 100_000
REAL = ("discharged", "active")


class NoSuchProgram(NotFound):
    """There is no program, or no such version of it. `outreach programs lint` lists those we ship."""


class BadCohort(Invalid):
    """A cohort is `discharged` (of the last days), `active`, or `synthetic:N`."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to see."""

    program: str
    tried: Program | None = None
    """A file, or a draft, in place of the version in force."""
    cohort: str = "discharged"
    since: datetime
    """When it begins; for `active` not before now."""
    days: int = 30
    script: tuple[Said, ...] = ()
    model: str = "expected"
    """expected (as the file says) | history (as patients answered so far) | none"""


def prepare(uow: UnitOfWork, wish: Wish) -> tuple[tuple[Line, ...], run.Asked]:
    """Return whom a dry run is about and what it asks. Raise NoSuchProgram or BadCohort; write nothing."""
    offers = people.in_force(uow, tried=wish.tried)
    offer = next((one for one in offers if one.program.key == wish.program), None)
    if offer is None:
        raise NoSuchProgram
    rates = answers.NOBODY if wish.model == "none" else answers.Rates()
    if wish.model == "history":
        rates = people.measured(uow, program=offer.program) or rates
    # Who is in it now can be followed from now on: to a later beginning they are played, too.
    since = max(wish.since, uow.now) if wish.cohort == "active" else wish.since
    played_from = min(since, uow.now) if wish.cohort in REAL else since
    asked = run.Asked(
        program=wish.program,
        version=str(offer.version),
        since=since,
        until=since + timedelta(days=wish.days),
        played_from=played_from if since > uow.now else None,
        rates=rates,
        script=wish.script,
        role=offer.program.staffing.role if offer.program.staffing else None,
    )
    untexted: list[Untexted] = []
    lines = _lines(uow, replace(wish, since=since), offer, offers, untexted)
    return lines, replace(asked, untexted=tuple(untexted))


def _lines(
    uow: UnitOfWork,
    wish: Wish,
    offer: cohorts.Offer,
    offers: tuple[cohorts.Offer, ...],
    untexted: list[Untexted],
) -> tuple[Line, ...]:
    until = wish.since + timedelta(days=wish.days)
    kind, _, count = wish.cohort.partition(":")
    if kind == "synthetic" and count.isascii() and count.isdigit() and int(count) <= MOST_SYNTHETIC:
        crew = people.default_crew(uow, since=wish.since, until=until)
        return tuple(
            synthetic.lines(
                int(count), program=offer.program, version=offer.version, crew=crew, since=wish.since
            )
        )
    if wish.cohort not in REAL:
        raise BadCohort
    wanted = cohorts.Wanted(
        since=wish.since, until=until, discharged_days=wish.days if wish.cohort == "discharged" else None
    )
    tried = _tried(uow, wish)
    return people.lines(
        uow, offers=offers, wanted=wanted, program=wish.program, tried=tried, untexted=untexted
    )


def _tried(uow: UnitOfWork, wish: Wish) -> dict[str, Program]:
    """Return the file that is tried, if it is another than the one in force: patients are moved to it."""
    in_force = {version.program: program for version, program in programs.released(uow)}
    one = wish.tried
    return {} if one is None or in_force.get(one.key) == one else {one.key: one}


def version(uow: UnitOfWork, *, program: str, number: int) -> Program:
    """Return a version of a program by its number. Raise NoSuchProgram."""
    found = uow.session.scalar(
        select(ProgramVersion.id).where(ProgramVersion.program == program, ProgramVersion.number == number)
    )
    if found is None:
        raise NoSuchProgram
    return programs.program_of(uow, version_id=found)
