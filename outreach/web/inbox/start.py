"""Beginning to talk with a patient who never wrote."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.kernel.errors import Invalid
from outreach.patients import queries as patients

blueprint = Blueprint("start", __name__, url_prefix="/people/<uuid:patient_id>")


class NoPhoneToText(Invalid):
    """There is no phone of theirs that may be texted. Call them, or have registration put a number in."""


@blueprint.post("/conversation")
@http.needs("reply")
def begin(patient_id: UUID) -> ResponseReturnValue:
    """Open the conversation with a patient on the phone their texts go to, made now if there is none."""
    with http.begin() as uow:
        person = patients.access_patient(
            uow, patient_id=patient_id, team_ids=http.me().teams_with("reply"), purpose="conversation"
        )
        phone_id = patients.texting_phone(uow, patient_id=person.id)
        if phone_id is None:
            raise NoPhoneToText
        conversation_id = commands.ensure(
            uow, phone_id=phone_id, team_id=person.team_id, patient_id=person.id
        )
        audit.record(
            uow,
            action="conversation_opened",
            subject_kind="conversation",
            subject_id=conversation_id,
            patient_id=person.id,
            team_id=person.team_id,
        )
    return redirect(f"/inbox/{conversation_id}?view=all", code=303)
