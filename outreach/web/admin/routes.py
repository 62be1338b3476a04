"""Set-up: who works here, in which teams, as what."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.escalations import commands as escalations
from outreach.kernel.errors import NotFound
from outreach.staff import commands, queries, rules
from outreach.touchpoints import queries as touchpoints

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.get("")
@http.needs("manage_deployment")
def page() -> ResponseReturnValue:
    """Show people, teams and senders."""
    return _page()


@blueprint.post("/staff")
@http.needs("manage_deployment")
def add() -> ResponseReturnValue:
    """Add a person; their first password is shown once, to be handed over."""
    form = request.form
    with http.begin() as uow:
        staff_id = commands.add_staff(uow, email=form.get("email", ""), name=form.get("name", ""))
        team_id = _uuid(form.get("team", ""))
        commands.join_team(uow, staff_id=staff_id, team_id=team_id, role=form.get("role", ""))
        password = commands.reset(uow, email=form.get("email", ""))
    return _page(added=form.get("email", ""), password=password)


@blueprint.post("/staff/<uuid:staff_id>/role")
@http.needs("manage_deployment")
def role(staff_id: UUID) -> ResponseReturnValue:
    """Give somebody a role in a team, or take it away."""
    team_id = _uuid(request.form.get("team", ""))
    with http.begin() as uow:
        queries.staff(uow, staff_id)
        given = request.form.get("role") or None
        escalations.change_role(uow, staff_id=staff_id, team_id=team_id, role=given)
    return redirect("/admin", code=303)


@blueprint.post("/staff/<uuid:staff_id>/reset")
@http.needs("manage_deployment")
def reset(staff_id: UUID) -> ResponseReturnValue:
    """Give somebody a new first password, shown once."""
    with http.begin() as uow:
        found = queries.staff(uow, staff_id)
        password = commands.reset(uow, email=found.email)
    return _page(added=found.email, password=password)


@blueprint.post("/staff/<uuid:staff_id>/disable")
@http.needs("manage_deployment")
def disable(staff_id: UUID) -> ResponseReturnValue:
    """Keep somebody out from now on; what they had waits for whoever takes it."""
    with http.begin() as uow:
        leaver = queries.staff(uow, staff_id)
        escalations.disable(uow, email=leaver.email)
    return _page(kept_out=leaver.name)


@blueprint.post("/senders/<uuid:sender_id>/start")
@http.needs("manage_deployment")
def start_sender(sender_id: UUID) -> ResponseReturnValue:
    """Let a sender send again that an error of our account had stopped."""
    with http.begin() as uow:
        commands.start_sender(uow, sender_id=sender_id)
    return redirect("/admin", code=303)


def _page(*, added: str = "", password: str = "", kept_out: str = "") -> ResponseReturnValue:
    with http.begin() as uow:
        return render_template(
            "admin/page.html",
            people=queries.all_staff(uow),
            teams=queries.teams(uow),
            senders=queries.senders(uow),
            loads=touchpoints.loads(uow),
            roles=rules.TEAM_ROLES,
            organization=queries.organization(uow),
            added=added,
            password=password,
            kept_out=kept_out,
            page_key="admin",
        )


def _uuid(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise NotFound from error
