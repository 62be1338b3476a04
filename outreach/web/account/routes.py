"""A person's own page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.kernel.errors import Invalid
from outreach.staff import commands
from outreach.web.languages import LANGUAGES, Texts, translate

blueprint = Blueprint("account", __name__, url_prefix="/account")


NOTICES = Texts(
    {
        "off": "None",
        "all": "Every text that nobody owns, or that is mine",
        "fewer": "Fewer: only urgent texts, and those in my own conversations",
    }
)


class NoSuchChoice(Invalid):
    """This can't be chosen. Choose one of the list."""


class NoSuchLanguage(Invalid):
    """The pages don't speak this language. Choose one of the list."""


@blueprint.get("")
@http.signed_in
def settings() -> ResponseReturnValue:
    """Show a person's own settings."""
    return render_template("account/page.html", languages=LANGUAGES, notices=NOTICES, page_key="account")


@blueprint.post("/language")
@http.signed_in
def choose_language() -> ResponseReturnValue:
    """Keep the language in which a person reads the pages."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        raise NoSuchLanguage
    with http.begin() as uow:
        commands.set_preferences(uow, staff_id=http.me().staff_id, changes={"language": language})
    return redirect("/account", code=303)


@blueprint.post("/notifications")
@http.signed_in
def choose_notices() -> ResponseReturnValue:
    """Keep what a person's browsers tell them about, and whether with a sound."""
    notify = request.form.get("notify", "")
    if notify not in NOTICES:
        raise NoSuchChoice
    with http.begin() as uow:
        changes = {"notify": notify, "sound": "sound" in request.form}
        commands.set_preferences(uow, staff_id=http.me().staff_id, changes=changes)
    return redirect("/account", code=303)


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
        return render_template("account/password.html", trouble=translate(error.said)), 422
    session.clear()
    return redirect("/login", code=303)
