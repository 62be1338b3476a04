"""A dry run as a page: who would get what, when, what it costs, whom it needs. Nothing is sent or written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.analytics.queries import DayFigures
from outreach.audit import commands as audit
from outreach.escalations.rules import TIERS
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.rehearsal.queries import Wish, prepare
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.cast import Line, Untexted, midway, moved
from outreach.rehearsal.rules.report import Day
from outreach.web import frame
from outreach.web.figures import charts
from outreach.web.languages import Texts
from outreach.web.programs import told
from outreach.web.programs.opened import opened
from outreach.why.answer import REASONS

blueprint = Blueprint("rehearsals", __name__, url_prefix="/programs/versions/<uuid:version_id>")
COHORTS = ("discharged", "active", "synthetic:100")
MOST_PHONES = 300
"""A page is made while somebody waits; the command line rehearses any number."""
MOST_TEXTS = 300
LONGEST_DAYS = 120
WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One day of the calendar; `day` is None before the first and after the last."""

    day: date | None
    figures: Day | None

    @property
    def escalations(self) -> int:
        """How many need a person that day."""
        found = self.figures
        return found.red + found.orange + found.yellow + found.silent if found else 0


@blueprint.get("/rehearsal")
@http.needs("manage_programs")
def page(version_id: UUID) -> ResponseReturnValue:
    """Rehearse a version with one's own teams' patients, or with invented ones."""
    cohort = request.args.get("cohort", COHORTS[0])
    cohort = cohort if cohort in COHORTS else COHORTS[0]
    days = _days(request.args.get("days", "30"))
    with http.begin() as uow:
        frame.note_roster(uow)
        found = opened(uow, version_id)
        view, program = found.view, found.program
        wish = Wish(program=program.key, tried=program, cohort=cohort, since=uow.now, days=days)
        lines, asked = prepare(uow, wish)
        ours = _ours(lines)
        shown = ours[:MOST_PHONES]
        _on_record(uow, version_id, shown, real=not cohort.startswith("synthetic"))
    done = run.rehearse(shown, asked)
    return render_template(
        "programs/rehearsal.html",
        version=view,
        program=program,
        done=done,
        midway=midway(shown, program.key),
        moved=moved(shown),
        left_out=len(ours) - len(shown),
        untexted=_untexted(asked.untexted),
        of_others=sum(len(line.people) for line in lines) - sum(len(line.people) for line in ours),
        names=_names(shown),
        weeks=calendar(done.days),
        expected={tier: sum(getattr(day, tier) for day in done.days) for tier in TIERS},
        alone=sum(day.unstaffed for day in done.days),
        needing=charts.days_in_both([_as_figures(one) for one in done.days]),
        texts=done.texts[:MOST_TEXTS],
        cohort=cohort,
        cohorts=COHORTS,
        days=days,
        let_go_names=Texts(REASONS),
        told=told,
        page_key="programs",
    )


def calendar(days: Sequence[Day]) -> list[list[Cell]]:
    """Return whole weeks from Monday, with the figures of the days that have some."""
    if not days:
        return []
    known = {one.day: one for one in days}
    first, last = min(known), max(known)
    start = first - timedelta(days=first.weekday())
    count = ((last - start).days // WEEK + 1) * WEEK
    cells = [start + timedelta(days=number) for number in range(count)]
    return [
        [
            Cell(day=day if first <= day <= last else None, figures=known.get(day))
            for day in cells[at : at + WEEK]
        ]
        for at in range(0, count, WEEK)
    ]


def _ours(lines: Sequence[Line]) -> list[Line]:
    """Keep the phones all of whose people are in teams of the person asking."""
    teams = set(http.me().teams_with("manage_programs"))
    return [line for line in lines if all(person.crew.id in teams for person in line.people)]


def _untexted(found: Sequence[Untexted]) -> Counter[str]:
    """Count one's own teams' patients who have no phone that can be texted, by why."""
    teams = set(http.me().teams_with("manage_programs"))
    return Counter(one.because for one in found if one.team_id in teams)


def _names(lines: Sequence[Line]) -> dict[UUID, str]:
    return {person.id: person.preferred_name or person.label for line in lines for person in line.people}


def _on_record(uow: UnitOfWork, version_id: UUID, lines: Sequence[Line], *, real: bool) -> None:
    detail: dict[str, Any] = {}
    if real:
        detail["patients"] = [str(person.id) for line in lines for person in line.people]
    audit.record(
        uow, action="rehearsed", subject_kind="program_version", subject_id=version_id, detail=detail
    )


def _as_figures(one: Day) -> DayFigures:
    return DayFigures(day=one.day, raised={tier: getattr(one, tier) for tier in TIERS})


def _days(word: str) -> int:
    return min(max(int(word), 1), LONGEST_DAYS) if word.isascii() and word.isdigit() else 30
