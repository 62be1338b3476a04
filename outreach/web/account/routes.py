"""A person's own page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.kernel.errors import Invalid
from outreach.staff import commands

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.get("/password")
@http.signed_in
def form() -> ResponseReturnValue:
    """Show the form."""
    return render_template("account/password.html", trouble="")


@blueprint.post("/password")
@http.signed_in
def change() -> ResponseReturnValue:
    """Change the password; every browser of this person has to sign in again."""
    try:
        with http.begin() as uow:
            commands.change_password(
                uow,
                staff_id=http.me().staff_id,
                present=request.form.get("present", ""),
                new=request.form.get("new", ""),
            )
    except Invalid as error:
        return render_template("account/password.html", trouble=str(error)), 422
    session.clear()
    return redirect("/login", code=303)
