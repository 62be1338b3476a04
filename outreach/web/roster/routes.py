"""The roster of a team: shifts week by week, holidays, opening hours, and what a leaver leaves behind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.conversations import commands as conversations
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import commands, queries, rules
from outreach.web import frame

blueprint = Blueprint("roster", __name__, url_prefix="/team/<uuid:team_id>")
WEEK = 7
LONGEST_LABEL = 80


class NoSuchDay(Invalid):
    """That is not a day. Write it like 2026-12-24."""


class NoSuchTime(Invalid):
    """That is not a time of day. Write it like 07:30."""


class NoSuchPerson(Invalid):
    """Choose somebody of this team."""


class NobodyToHandTo(Invalid):
    """Choose somebody other than the person who hands over."""


@blueprint.get("/roster")
@http.needs("manage_team")
def page(team_id: UUID) -> ResponseReturnValue:
    """Show a week of a team's roster, with the gaps in it."""
    _must_be_ours(team_id)
    with http.begin() as uow:
        frame.note_roster(uow)
        team = queries.team(uow, team_id)
        today = uow.now.astimezone(ZoneInfo(team.zone)).date()
        monday = _monday(_day(request.args["week"]) if request.args.get("week") else today)
        there = ZoneInfo(team.zone)
        shifts = queries.shifts(
            uow, team_id=team_id, since=_midnight(monday, there), until=_after(monday, there)
        )
        return render_template(
            "roster/page.html",
            team=team,
            monday=monday,
            today=today,
            week=_week(team, monday, shifts),
            gaps=_gaps(team, monday, shifts) if queries.has_roster(uow, team_id=team_id) else [],
            members=queries.members(uow, team_ids=[team_id]),
            holidays=queries.holidays(uow, team_id=team_id, since=today),
            hours=_hours_by_day(team),
            step=timedelta(days=WEEK),
            page_key="team",
        )


@blueprint.post("/shifts")
@http.needs("manage_team")
def add_shift(team_id: UUID) -> ResponseReturnValue:
    """Put somebody on call or on backup, once or for some weeks."""
    _must_be_ours(team_id)
    form = request.form
    first = _day(form.get("day", ""))
    with http.begin() as uow:
        times = rules.shift_times(
            first=first,
            starts=_time(form.get("from", "")),
            ends=_time(form.get("to", "")),
            zone=queries.team(uow, team_id).zone,
            weeks=_count(form.get("weeks", "1")),
        )
        person = _person(uow, team_id, form.get("person", ""))
        for starts_at, ends_at in times:
            commands.add_shift(
                uow,
                team_id=team_id,
                staff_id=person,
                starts_at=starts_at,
                ends_at=ends_at,
                rank=2 if form.get("rank") == "2" else 1,
            )
    return _back(team_id, first)


@blueprint.post("/shifts/<uuid:shift_id>/remove")
@http.needs("manage_team")
def remove_shift(team_id: UUID, shift_id: UUID) -> ResponseReturnValue:
    """Take an entry off the roster."""
    _must_be_ours(team_id)
    with http.begin() as uow:
        commands.remove_shift(uow, team_id=team_id, shift_id=shift_id)
    return _back(team_id, _day(request.form.get("week", "")))


@blueprint.post("/holidays")
@http.needs("manage_team")
def add_holiday(team_id: UUID) -> ResponseReturnValue:
    """Add a day without office hours."""
    _must_be_ours(team_id)
    label = request.form.get("label", "").strip()[:LONGEST_LABEL]
    with http.begin() as uow:
        commands.add_holiday(uow, team_id=team_id, day=_day(request.form.get("day", "")), label=label)
    return _back(team_id)


@blueprint.post("/holidays/<uuid:holiday_id>/remove")
@http.needs("manage_team")
def remove_holiday(team_id: UUID, holiday_id: UUID) -> ResponseReturnValue:
    """Make a holiday of the team an ordinary day again."""
    _must_be_ours(team_id)
    with http.begin() as uow:
        commands.remove_holiday(uow, team_id=team_id, holiday_id=holiday_id)
    return _back(team_id)


