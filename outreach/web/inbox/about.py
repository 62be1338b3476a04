"""What stands beside a thread, loaded after it, and what staff do there: programs, next steps, details."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.consent import commands as consent
from outreach.consent import rules as consent_rules
from outreach.conversations import queries as conversations
from outreach.escalations import commands as escalations
from outreach.kernel.errors import Conflict, Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patient_commands
from outreach.patients import queries as patients
from outreach.patients import rules as patient_rules
from outreach.programs import queries as programs
from outreach.programs.commands import by_hand
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.web import labels
from outreach.web.inbox import caregivers, context, glass
from outreach.web.languages import Texts, translate

blueprint = Blueprint("about", __name__, url_prefix="/inbox/<uuid:conversation_id>")
LONGEST = 120
LONGEST_REASON = 500
CLOSING = time(17)
US_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)

CHOICES = ("texts", "no_texts")
TOLD = Texts(
    {
        "skip": "Skipped: %(what)s.",
        "take_back": "It comes after all: %(what)s.",
        "pause": "Paused: %(what)s.",
        "take_up": "It goes on: %(what)s.",
        "stop": "Stopped for good: %(what)s.",
    }
)
WAYS = Texts({"in person": "In person", "by phone": "By phone", "on paper": "On a form they signed"})

Act = Callable[[UnitOfWork, conversations.ConversationView, UUID], dict[str, Any]]


class ChangedMeanwhile(Conflict):
    """Somebody changed this person's details while you were looking. Nothing was saved: look again."""


class NoTask(Invalid):
    """Say what is to be done. Nothing was added."""


class BadDay(Invalid):
    """Choose today or a day to come. Nothing was added."""


class NoChoice(Invalid):
    """Say what they chose, and how they were told. Nothing was saved."""


@blueprint.get("/about")
@http.needs("see_inbox")
def pane(conversation_id: UUID) -> ResponseReturnValue:
    """Show who the person is and what is planned for them."""
    with http.begin() as uow:
        return _pane(uow, conversation_id)


@blueprint.get("/details")
@http.needs("edit_patient")
def details(conversation_id: UUID) -> ResponseReturnValue:
    """Show the form for what staff may correct."""
    with http.begin() as uow:
        found, patient_id = _patient(uow, conversation_id, "edit_patient")
        person = patients.access_patient(
            uow, patient_id=patient_id, team_ids=http.me().teams_with("edit_patient"), purpose="details"
        )
        return render_template(
            "inbox/_details.html",
            p=person,
            conversation_id=found.id,
            zones=_zones(person.zone),
            offered=patient_rules.OFFERED,
            now=uow.now,
        )


@blueprint.post("/details")
@http.needs("edit_patient")
def save_details(conversation_id: UUID) -> ResponseReturnValue:
    """Correct what staff may correct, if nobody else did meanwhile."""

    def act(uow: UnitOfWork, found: conversations.ConversationView, patient_id: UUID) -> dict[str, Any]:
        _expect(uow, patient_id, http.me().teams_with("edit_patient"))
        changes = _changes()
        patient_commands.update(uow, patient_id=patient_id, **changes)
        more = caregivers.rescope(uow, patient_id=patient_id)
        return {"changed": sorted(changes)} | ({"caregivers": more} if more else {})

    return _do(conversation_id, "edit_patient", "patient_corrected", act)


@blueprint.get("/told")
@http.needs("see_inbox")
def told(conversation_id: UUID) -> ResponseReturnValue:
    """Show whom the patient allowed us to tell, with their numbers: a look of its own on the record."""
    with http.begin() as uow:
        found, patient_id = _patient(uow, conversation_id, "see_inbox")
        person = patients.access_patient(
            uow, patient_id=patient_id, team_ids=http.me().teams_with("see_inbox"), purpose="whom_to_tell"
        )
        audit.look(
            uow,
            action="asked_whom_to_tell",
            subject_kind="patient",
            subject_id=patient_id,
            patient_id=patient_id,
            team_id=person.team_id,
        )
        return render_template(
            "inbox/_told.html", told=caregivers.to_tell(person), conversation_id=found.id, now=uow.now
        )


@blueprint.get("/warning")
@http.needs("edit_patient")
def warning(conversation_id: UUID) -> ResponseReturnValue:
    """Show what to tell the person about unencrypted texts, and the form for what they chose."""
    with http.begin() as uow:
        found, patient_id = _patient(uow, conversation_id, "edit_patient")
        language = patients.contact_facts(uow, patient_id=patient_id).language
        return render_template(
            "inbox/_warning.html",
            told=consent_rules.warning(language),
            ways=WAYS,
            conversation_id=found.id,
        )


