"""Sign in, sign out. Refusals never say which part was wrong."""

from __future__ import annotations

import math
from datetime import timedelta

from flask import Blueprint, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import commands, queries
from outreach.web import frame
from outreach.web.languages import gettext, say

blueprint = Blueprint("signin", __name__)
HOME = "/"
WITHOUT_A_PLACE = "/account"


@blueprint.get("/")
@http.public
def home() -> ResponseReturnValue:
    """Lead to the first page that whoever is signed in may open; everybody else to the form."""
    if g.get("me") is None:
        return redirect("/login")
    return redirect(next((one.href for one in frame.places_of(g.me)), WITHOUT_A_PLACE))


@blueprint.get("/login")
@http.public
def form() -> ResponseReturnValue:
    """Show the form."""
    return _page(next_=request.args.get("next", ""), ended="ended" in request.args)


@blueprint.post("/login")
@http.public
def sign_in() -> ResponseReturnValue:
    """Check address and password; the browser gets a new session, whatever it had before."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with http.begin() as uow:
        outcome = commands.sign_in(uow, email=email, password=password, origin=request.remote_addr or "")
    if isinstance(outcome, commands.Refusal):
        return _refused(outcome.wait, email)
    session.clear()
    session["token"] = outcome.token
    return redirect(http.safe_next(request.form.get("next"), otherwise=HOME), code=303)


@blueprint.post("/logout")
@http.public
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    token = session.get("token")
    if token:
        with http.begin() as uow:
            commands.sign_out(uow, token=token)
    session.clear()
    return redirect("/login", code=303)


def _refused(wait: timedelta, email: str) -> ResponseReturnValue:
    seconds = math.ceil(wait.total_seconds())
    trouble = gettext("Address and password do not match.")
    if not seconds:
        return _page(next_=request.form.get("next", ""), trouble=trouble, email=email), 422
    trouble += " " + say("Wait %(seconds)s s before you try again.", seconds=seconds)
    page = _page(next_=request.form.get("next", ""), trouble=trouble, email=email)
    return page, 429, {"Retry-After": str(seconds)}


def _page(*, next_: str, trouble: str = "", email: str = "", ended: bool = False) -> str:
    with http.begin() as uow:
        organization = _name(uow)
    return render_template(
        "signin/login.html", next=next_, trouble=trouble, email=email, ended=ended, organization=organization
    )


def _name(uow: UnitOfWork) -> str:
    try:
        return queries.organization(uow).name
    except queries.NoOrganization:
        return ""
