"""Searching the record, and breaking the glass."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.audit import queries
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff
from outreach.web import frame

blueprint = Blueprint("record", __name__, url_prefix="/record")
PAGE = 60


class BadFilter(Invalid):
    """This filter can't be read. Open the record again from its start."""


@blueprint.get("")
@http.needs("see_record")
def search() -> ResponseReturnValue:
    """Show who saw and did what in one's teams, newest first."""
    who = http.me()
    team_ids = who.teams_with("see_record")
    action = "_".join(request.args.get("action", "").split())[:40]
    with http.begin() as uow:
        frame.note_roster(uow)
        lines = queries.search(
            uow,
            team_ids=team_ids,
            deployment=who.is_admin,
            actor_id=_uuid("actor"),
            patient_id=_uuid("patient"),
            action=action or None,
            before=_place(request.args.get("before", "")),
            limit=PAGE,
        )
        audit.look(uow, action="searched_record", subject_kind="staff", subject_id=who.staff_id)
        return render_template(
            "record/page.html",
            lines=lines,
            names=_names(uow, lines),
            people=staff.members(uow, team_ids=team_ids),
            next=_word(lines[-1]) if len(lines) == PAGE else None,
            seal=queries.last_seal(uow),
            zone=staff.organization(uow).zone,
            action=action,
            page_key="record",
        )


def _names(uow: UnitOfWork, lines: tuple[queries.RecordLine, ...]) -> dict[UUID, str]:
    whom = {line.subject_id for line in lines if line.subject_kind == "staff" and line.subject_id}
    return staff.names(uow, staff_ids=whom | {line.actor_id for line in lines if line.actor_id})


def _word(line: queries.RecordLine) -> str:
    return base64.urlsafe_b64encode(f"{line.at.isoformat()}|{line.id}".encode()).decode()


def _place(word: str) -> tuple[datetime, UUID] | None:
    if not word:
        return None
    try:
        at, _, line_id = base64.urlsafe_b64decode(word).decode().partition("|")
        return datetime.fromisoformat(at), UUID(line_id)
    except (ValueError, binascii.Error) as error:
        raise BadFilter from error


def _uuid(name: str) -> UUID | None:
    word = request.args.get(name, "")
    try:
        return UUID(word) if word else None
    except ValueError as error:
        raise BadFilter from error
