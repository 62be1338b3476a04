"""A stretch of the past as a page: run again as it was, or as it had been with this version instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.analytics import rules as figures
from outreach.analytics.queries import DayFigures
from outreach.audit import commands as audit
from outreach.escalations.rules import TIERS
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.rehearsal.queries import Replay, replay
from outreach.rehearsal.rules import compare
from outreach.rehearsal.rules.report import Text
from outreach.staff import queries as staff
from outreach.web import frame
from outreach.web.figures import charts
from outreach.web.programs import told
from outreach.web.programs.opened import opened

blueprint = Blueprint("replays", __name__, url_prefix="/programs/versions/<uuid:version_id>")
AS_IT_WAS, INSTEAD = "was", "instead"
MOST_PATIENTS = 200
"""A page is made while somebody waits; the command line replays any number."""
MOST_DIFFERENCES, MOST_TEXTS = 300, 300
LONGEST_DAYS = 62
USUAL_DAYS = 7
WEEK = 7


class TooManyDays(figures.BadStretch):
    """A page replays at most 62 days; `outreach programs replay` any number."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One day of the calendar; `day` is None before the first and after the last."""

    day: date | None
    sent: int = 0
    again: int = 0
    differ: int = 0


@blueprint.get("/replay")
@http.needs("manage_programs")
def page(version_id: UUID) -> ResponseReturnValue:
    """Run past days of a program again, for one's own teams' patients, and name each difference."""
    with http.begin() as uow:
        frame.note_roster(uow)
        found = opened(uow, version_id)
        view, program = found.view, found.program
        zone = staff.organization(uow).zone
        asked = _stretch(uow.now, zone)
        which = AS_IT_WAS if request.args.get("which") == AS_IT_WAS else INSTEAD
        played = replay(
            uow,
            since=asked.since,
            until=min(asked.until, uow.now),
            program=program.key,
            instead=program if which == INSTEAD else None,
            team_ids=http.me().teams_with("manage_programs"),
            most=MOST_PATIENTS,
        )
        names = {one: patients.contact_facts(uow, patient_id=one).preferred_name for one in played.people}
        _on_record(uow, version_id, played)
    return render_template(
        "programs/replay.html",
        version=view,
        program=program,
        which=which,
        asked=asked,
        played=played,
        names={str(one): name or str(one) for one, name in names.items()},
        weeks=calendar(played, asked, zone),
        kinds=compare.counted(played.differences),
        needing=charts.days_in_both([_as_figures(one) for one in _within(played, asked)]),
        needed=sum(getattr(one, tier) for one in _within(played, asked) for tier in TIERS),
        differences=played.differences[:MOST_DIFFERENCES],
        texts=played.again.texts[:MOST_TEXTS],
        told=told,
        page_key="programs",
    )


def calendar(played: Replay, asked: figures.Stretch, zone: str) -> list[list[Cell]]:
    """Return whole weeks from Monday: what was sent on each day, what would have been, what differs."""
    place = ZoneInfo(zone)
    sent, again = _by_day(played.sent, place), _by_day(played.again.texts, place)
    differ = Counter(_day_of(one) for one in played.differences)
    start = asked.first - timedelta(days=asked.first.weekday())
    count = ((asked.last - start).days // WEEK + 1) * WEEK
    cells = [_cell(start + timedelta(days=number), asked, sent, again, differ) for number in range(count)]
    return [cells[at : at + WEEK] for at in range(0, count, WEEK)]


def _cell(
    day: date, asked: figures.Stretch, sent: Counter[date], again: Counter[date], differ: Counter[date | None]
) -> Cell:
    if not asked.first <= day <= asked.last:
        return Cell(day=None)
    return Cell(day=day, sent=sent[day], again=again[day], differ=differ[day])


def _by_day(texts: Sequence[Text], place: ZoneInfo) -> Counter[date]:
    return Counter(one.at.astimezone(place).date() for one in texts)


def _day_of(one: compare.Difference) -> date | None:
    shown = one.before or one.after
    return date.fromisoformat(shown[:10]) if shown else None


def _within(played: Replay, asked: figures.Stretch) -> list[Any]:
    return [one for one in played.again.days if asked.first <= one.day <= asked.last]


def _as_figures(one: Any) -> DayFigures:
    return DayFigures(day=one.day, raised={tier: getattr(one, tier) for tier in TIERS})


def _stretch(now: datetime, zone: str) -> figures.Stretch:
    first = request.args.get("first", "")
    if not first and not request.args.get("last"):
        first = str(now.astimezone(ZoneInfo(zone)).date() - timedelta(days=USUAL_DAYS - 1))
    asked = figures.stretch(first, request.args.get("last", ""), now=now, zone=zone)
    if (asked.last - asked.first).days >= LONGEST_DAYS:
        raise TooManyDays
    return asked


def _on_record(uow: UnitOfWork, version_id: UUID, played: Replay) -> None:
    audit.record(
        uow,
        action="replayed",
        subject_kind="program_version",
        subject_id=version_id,
        detail={"patients": [str(one) for one in played.people]},
    )
