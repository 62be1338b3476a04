"""The team page: people on now, hours, what waits, and holding automated texts."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.conversations import queries as conversations
from outreach.escalations import queries as escalations
from outreach.kernel import phone
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.policy import commands as policy
from outreach.policy import queries as pauses
from outreach.staff import commands
from outreach.staff import queries as staff
from outreach.staff.rules import LONGEST_AFTER_HOURS, ROUTABLE
from outreach.web import frame, words

blueprint = Blueprint("team", __name__, url_prefix="/team")
SHORTEST_REASON = 5


class ReasonMissing(Invalid):
    """Say why automated texts are held: colleagues will read it."""


@blueprint.get("")
@http.needs("see_inbox")
def page() -> ResponseReturnValue:
    """Show one's teams."""
    who = http.me()
    with http.begin() as uow:
        frame.note_roster(uow)
        held = pauses.pauses(uow)
        teams = [
            {
                "team": team,
                "counts": conversations.counts(uow, staff_id=who.staff_id, team_ids=[team.id]),
                "on_call": staff.on_call(uow, team_id=team.id, at=uow.now),
                "shifts": staff.shifts(
                    uow, team_id=team.id, since=uow.now, until=uow.now + timedelta(days=7)
                ),
                "members": staff.members(uow, team_ids=[team.id]),
                "answered": conversations.answered(uow, team_id=team.id),
                "load": conversations.load(uow, team_id=team.id),
                "is_open": team.is_open(uow.now),
                "held": next((one for one in held if one.scope_id == str(team.id)), None),
            }
            for team in staff.teams(uow, who.teams_with("see_inbox"))
        ]
        everything = next((one for one in held if one.scope == "everything"), None)
        return render_template(
            "team/page.html", teams=teams, everything=everything, days=words.weekdays(), page_key="team"
        )


@blueprint.post("/<uuid:team_id>/pause")
@http.needs("pause")
def hold(team_id: UUID) -> ResponseReturnValue:
    """Hold the team's automated texts; people may still write."""
    _must_be_ours(team_id)
    reason = request.form.get("reason", "").strip()[:200]
    if len(reason) < SHORTEST_REASON:
        raise ReasonMissing
    with http.begin() as uow:
        policy.pause(uow, scope="team", scope_id=team_id, reason=reason, by_staff_id=http.me().staff_id)
    return redirect("/team", code=303)


@blueprint.post("/<uuid:team_id>/resume")
@http.needs("pause")
def resume(team_id: UUID) -> ResponseReturnValue:
    """Let the team's automated texts go again; what is too late by now stays unsent."""
    _must_be_ours(team_id)
    with http.begin() as uow:
        policy.resume(uow, scope="team", scope_id=team_id, by_staff_id=http.me().staff_id)
    return redirect("/team", code=303)


def _must_be_ours(team_id: UUID) -> None:
    if team_id not in http.me().teams_with("pause"):
        raise NotFound


@blueprint.get("/<uuid:team_id>/answers")
@http.needs("manage_team")
def answers(team_id: UUID) -> ResponseReturnValue:
    """Show what the team answers while nobody is there, and whose work is whose."""
    _must_manage(team_id)
    with http.begin() as uow:
        frame.note_roster(uow)
        team = staff.team(uow, team_id)
        return render_template(
            "team/answers.html",
            team=team,
            teams=staff.teams(uow),
            routable=ROUTABLE,
            longest=LONGEST_AFTER_HOURS,
            people=(people := _paged_people(uow, team_id)),
            pagers=escalations.pagers(uow, staff_ids=[one.id for one in people]),
            pages_from=staff.pages_from(uow, team_id=team_id),
            page_key="team",
        )


@blueprint.post("/<uuid:team_id>/after-hours")
@http.needs("manage_team")
def after_hours(team_id: UUID) -> ResponseReturnValue:
    """Say whether, and in which words, texts are answered while nobody is there."""
    _must_manage(team_id)
    with http.begin() as uow:
        commands.set_after_hours(
            uow,
            team_id=team_id,
            on=request.form.get("on") == "1",
            words={language: request.form.get(language, "") for language in words.LANGUAGES},
        )
    return redirect(f"/team/{team_id}/answers", code=303)


@blueprint.post("/<uuid:team_id>/routes")
@http.needs("manage_team")
def routes(team_id: UUID) -> ResponseReturnValue:
    """Say which work another team does for this one."""
    _must_manage(team_id)
    with http.begin() as uow:
        known = {str(one.id): one.id for one in staff.teams(uow)}
        chosen = {topic: known.get(request.form.get(topic, "")) for topic in ROUTABLE}
        commands.set_routes(
            uow, team_id=team_id, routes={topic: found for topic, found in chosen.items() if found}
        )
    return redirect(f"/team/{team_id}/answers", code=303)


@blueprint.post("/<uuid:team_id>/pagers/<uuid:staff_id>")
@http.needs("manage_team")
def pager(team_id: UUID, staff_id: UUID) -> ResponseReturnValue:
    """Set the number somebody is paged at; an empty one takes it away."""
    _must_manage(team_id)
    number = request.form.get("number", "").strip()
    with http.begin() as uow:
        if staff_id not in {one.id for one in _paged_people(uow, team_id)}:
            raise NotFound
        if number:
            commands.set_pager(uow, staff_id=staff_id, phone=phone.parse(number))
        else:
            commands.remove_pager(uow, staff_id=staff_id)
    return redirect(f"/team/{team_id}/answers#pagers", code=303)


def _paged_people(uow: UnitOfWork, team_id: UUID) -> list[staff.StaffView]:
    """The people of a team; an administrator sees the administrators too, who are the ladder's last rung."""
    found = list(staff.members(uow, team_ids=[team_id]))
    if http.me().is_admin:
        known = {one.id for one in found}
        found += [
            one
            for one in staff.all_staff(uow)
            if one.is_admin and one.disabled_at is None and one.id not in known
        ]
    return found


def _must_manage(team_id: UUID) -> None:
    if team_id not in http.me().teams_with("manage_team") and not http.me().is_admin:
        raise NotFound
