"""A thread on paper, and the photos in it. Both are looks of their own on the record."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.kernel.errors import NotFound
from outreach.messaging import queries as messaging
from outreach.web.inbox import display, glass

blueprint = Blueprint("papers", __name__, url_prefix="/inbox/<uuid:conversation_id>")
PHOTOS = ("image/jpeg", "image/png", "image/gif", "image/webp")
"""What browsers draw and can't run. Everything else is handed over as a download."""
PRINTED_TEXTS = 200


@blueprint.get("/print")
@http.needs("see_inbox")
def paper(conversation_id: UUID) -> ResponseReturnValue:
    """Show a thread for printing: the newest 200 texts, or those before a place; times are the patient's."""
    with http.begin() as uow:
        found, _ = glass.conversation(uow, conversation_id)
        view = display.paper(
            uow,
            conversation_id=found.id,
            team_ids=[found.team_id],
            before=request.args.get("before"),
            limit=PRINTED_TEXTS,
        )
        audit.record(
            uow,
            action="printed",
            subject_kind="conversation",
            subject_id=found.id,
            patient_id=found.patient_id,
            team_id=found.team_id,
        )
        return render_template("inbox/print.html", view=view, now=uow.now)


@blueprint.get("/photos/<uuid:media_id>")
@http.needs("see_inbox")
def photo(conversation_id: UUID, media_id: UUID) -> ResponseReturnValue:
    """Return a photo of a thread, decrypted now; browsers keep no copy."""
    with http.begin() as uow:
        found, _ = glass.conversation(uow, conversation_id)
        file = messaging.file(uow, media_id=media_id)
        if file.conversation_id != found.id:
            raise NotFound
        audit.look(
            uow,
            action="looked_at_photo",
            subject_kind="media",
            subject_id=media_id,
            patient_id=found.patient_id,
            team_id=found.team_id,
        )
    shown = file.content_type in PHOTOS
    return Response(
        file.content,
        mimetype=file.content_type if shown else "application/octet-stream",
        headers={
            "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="photo"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
