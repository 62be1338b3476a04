"""A thread on paper, the photos in it, and one chosen for it. Looking is on the record."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel.errors import NotFound
from outreach.messaging import queries as messaging
from outreach.web.inbox import acts, display, glass, writing

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
    return _drawn(file.content_type, file.content)


@blueprint.get("/draft/photo")
@http.needs("reply")
def chosen(conversation_id: UUID) -> ResponseReturnValue:
    """Return the photo that whoever asks has chosen here and not sent."""
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        file = conversations.draft_photo(uow, conversation_id=found.id, staff_id=http.me().staff_id)
        audit.look(
            uow,
            action="looked_at_photo",
            subject_kind="conversation",
            subject_id=found.id,
            patient_id=found.patient_id,
            team_id=found.team_id,
        )
    return _drawn(file.content_type, file.content)


@blueprint.post("/draft/photo")
@http.needs("reply")
@http.takes_files
def choose(conversation_id: UUID) -> ResponseReturnValue:
    """Keep a photo that was chosen; without one keep what it shows, or forget it."""
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        mine = {"conversation_id": found.id, "staff_id": http.me().staff_id}
        photo, key = writing.photo(), writing.draft_key(found)
        if photo is not None:
            if not (key and commands.was_used(uow, draft_key=key)):
                commands.save_draft_photo(uow, photo=photo, **mine)
        elif "photo_about" in request.form:
            about = request.form["photo_about"].strip()[: writing.LONGEST_ABOUT]
            commands.describe_draft_photo(uow, about=about, **mine)
        else:
            commands.drop_draft_photo(uow, **mine)
    return Response(status=204)


def _drawn(content_type: str, content: bytes) -> Response:
    shown = content_type in PHOTOS
    return Response(
        content,
        mimetype=content_type if shown else "application/octet-stream",
        headers={
            "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="photo"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
