"""The programs that are released: whom they write to, when, in which words."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.programs import queries
from outreach.web import frame

blueprint = Blueprint("programs", __name__, url_prefix="/programs")


@blueprint.get("")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show every released program."""
    with http.begin() as uow:
        frame.note_roster(uow)
        return render_template("programs/page.html", found=queries.released(uow), page_key="programs")
