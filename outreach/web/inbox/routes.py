"""Routes of the inbox: lists and threads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.staff import commands as staff_commands
from outreach.web import frame
from outreach.web.inbox import glass, pages

blueprint = Blueprint("inbox", __name__, url_prefix="/inbox")
LONGEST_REASON = 500


@blueprint.get("")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show a list, and in the middle what to do next."""
    with http.begin() as uow:
        frame.note_roster(uow)
        around = pages.around(uow)
        listed = pages.queue(uow, view=pages.wanted_view(), around=around, before=request.args.get("before"))
        pages.put_on_record(uow, listed=listed, opened=None)
        welcome = pages.welcome(uow, listed=listed)
        return render_template("inbox/page.html", **listed | welcome, **_page(around))


@blueprint.get("/rows")
@http.needs("see_inbox")
def more_rows() -> ResponseReturnValue:
    """Return the next page of a list, to be put below the one shown."""
    with http.begin() as uow:
        around = pages.around(uow)
        listed = pages.queue(uow, view=pages.wanted_view(), around=around, before=request.args.get("before"))
        pages.put_on_record(uow, listed=listed, opened=None)
        return render_template("inbox/_rows_more.html", **listed)


@blueprint.get("/<uuid:conversation_id>")
@http.needs("see_inbox")
def thread(conversation_id: UUID) -> ResponseReturnValue:
    """Show a thread: the whole page, or the part beside the list when the page is there already."""
    with http.begin() as uow:
        if http.is_htmx():
            opened = _open(uow, conversation_id)
            pages.put_on_record(uow, listed=None, opened=opened)
            return render_template("inbox/_workspace.html", **opened)
        frame.note_roster(uow)
        around = pages.around(uow)
        opened = _open(uow, conversation_id)
        listed = pages.queue(uow, view=pages.wanted_view(), around=around)
        pages.put_on_record(uow, listed=listed, opened=opened)
        return render_template("inbox/page.html", **listed | opened, **_page(around))


@blueprint.get("/<uuid:conversation_id>/identifiers")
@http.needs("see_inbox")
def identifiers(conversation_id: UUID) -> ResponseReturnValue:
    """Show birth date and record numbers: a look of its own on the record."""
    with http.begin() as uow:
        found = conversations.conversation(
            uow, conversation_id=conversation_id, team_ids=http.me().teams_with("see_inbox")
        )
        if found.patient_id is None:
            raise NotFound
        person = patients.access_patient(
            uow,
            patient_id=found.patient_id,
            team_ids=http.me().teams_with("see_inbox"),
            purpose="identifiers",
        )
        audit.look(
            uow,
            action="looked_at_identifiers",
            subject_kind="patient",
            subject_id=person.id,
            patient_id=person.id,
            team_id=person.team_id,
        )
        return render_template("inbox/_identifiers.html", person=person)


@blueprint.post("/<uuid:conversation_id>/break-glass")
@http.needs("break_glass")
def break_glass(conversation_id: UUID) -> ResponseReturnValue:
    """Open another team's patient for an hour, for reading, with a reason that goes on the record."""
    with http.begin() as uow:
        found = conversations.conversation(uow, conversation_id=conversation_id)
        if found.patient_id is None:
            raise NotFound
        staff_commands.break_glass(
            uow,
            staff_id=http.me().staff_id,
            patient_id=found.patient_id,
            team_id=found.team_id,
            reason=request.form.get("reason", "")[:LONGEST_REASON],
        )
    return redirect(f"/inbox/{conversation_id}", code=303)


def _open(uow: UnitOfWork, conversation_id: UUID) -> dict[str, Any]:
    before = request.args.get("before")
    try:
        return pages.open_thread(uow, conversation_id=conversation_id, before=before)
    except NotFound:
        other = glass.broken(uow, conversation_id)
        if other is None:
            raise
        return pages.open_thread(uow, conversation_id=conversation_id, before=before, glass=other)


def _page(around: conversations.Overview) -> dict[str, object]:
    return {"page_key": "inbox", "change_no": around.newest_change}
