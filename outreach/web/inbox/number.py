"""What a colleague has found out about a number: whose it is, whether it may be texted, who has died."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach import http
from outreach.audit import commands as audit
from outreach.consent import commands as consent
from outreach.consent.rules import PURPOSES
from outreach.conversations import commands as threads
from outreach.conversations import queries as conversations
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patient_commands
from outreach.patients import queries as patients
from outreach.web.inbox import about
from outreach.web.languages import Texts

blueprint = Blueprint("number", __name__, url_prefix="/inbox/<uuid:conversation_id>/number")
LONGEST = 500

OF_NUMBERS = Texts(
    {
        "stop": "They want no more texts on this number",
        "again": "They want texts again",
        "wrong": "It is somebody else's number: find the right one",
        "right": "It is their number after all, and works",
        "moved": "Somebody else has got this number since",
    }
)
OF_PEOPLE = Texts({"died": "The patient has died", "hospice": "The patient is in hospice care"})
RELATIONS = Texts({"self": "It is the patient's own", "caregiver": "It is a caregiver's"})

Found = conversations.ConversationView
Act = Callable[[UnitOfWork, Found, str], object]


class NothingChosen(Invalid):
    """Choose what you found out, and write down how you know. Nothing was saved."""


class NoSuchRecord(Invalid):
    """No patient of your teams has this record number. Nothing was saved: check it, or ask whose it is."""


@blueprint.get("")
@http.needs("edit_patient")
def form(conversation_id: UUID) -> ResponseReturnValue:
    """Show what can be said about a number and its holder."""
    with http.begin() as uow:
        found = _conversation(uow, conversation_id)
    return render_template(
        "inbox/_number.html",
        conversation_id=conversation_id,
        choices=dict(OF_NUMBERS) | (dict(OF_PEOPLE) if found.patient_id else {}),
        relations=None if found.patient_id else RELATIONS,
    )


@blueprint.post("")
@http.needs("edit_patient")
def found_out(conversation_id: UUID) -> ResponseReturnValue:
    """Write down what was found out, with how we know; it takes effect at once."""
    what, evidence = request.form.get("what", ""), request.form.get("evidence", "").strip()[:LONGEST]
    with http.begin() as uow:
        found = _conversation(uow, conversation_id)
        if what not in ACTS or not evidence:
            raise NothingChosen
        ACTS[what](uow, found, evidence)
        _record(uow, found, {"what": what})
    return about.pane_of(conversation_id)


@blueprint.post("/patient")
@http.needs("edit_patient")
def register(conversation_id: UUID) -> ResponseReturnValue:
    """Say which patient a number that nobody knew belongs to, or whose caregiver writes from it."""
    record, relation = request.form.get("record", "").strip()[:LONGEST], request.form.get("relation", "")
    evidence = request.form.get("evidence", "").strip()[:LONGEST]
    with http.begin() as uow:
        found = _conversation(uow, conversation_id)
        if found.patient_id is not None:
            raise NotFound
        if not record or not evidence or relation not in RELATIONS:
            raise NothingChosen
        patient_id = _of_record(uow, record)
        _attach(uow, found, patient_id, relation, evidence)
        threads.set_patient(uow, conversation_id=found.id, patient_id=patient_id)
        _record(uow, found, {"what": "registered", "relation": relation}, patient_id=patient_id)
    return about.pane_of(conversation_id)


def _attach(uow: UnitOfWork, found: Found, patient_id: UUID, relation: str, evidence: str) -> None:
    patient_commands.attach_phone(
        uow,
        patient_id=patient_id,
        phone_id=found.phone_id,
        relation=relation,
        holder_name=request.form.get("holder", "").strip()[:LONGEST] or None,
        scopes=("answer",) if relation == "self" or request.form.get("may_answer") == "yes" else (),
    )
    # The number was given to us for the patient's care; that undoes no refusal and no STOP.
    consent.record_basis(
        uow,
        patient_id=patient_id,
        phone_id=found.phone_id,
        purposes=PURPOSES,
        how="registration",
        by_staff_id=http.me().staff_id,
        evidence=evidence,
    )


def _of_record(uow: UnitOfWork, record: str) -> UUID:
    """Return the patient of a record number, of the teams whose details one may correct."""
    page = patients.find_people(uow, team_ids=http.me().teams_with("edit_patient"), wanted=record, limit=2)
    exact = [one for one in page.people if record in one.numbers]
    if len(exact) != 1:
        raise NoSuchRecord
    return exact[0].patient_id


def _said_of(act: Callable[..., object]) -> Act:
    """Return how a colleague says it, with evidence, of the phone and the person it belongs to."""

    def say(uow: UnitOfWork, found: Found, evidence: str) -> None:
        act(
            uow,
            phone_id=found.phone_id,
            how="staff",
            by_staff_id=http.me().staff_id,
            evidence=evidence,
            patient_id=found.patient_id,
        )

    return say


def _wrong(uow: UnitOfWork, found: Found, evidence: str) -> None:
    consent.wrong_person(
        uow, phone_id=found.phone_id, how="staff", by_staff_id=http.me().staff_id, evidence=evidence
    )


def _right(uow: UnitOfWork, found: Found, evidence: str) -> None:
    consent.right_person(uow, phone_id=found.phone_id, by_staff_id=http.me().staff_id, evidence=evidence)


def _moved(uow: UnitOfWork, found: Found, evidence: str) -> None:
    consent.wrong_person(
        uow, phone_id=found.phone_id, how="staff", by_staff_id=http.me().staff_id, evidence=evidence
    )
    patient_commands.new_holder(uow, phone_id=found.phone_id, how="staff")


def _died(uow: UnitOfWork, found: Found, evidence: str) -> None:
    patient_commands.mark_deceased(uow, patient_id=_patient(uow, found))
    threads.note(uow, conversation_id=found.id, staff_id=http.me().staff_id, body=evidence)


def _hospice(uow: UnitOfWork, found: Found, evidence: str) -> None:
    patient_commands.mark_hospice(uow, patient_id=_patient(uow, found))
    threads.note(uow, conversation_id=found.id, staff_id=http.me().staff_id, body=evidence)


ACTS: dict[str, Act] = {
    "stop": _said_of(consent.opt_out),
    "again": _said_of(consent.opt_in),
    "wrong": _wrong,
    "right": _right,
    "moved": _moved,
    "died": _died,
    "hospice": _hospice,
}


def _conversation(uow: UnitOfWork, conversation_id: UUID) -> Found:
    team_ids = http.me().teams_with("edit_patient")
    found = conversations.conversation(uow, conversation_id=conversation_id, team_ids=team_ids)
    if found.patient_id is not None:
        facts = patients.contact_facts(uow, patient_id=found.patient_id)
        if facts.team_id not in team_ids:
            raise NotFound
    return found


def _patient(uow: UnitOfWork, found: Found) -> UUID:
    if found.patient_id is None:
        raise NotFound
    return patients.resolve(uow, patient_id=found.patient_id)


def _record(uow: UnitOfWork, found: Found, detail: dict[str, Any], *, patient_id: UUID | None = None) -> None:
    audit.record(
        uow,
        action="number_found_out",
        subject_kind="conversation",
        subject_id=found.id,
        patient_id=patient_id or found.patient_id,
        team_id=found.team_id,
        detail=detail,
    )