@blueprint.post("/warning")
@http.needs("edit_patient")
def record_choice(conversation_id: UUID) -> ResponseReturnValue:
    """Write down that the person was told that texts are not encrypted, and what they want."""

    def act(uow: UnitOfWork, found: conversations.ConversationView, patient_id: UUID) -> dict[str, Any]:
        choice, way = request.form.get("choice", ""), request.form.get("way", "")
        if choice not in CHOICES or way not in WAYS:
            raise NoChoice
        note = request.form.get("note", "").strip()[:LONGEST_REASON]
        consent.record_choice(
            uow,
            patient_id=patient_id,
            phone_id=found.phone_id,
            prefers_texts=choice == "texts",
            language=request.form.get("language", "en"),
            by_staff_id=http.me().staff_id,
            evidence=f"told {way}" + (f": {note}" if note else ""),
        )
        return {"choice": choice}

    return _do(conversation_id, "edit_patient", "warned_of_texts", act)


@blueprint.post("/steps/<uuid:touchpoint_id>/<any(skip, take_back):verb>")
@http.needs("pause")
def step(conversation_id: UUID, touchpoint_id: UUID, verb: str) -> ResponseReturnValue:
    """Let one planned text go unsent, or come after all."""
    told = {"undo": f"steps/{touchpoint_id}/take_back"} if verb == "skip" else {}

    def act(uow: UnitOfWork, found: conversations.ConversationView, patient_id: UUID) -> dict[str, Any]:
        one = planned.touchpoint(uow, touchpoint_id=touchpoint_id)
        if one is None or one.patient_id not in patients.same_person(uow, patient_id=patient_id):
            raise NotFound
        verbs = {"skip": touchpoints.skip_by_staff, "take_back": touchpoints.plan_again}
        verbs[verb](uow, touchpoint_id=touchpoint_id)
        told["notice"] = TOLD[verb] % {"what": labels.step(one.source_kind, one.step)}
        return {"touchpoint": str(touchpoint_id)}

    return _do(conversation_id, "pause", "step_skipped" if verb == "skip" else "step_taken_back", act, told)


@blueprint.post("/programs/<uuid:enrollment_id>/<any(pause, take_up, stop):verb>")
@http.needs("pause")
def course(conversation_id: UUID, enrollment_id: UUID, verb: str) -> ResponseReturnValue:
    """Pause a program for this person, let it go on, or stop it for good."""
    told = {"undo": f"programs/{enrollment_id}/take_up"} if verb == "pause" else {}

    def act(uow: UnitOfWork, found: conversations.ConversationView, patient_id: UUID) -> dict[str, Any]:
        one = programs.enrollment(uow, enrollment_id=enrollment_id)
        if one is None or one.patient_id not in patients.same_person(uow, patient_id=patient_id):
            raise NotFound
        verbs = {"pause": by_hand.pause, "take_up": by_hand.take_up, "stop": by_hand.stop}
        verbs[verb](uow, enrollment_id=enrollment_id)
        told["notice"] = TOLD[verb] % {"what": translate(one.title)}
        return {"enrollment": str(enrollment_id), "program": one.program}

    return _do(conversation_id, "pause", f"program_{verb}", act, told)


@blueprint.get("/programs")
@http.needs("manage_programs")
def choose_program(conversation_id: UUID) -> ResponseReturnValue:
    """Show every program with its audience check for this person."""
    with http.begin() as uow:
        found, patient_id = _patient(uow, conversation_id, "manage_programs")
        return render_template(
            "inbox/_enroll.html",
            candidates=by_hand.candidates(uow, patient_id=patient_id),
            conversation_id=found.id,
            now=uow.now,
        )


@blueprint.post("/programs")
@http.needs("manage_programs")
def enroll(conversation_id: UUID) -> ResponseReturnValue:
    """Enroll the person by hand; an exception from the audience needs a reason, which goes on the record."""

    def act(uow: UnitOfWork, found: conversations.ConversationView, patient_id: UUID) -> dict[str, Any]:
        reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
        version_id = _uuid(request.form.get("version_id", ""))
        by_hand.enroll_by_hand(
            uow, patient_id=patient_id, version_id=version_id, staff_id=http.me().staff_id, reason=reason
        )
        return {"version": str(version_id)} | ({"reason": reason} if reason else {})

    return _do(conversation_id, "manage_programs", "enrolled_by_hand", act)


