"""What staff write in a conversation: texts now or later, notes naming colleagues, drafts, quick replies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.care import queries as care
from outreach.conversations import commands
from outreach.conversations import queries as conversations
from outreach.kernel import ids, phone
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.said import Said
from outreach.kernel.segments import count_segments
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging_commands
from outreach.messaging import queries as messaging
from outreach.messaging.rules.request import AskHuman, Deferred, Suppressed, TextEmpty, wording
from outreach.patients import queries as patients
from outreach.programs.rules.lint.advice import advise
from outreach.reminders.rules import texts as reminder_words
from outreach.staff import queries as staff
from outreach.touchpoints.rules.wording import EmptyField, fill
from outreach.web import words
from outreach.web.inbox import acts, glass, hours
from outreach.web.languages import gettext, say, translate
from outreach.why.answer import REASONS

blueprint = Blueprint("writing", __name__, url_prefix="/inbox/<uuid:conversation_id>")
LONGEST = 1600
LONGEST_REASON = 200
SHORTEST_REASON = 5
CENTS_PER_SEGMENT = 1.25
"""Provider and carrier together, rounded up (third-party price lists of July 2026): a hint, not a bill."""
CENTS_PER_PHOTO = 3
"""A picture text costs 2.2 cents and a carrier's fee, in the same price lists, whatever it says."""
LONGEST_ABOUT = 200
NO_TEXT_FOR = ("deactivated", "wrong_person", "invalid")
LIVE_VISITS = ("booked", "confirmed", "change_asked", "unknown")


class TooLong(Invalid):
    """A text may have at most 1,600 characters."""


class NotSent(Invalid):
    """This text was not sent."""


class SayWhyNow(Invalid):
    """Say in a few words why it has to reach them at this hour. It goes on the record."""


class AtNight(Invalid):
    """It is outside their hours. Nothing was sent: go back, and send it in their morning or say why now."""


@blueprint.post("/reply")
@http.needs("reply")
@http.takes_files
def reply(conversation_id: UUID) -> ResponseReturnValue:
    """Send a text, now or later, or keep a note. Outside their hours, ask first."""
    if request.form.get("mode") == "note":
        return acts.do(conversation_id, "reply", "noted", _note)
    asked = _asks(conversation_id)
    return asked or acts.do(conversation_id, "reply", "replied", _reply, detail=_chosen)


@blueprint.post("/undo")
@http.needs("reply")
def undo(conversation_id: UUID) -> ResponseReturnValue:
    """Take a text back while it waits; its words are answered, to be written on."""
    back: dict[str, Any] = {}

    def act(uow: UnitOfWork, found: conversations.ConversationView) -> str:
        message_id = acts.uuid_of(request.form.get("message", ""))
        text = messaging.message(uow, message_id=message_id)
        if text.conversation_id != found.id:
            raise NotFound
        commands.undo(uow, message_id=message_id)
        back["taken_back"] = text.body
        return gettext("Taken back. It was not sent.")

    return acts.do(conversation_id, "reply", "took_back", act, more=back)


@blueprint.post("/draft")
@http.needs("reply")
def draft(conversation_id: UUID) -> ResponseReturnValue:
    """Keep what is being typed."""
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        body = request.form.get("body", "")[:LONGEST]
        commands.save_draft(
            uow,
            conversation_id=found.id,
            staff_id=http.me().staff_id,
            body=body,
            mode=request.form.get("mode", "note"),
            draft_key=draft_key(found),
        )
    return Response(status=204)