@blueprint.post("/hours")
@http.needs("manage_team")
def hours(team_id: UUID) -> ResponseReturnValue:
    """Set the opening hours, a line for each day; an empty line is a closed day."""
    _must_be_ours(team_id)
    lines: list[dict[str, Any]] = []
    for day in range(WEEK):
        starts, ends = request.form.get(f"from-{day}", ""), request.form.get(f"to-{day}", "")
        if not starts and not ends:
            continue
        same = next((one for one in lines if (one["from"], one["to"]) == (starts, ends)), None)
        if same:
            same["days"].append(day)
        else:
            lines.append({"days": [day], "from": starts, "to": ends})
    with http.begin() as uow:
        commands.set_hours(uow, team_id=team_id, opening_hours=lines)
    return _back(team_id)


@blueprint.post("/hand-over")
@http.needs("manage_team")
def hand_over(team_id: UUID) -> ResponseReturnValue:
    """Give all conversations that somebody has to a colleague, or to nobody."""
    _must_be_ours(team_id)
    given, taken = request.form.get("leaver", ""), request.form.get("to", "")
    if given == taken:
        raise NobodyToHandTo
    with http.begin() as uow:
        conversations.hand_over(
            uow,
            from_staff_id=_person(uow, team_id, given),
            to_staff_id=_person(uow, team_id, taken) if taken else None,
            team_id=team_id,
        )
    return _back(team_id)


def _must_be_ours(team_id: UUID) -> None:
    if team_id not in http.me().teams_with("manage_team"):
        raise NotFound


def _week(team: queries.TeamView, monday: date, shifts: Sequence[queries.ShiftView]) -> list[dict[str, Any]]:
    """Return each day of a week with the shifts that begin on it, where the team is.

    One of more than a day stands on every day it covers.
    """
    there = ZoneInfo(team.zone)
    days = [monday + timedelta(days=one) for one in range(WEEK)]
    return [
        {
            "day": day,
            "holiday": day in team.holidays,
            "shifts": [
                {
                    "shift": one,
                    "from": one.starts_at.astimezone(there),
                    "to": one.ends_at.astimezone(there),
                    "goes_on": _is_long(one),
                }
                for one in shifts
                if max(one.starts_at.astimezone(there).date(), monday) == day
                or (_is_long(one) and one.starts_at < _midnight(day, there) < one.ends_at)
            ],
        }
        for day in days
    ]


def _gaps(
    team: queries.TeamView, monday: date, shifts: Sequence[queries.ShiftView]
) -> list[tuple[datetime, datetime]]:
    """Return the opening hours of a week in which nobody is on call, where the team is."""
    there = ZoneInfo(team.zone)
    found = rules.uncovered(
        team.opening_hours,
        zone=team.zone,
        holidays=team.holidays,
        on_call=[(one.starts_at, one.ends_at) for one in shifts],
        since=monday,
        days=WEEK,
    )
    return [(starts.astimezone(there), ends.astimezone(there)) for starts, ends in found]


def _is_long(shift: queries.ShiftView) -> bool:
    return shift.ends_at - shift.starts_at > timedelta(days=1)


def _hours_by_day(team: queries.TeamView) -> list[tuple[str, str]]:
    """Return each day's first opening and closing time; empty words for a closed day."""
    first = [next((one for one in team.opening_hours if day in one["days"]), None) for day in range(WEEK)]
    return [(one["from"], one["to"]) if one else ("", "") for one in first]


def _person(uow: UnitOfWork, team_id: UUID, word: str) -> UUID:
    found = next(
        (one.id for one in queries.members(uow, team_ids=[team_id]) if str(one.id) == word),
        None,
    )
    if found is None:
        raise NoSuchPerson
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _midnight(day: date, there: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=there).astimezone(UTC)


def _after(monday: date, there: ZoneInfo) -> datetime:
    return _midnight(monday + timedelta(days=WEEK), there)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError as error:
        raise NoSuchDay from error


def _time(word: str) -> time:
    try:
        return time.fromisoformat(word)
    except ValueError as error:
        raise NoSuchTime from error


def _count(word: str) -> int:
    if not word.isascii() or not word.isdigit():
        raise rules.TooManyWeeks
    return int(word[:3])


def _back(team_id: UUID, day: date | None = None) -> ResponseReturnValue:
    week = f"?week={_monday(day)}" if day else ""
    return redirect(f"/team/{team_id}/roster{week}", code=303)
