"""Why somebody got a text, or did not: the receipt in words."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.web import frame
from outreach.web.programs.worded import in_words
from outreach.why import answer

blueprint = Blueprint("why", __name__, url_prefix="/why")


@blueprint.get("/<uuid:subject_id>")
@http.needs("see_inbox")
def page(subject_id: UUID) -> ResponseReturnValue:
    """Show the whole answer; the look goes on the record."""
    with http.begin() as uow:
        frame.note_roster(uow)
        found = answer.why(uow, subject_id=subject_id, team_ids=http.me().teams_with("see_inbox"))
        return render_template("why/page.html", found=found, translate=in_words, page_key="inbox")
