"""Try a sentence and see why; mark a reading as wrong; the list of marks for the next lexicon version."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.analytics import rules as days
from outreach.audit import commands as audit
from outreach.conversations import queries as conversations
from outreach.inbound import commands, queries
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as messaging
from outreach.staff import queries as staff
from outreach.triage import rules as triage
from outreach.web import frame, words
from outreach.web.inbox import patch
from outreach.web.languages import gettext
from outreach.web.readings import shown

blueprint = Blueprint("readings", __name__)
LONGEST = 1600
LONGEST_WORDS = 60
HEAD = (
    "said_at", "language", "was", "also", "tier", "topic", "rules", "confidence", "should_be", "overruled",
    "lexicon", "marked_at", "words",
)  # fmt: skip


@blueprint.get("/readings")
@http.needs("see_inbox")
def lists() -> ResponseReturnValue:
    """Show what one's teams marked as read wrong, newest first."""
    with http.begin() as uow:
        frame.note_roster(uow)
        asked, found = _marks(uow, "see_inbox")
        for one in found:
            audit.look(
                uow,
                subject_kind="message",
                subject_id=one.message_id,
                patient_id=one.patient_id,
                team_id=one.team_id,
            )
        return render_template(
            "readings/page.html",
            found=found,
            stretch=asked,
            most=queries.MOST_MARKS,
            pieces=shown.pieces_of_mark,
            page_key="escalations",
        )


@blueprint.get("/readings/export.<any(csv, json):kind>")
@http.needs("export")
def export(kind: str) -> ResponseReturnValue:
    """Return the marks with the words, for whoever writes the next lexicon version."""
    with http.begin() as uow:
        asked, found = _marks(uow, "export")
        audit.record(
            uow,
            action="exported_readings",
            subject_kind="list",
            detail={
                "first": asked.first.isoformat(),
                "last": asked.last.isoformat(),
                "messages": [str(one.message_id) for one in found],
            },
        )
    rows = [_exported(one) for one in found]
    content = (
        json.dumps(rows, ensure_ascii=False, indent=1)
        if kind == "json"
        else days.as_csv(HEAD, ([_flat(row[key]) for key in HEAD] for row in rows))
    )
    answer = Response(content, mimetype="application/json" if kind == "json" else "text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="outreach-readings.{kind}"'
    return answer


@blueprint.get("/readings/try")
@http.needs("see_inbox")
def empty() -> ResponseReturnValue:
    """Show the form."""
    return _tried(None)


@blueprint.post("/readings/try")
@http.needs("see_inbox")
def tried() -> ResponseReturnValue:
    """Read a sentence as a patient's text would be read. It is kept nowhere: not stored, logged or sent."""
    said = request.form.get("sentence", "")[:LONGEST]
    open_words = tuple(
        word.strip() for word in request.form.get("open", "")[:LONGEST_WORDS].split(",") if word.strip()
    )
    hint = request.form.get("language") or None
    reading = triage.read(said, open_words=open_words, language_hint=hint)
    return _tried(reading, said=said, open_words=", ".join(open_words), hint=hint)


@blueprint.post("/inbox/<uuid:conversation_id>/texts/<uuid:message_id>/mark")
@http.needs("reply")
def mark(conversation_id: UUID, message_id: UUID) -> ResponseReturnValue:
    """Say that a text was read wrong; if one likes, what it is."""
    with http.begin() as uow:
        team_id = _ours(uow, conversation_id, message_id)
        commands.mark_reading(
            uow,
            message_id=message_id,
            staff_id=http.me().staff_id,
            should_be=request.form.get("should_be") or None,
        )
    return _drawn(
        conversation_id, team_id, gettext("Marked as read wrong. It is on the list for the next version.")
    )


@blueprint.post("/inbox/<uuid:conversation_id>/texts/<uuid:message_id>/unmark")
@http.needs("reply")
def unmark(conversation_id: UUID, message_id: UUID) -> ResponseReturnValue:
    """Take a mark back."""
    with http.begin() as uow:
        team_id = _ours(uow, conversation_id, message_id)
        commands.unmark_reading(uow, message_id=message_id)
    return _drawn(conversation_id, team_id, gettext("Taken back: it was read right."))


def _marks(uow: UnitOfWork, right: str) -> tuple[days.Stretch, tuple[queries.MarkView, ...]]:
    asked = days.stretch(
        request.args.get("first", ""),
        request.args.get("last", ""),
        now=uow.now,
        zone=staff.organization(uow).zone,
    )
    team_ids = http.me().teams_with(right)
    return asked, queries.marks(uow, team_ids=team_ids, since=asked.since, until=asked.until)


def _exported(one: queries.MarkView) -> dict[str, Any]:
    return {
        "said_at": one.said_at.isoformat(),
        "language": one.language,
        "was": one.was,
        "also": list(one.also),
        "tier": one.tier,
        "topic": one.topic,
        "rules": list(one.rules),
        "confidence": one.confidence,
        "should_be": one.should_be,
        "overruled": one.overruled,
        "lexicon": one.lexicon,
        "marked_at": one.marked_at.isoformat(),
        "words": one.words,
    }


def _flat(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value


def _tried(
    reading: triage.Reading | None, *, said: str = "", open_words: str = "", hint: str | None = None
) -> ResponseReturnValue:
    with http.begin() as uow:
        frame.note_roster(uow)
    return render_template(
        "readings/try.html",
        reading=reading,
        said=said,
        open_words=open_words,
        hint=hint,
        pieces=shown.pieces(reading, said) if reading else (),
        longest=LONGEST,
        languages=words.LANGUAGES,
        page_key="escalations",
    )


def _ours(uow: UnitOfWork, conversation_id: UUID, message_id: UUID) -> UUID:
    found = conversations.conversation(
        uow, conversation_id=conversation_id, team_ids=http.me().teams_with("reply")
    )
    if messaging.message(uow, message_id=message_id).conversation_id != found.id:
        raise NotFound
    return found.team_id


def _drawn(conversation_id: UUID, team_id: UUID, notice: str) -> ResponseReturnValue:
    if not http.is_htmx():
        return redirect(f"/inbox/{conversation_id}", code=303)
    with http.begin() as uow:
        drawn = patch.thread(uow, conversation_id=conversation_id, team_id=team_id)
    return jsonify(thread=drawn, notice=notice)
