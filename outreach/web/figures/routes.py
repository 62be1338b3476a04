"""The page of figures, and the same figures as CSV. No patient is in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.analytics import queries, rules
from outreach.audit import commands as audit
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff
from outreach.web import frame, words
from outreach.web.figures import charts

blueprint = Blueprint("figures", __name__, url_prefix="/figures")
RIGHT = "see_figures"
QUICK = (7, 30, 90)
HEAD = (
    "first_day", "last_day", "team", "tier", "raised", "taken", "ended", "missed_clocks", "overruled",
    "minutes_to_take_median", "minutes_to_take_p90", "minutes_to_end_median", "minutes_to_end_p90",
)  # fmt: skip


@blueprint.get("")
@http.needs(RIGHT)
def page() -> ResponseReturnValue:
    """Show how fast people acted, by tier and team, and how much came in."""
    with http.begin() as uow:
        frame.note_roster(uow)
        shown = _shown(uow)
        found = shown["found"]
        audit.look(uow, action="looked_at_figures", subject_kind="staff", subject_id=http.me().staff_id)
        return render_template(
            "figures/page.html",
            **shown,
            days=charts.days_in_both(found.days),
            taking=charts.times_in_both(found.together, what="take"),
            ending=charts.times_in_both(found.together, what="end"),
            time=charts.short_time,
            fewest=rules.FEWEST,
            quick=QUICK,
            page_key="figures",
        )


@blueprint.get("/escalations.csv")
@http.needs(RIGHT)
def by_tier() -> ResponseReturnValue:
    """Return the figures by team and tier as CSV."""
    with http.begin() as uow:
        shown = _shown(uow)
        _exported(uow, "escalations.csv")
    return _csv("escalations", rules.as_csv(HEAD, _tier_rows(shown)))


@blueprint.get("/days.csv")
@http.needs(RIGHT)
def by_day() -> ResponseReturnValue:
    """Return how many came in by day as CSV."""
    with http.begin() as uow:
        found = _shown(uow)["found"]
        _exported(uow, "days.csv")
    head = ("day", *words.TIERS)
    return _csv("days", rules.as_csv(head, ((one.day, *one.raised.values()) for one in found.days)))


def _shown(uow: UnitOfWork) -> dict[str, Any]:
    teams = staff.teams(uow, http.me().teams_with(RIGHT))
    team_id = _team(request.args.get("team", ""), [one.id for one in teams])
    asked = rules.stretch(
        request.args.get("first", ""),
        request.args.get("last", ""),
        now=uow.now,
        zone=staff.organization(uow).zone,
    )
    found = queries.figures(uow, team_ids=[team_id] if team_id else [one.id for one in teams], stretch=asked)
    return {"found": found, "teams": teams, "team_id": team_id, "names": {one.id: one.name for one in teams}}


def _team(word: str, ours: list[UUID]) -> UUID | None:
    if not word:
        return None
    found = next((one for one in ours if str(one) == word), None)
    if found is None:
        raise NotFound
    return found


def _tier_rows(shown: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    found: queries.Figures = shown["found"]
    for one in found.tiers:
        times = (one.take_median, one.take_p90, one.end_median, one.end_p90)
        yield (
            found.stretch.first, found.stretch.last, shown["names"][one.team_id], one.tier, one.raised,
            one.taken, one.ended, one.missed, one.overruled,
            *(None if value is None else round(value / 60, 1) for value in times),
        )  # fmt: skip


def _exported(uow: UnitOfWork, what: str) -> None:
    audit.record(
        uow,
        action="exported_figures",
        subject_kind="staff",
        subject_id=http.me().staff_id,
        detail={"what": what},
    )


def _csv(name: str, content: str) -> Response:
    answer = Response(content, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="outreach-{name}.csv"'
    return answer