@blueprint.post("/measure")
@http.needs("reply")
def measure(conversation_id: UUID) -> ResponseReturnValue:
    """Say what a text will cost, what the linter thinks of it, and the hour it would come at."""
    body = request.form.get("body", "")[: LONGEST + 1]
    try:
        count = wording(body[:LONGEST]).count
    except TextEmpty:
        count = count_segments("")
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        look = _hours(uow, found)
        language = "en"
        if found.patient_id is not None:
            language = patients.contact_facts(uow, patient_id=found.patient_id).language
        return render_template(
            "inbox/_measure.html",
            found=count,
            cents=round(count.segments * CENTS_PER_SEGMENT),
            photo_cents=CENTS_PER_PHOTO if request.form.get("photo") else None,
            too_long=len(body) > LONGEST,
            translate=translate,
            advice=advise(body, language=language) if body.strip() else (),
            hours=look,
            now=uow.now,
        )


@blueprint.get("/later")
@http.needs("reply")
def later(conversation_id: UUID) -> ResponseReturnValue:
    """Offer times for sending later."""
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        look = _hours(uow, found)
        return render_template(
            "inbox/_later.html", hours=look, offered=hours.later(uow.now, look), now=uow.now
        )


@blueprint.get("/quick-replies")
@http.needs("reply")
def quick_replies(conversation_id: UUID) -> ResponseReturnValue:
    """Return the team's quick replies with their fields filled for this person, their language first."""
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        language = "en"
        if found.patient_id is not None:
            language = patients.contact_facts(uow, patient_id=found.patient_id).language
        filled = []
        for one in conversations.quick_replies(uow, team_id=found.team_id):
            try:
                body = fill(one.body, _fields(uow, found, one.language))
            except EmptyField:
                body = ""
            filled.append(
                {
                    "shortcut": one.shortcut,
                    "language": words.LANGUAGES.get(one.language, one.language),
                    "body": body,
                    "theirs": one.language == language,
                }
            )
    return jsonify(replies=sorted(filled, key=lambda one: (not one["theirs"], one["shortcut"])))


@blueprint.post("/here")
@http.signed_in_quietly
def here(conversation_id: UUID) -> ResponseReturnValue:
    """Note that somebody has the conversation open; ids only, gone after a while. No sign of use."""
    who = http.me()
    presence = current_app.extensions["presence"]
    with http.begin() as uow:
        found, _ = glass.conversation(uow, conversation_id)
        at = uow.machine_now
    if request.form.get("how") == "gone":
        presence.leave(found.id, who.staff_id)
    else:
        presence.note(found.id, who.staff_id, writes=request.form.get("how") == "writes", at=at)
    return Response(status=204)


def _asks(conversation_id: UUID) -> ResponseReturnValue | None:
    """Outside their hours, with nothing decided yet: show the choice, keep the text where it is."""
    if request.form.get("when") or not (request.form.get("body", "").strip() or photo()):
        return None
    with http.begin() as uow:
        found = acts.conversation(uow, conversation_id, "reply")
        look = _hours(uow, found)
        if not look.asks or not look.facts.consent_allowed or look.facts.phone_state in NO_TEXT_FOR:
            return None
        if not http.is_htmx():
            raise AtNight
        return jsonify(ask=render_template("inbox/_outside.html", hours=look, now=uow.now))


def _reply(uow: UnitOfWork, found: conversations.ConversationView) -> str:
    body = request.form.get("body", "")
    if len(body) > LONGEST:
        raise TooLong
    send_at = _send_at(uow, found)
    outcome = commands.reply(
        uow,
        conversation_id=found.id,
        staff_id=http.me().staff_id,
        body=body,
        draft_key=draft_key(found) or f"{found.id}:{ids.token()}",
        send_at=send_at,
        expected=acts.version(),
        photo=photo(),
    )
    if isinstance(outcome, Suppressed | AskHuman):
        why = Said(REASONS.get(outcome.reason, outcome.reason.replace("_", " ")))
        raise NotSent(Said("Not sent. %(why)s Call instead.", why=why))
    if isinstance(outcome, Deferred):
        zone = staff.team(uow, found.team_id).zone
        when = words.moment(outcome.until, uow.now, zone)
        raise NotSent(Said("Not sent: it may not go out before %(when)s.", when=when))
    if send_at is None:
        return ""
    when = words.moment(send_at, uow.now, _hours(uow, found).zone)
    return say("It goes out %(when)s their time.", when=when)