@blueprint.post("/task")
@http.needs("reply")
def add_task(conversation_id: UUID) -> ResponseReturnValue:
    """Give the team a task about whoever is in this thread, for the next business day if it names none."""
    with http.begin() as uow:
        found = conversations.conversation(
            uow, conversation_id=conversation_id, team_ids=http.me().teams_with("reply")
        )
        what = request.form.get("what", "").strip()[:LONGEST_REASON]
        if not what:
            raise NoTask
        escalations.add_task(
            uow,
            team_id=found.team_id,
            kind="other",
            source_kind="by_hand",
            source_id=uow.new_id(),
            due_at=_closing(request.form.get("due", ""), staff.team(uow, found.team_id).zone, uow.now),
            patient_id=found.patient_id,
            conversation_id=found.id,
            detail=what,
        )
        audit.record(
            uow,
            action="task_added",
            subject_kind="conversation",
            subject_id=found.id,
            patient_id=found.patient_id,
            team_id=found.team_id,
        )
    with http.begin() as uow:
        return _pane(uow, conversation_id)


def _closing(day: str, zone: str, now: datetime) -> datetime | None:
    """Return the end of a working day, None for none. Raise BadDay."""
    if not day:
        return None
    try:
        at = datetime.combine(date.fromisoformat(day), CLOSING, ZoneInfo(zone))
    except ValueError as error:
        raise BadDay from error
    if at.date() < now.astimezone(ZoneInfo(zone)).date():
        raise BadDay
    return at


def pane_of(conversation_id: UUID) -> str:
    """Return the pane beside a thread as it is now."""
    with http.begin() as uow:
        return _pane(uow, conversation_id)


def _pane(uow: UnitOfWork, conversation_id: UUID, told: Mapping[str, str] | None = None) -> str:
    found, team_ids = glass.conversation(uow, conversation_id)
    beside = context.context(uow, conversation=found, team_ids=team_ids)
    return render_template(
        "inbox/_about.html" if http.is_htmx() else "inbox/about.html",
        beside=beside,
        told=told,
        conversation=found,
        zone=beside.zone,
        reading_only=found.team_id not in http.me().teams_with("see_inbox"),
        page_key="inbox",
        now=uow.now,
    )


def _do(
    conversation_id: UUID, right: str, action: str, act: Act, told: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    with http.begin() as uow:
        found, patient_id = _patient(uow, conversation_id, right)
        detail = act(uow, found, patient_id)
        audit.record(
            uow,
            action=action,
            subject_kind="patient",
            subject_id=patient_id,
            patient_id=patient_id,
            team_id=found.team_id,
            detail=detail,
        )
    with http.begin() as uow:
        return _pane(uow, conversation_id, told)


def _patient(
    uow: UnitOfWork, conversation_id: UUID, right: str
) -> tuple[conversations.ConversationView, UUID]:
    found = conversations.conversation(
        uow, conversation_id=conversation_id, team_ids=http.me().teams_with(right)
    )
    if found.patient_id is None:
        raise NotFound
    facts = patients.contact_facts(uow, patient_id=found.patient_id)
    # Work that another team gave us: the conversation is ours, the record and its programs stay theirs.
    if facts.team_id not in http.me().teams_with(right):
        raise NotFound
    return found, facts.patient_id


def _expect(uow: UnitOfWork, patient_id: UUID, team_ids: tuple[UUID, ...]) -> None:
    version = patient_commands.lock_version(uow, patient_id=patient_id, team_ids=team_ids)
    if request.form.get("person_version") != str(version):
        raise ChangedMeanwhile


def _changes() -> patient_commands.PatientChanges:
    form = request.form
    hours = {"from": form.get("from", ""), "to": form.get("to", "")}
    days = [int(day) for day in form.getlist("days") if day.isdecimal() and len(day) == 1]
    wish = {**hours, **({"days": days} if 0 < len(days) < patient_rules.DAY_NAMES else {})}
    changes: patient_commands.PatientChanges = {
        "preferred_name": form.get("preferred_name", "").strip()[:LONGEST] or None,
        "language": form.get("language", "en"),
        "preferred_hours": wish if any(hours.values()) else None,
        "literacy": form.get("literacy", "standard"),
        "fewer_texts": form.get("fewer_texts") == "yes",
        "needs": [need.strip()[:LONGEST] for need in form.get("needs", "").split(",") if need.strip()],
    }
    zone = form.get("zone") or None
    if zone != (form.get("zone_before") or None):
        changes |= {"zone": zone, "zone_source": "stated" if zone else "none"}
    return changes


def _zones(own: str | None) -> tuple[str, ...]:
    known = available_timezones()
    others = sorted(zone for zone in known if zone.startswith("America/") and zone not in US_ZONES)
    mine = (own,) if own and own not in US_ZONES and own not in others else ()
    return (*mine, *US_ZONES, *others)


def _uuid(word: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        raise NotFound from error