def draft_key(found: conversations.ConversationView) -> str:
    """Return what the page calls what is being written, until it is sent; empty if it does not say."""
    word = request.form.get("draft_key", "")[:64]
    return f"{found.id}:{word}" if word else ""


def photo() -> messaging_commands.Photo | None:
    """Return the photo that was put to the text, if any."""
    file = request.files.get("photo")
    if file is None or not file.filename:
        return None
    content = file.stream.read()
    file.stream.seek(0)
    about = request.form.get("photo_about", "").strip()[:LONGEST_ABOUT]
    return messaging_commands.Photo(content=content, about=about) if content else None


def _send_at(uow: UnitOfWork, found: conversations.ConversationView) -> datetime | None:
    when = request.form.get("when", "")
    if not when:
        return None
    look = _hours(uow, found)
    if when == "now":
        if look.asks and len(request.form.get("why_now", "").strip()) < SHORTEST_REASON:
            raise SayWhyNow
        return None
    if when == "opening":
        return look.opening if look.outside else None
    return hours.parse(when, now=uow.now, hours=look)


def _chosen() -> Mapping[str, Any]:
    reason = request.form.get("why_now", "").strip()[:LONGEST_REASON]
    when = request.form.get("when", "")
    return ({"when": when} if when else {}) | ({"outside_hours": reason} if when == "now" and reason else {})


def _hours(uow: UnitOfWork, found: conversations.ConversationView) -> hours.Hours:
    return hours.look(uow, found, sender_id=staff.team(uow, found.team_id).sender_id)


def _note(uow: UnitOfWork, found: conversations.ConversationView) -> str:
    body = request.form.get("body", "")[:LONGEST]
    named = _named(uow, found, body)
    commands.note(
        uow,
        conversation_id=found.id,
        staff_id=http.me().staff_id,
        body=body,
        mentions=tuple(named),
        draft_key=draft_key(found),
    )
    told = [words.short_name(name) for one, name in named.items() if one != http.me().staff_id]
    return say("Note kept. Told: %(names)s.", names=", ".join(told)) if told else gettext("Note kept.")


def _named(uow: UnitOfWork, found: conversations.ConversationView, body: str) -> dict[UUID, str]:
    """Find colleagues of the team whose name stands behind an @, the longest name first."""
    if "@" not in body:
        return {}
    left, named = body.casefold(), {}
    members = staff.members(uow, team_ids=[found.team_id])
    for one in sorted(members, key=lambda one: -len(one.name)):
        at = f"@{one.name.casefold()}"
        if at in left:
            named[one.id] = one.name
            left = left.replace(at, " ")
    return named


def _fields(uow: UnitOfWork, found: conversations.ConversationView, language: str) -> dict[str, str | None]:
    team = staff.team(uow, found.team_id)
    fields: dict[str, str | None] = {
        "clinic": team.short_name,
        "team": team.name,
        "callback": _spoken(team.callback_number),
        "name": None,
        "appointment": None,
        "me": http.me().name.split(" ")[0],
    }
    if found.patient_id is None:
        return fields
    facts = patients.contact_facts(uow, patient_id=found.patient_id)
    if facts.team_id not in http.me().teams:
        return fields
    ahead = [
        one.starts_at
        for one in care.record(uow, patient_id=found.patient_id).appointments
        if one.starts_at > uow.now and one.status in LIVE_VISITS
    ]
    if ahead:
        when = reminder_words.when(min(ahead), zone=facts.zone, language=language)
        joined = " a las " if language == "es" else " at "
        fields["appointment"] = f"{when['day']}{joined}{when['time']}"
    return fields | {"name": facts.preferred_name}


def _spoken(number: str) -> str:
    """Return a number as people write it, where it was kept as machines do."""
    return phone.parse(number).national if number.startswith("+1") else number
