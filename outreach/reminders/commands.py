"""Planning reminders, composing them when they are due, and acting on what patients answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from outreach.care import commands as care
from outreach.care import queries as record
from outreach.escalations import commands as escalations
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import TextRequest
from outreach.patients import queries as patients
from outreach.reminders.rules import schedule, texts
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.touchpoints.rules.wording import Composed

LIVE_APPOINTMENT = ("booked", "confirmed", "change_asked", "unknown")
LIVE_SUPPLY = ("active", "unknown")
REFILL_DROPS = {"enough", "stopped", "need", "cost", "side_effects"}


def plan_appointment(uow: UnitOfWork, *, appointment_id: UUID) -> int:
    """Plan a visit's reminders anew from its present start; drop them if it is no longer going to happen."""
    visit = record.appointment(uow, appointment_id=appointment_id)
    if visit.status not in LIVE_APPOINTMENT or visit.starts_at <= uow.now:
        return touchpoints.drop(
            uow, source_kind="appointment", source_id=appointment_id, reason="appointment_off"
        )
    facts = patients.contact_facts(uow, patient_id=visit.patient_id)
    items = schedule.appointment_items(
        schedule.Visit(
            starts_at=visit.starts_at, booked_on=visit.booked_on, start_version=visit.start_version
        ),
        zone=facts.zone,
        why={"appointment_id": str(appointment_id)},
    )
    return touchpoints.plan(
        uow,
        patient_id=visit.patient_id,
        team_id=facts.team_id,
        source_kind="appointment",
        source_id=appointment_id,
        anchor_version=visit.start_version,
        items=items,
    )


def plan_refill(uow: UnitOfWork, *, medication_id: UUID) -> int:
    """Plan a supply's refill questions from the day it runs out; drop them if it is no longer taken."""
    supply = record.medication(uow, medication_id=medication_id)
    if supply.runs_out_on is None or supply.status not in LIVE_SUPPLY:
        return touchpoints.drop(uow, source_kind="refill", source_id=medication_id, reason="supply_off")
    facts = patients.contact_facts(uow, patient_id=supply.patient_id)
    items = schedule.refill_items(
        supply.runs_out_on,
        zone=facts.zone,
        why={"medication_id": str(medication_id), "timing": supply.days_source},
    )
    return touchpoints.plan(
        uow,
        patient_id=supply.patient_id,
        team_id=facts.team_id,
        source_kind="refill",
        source_id=medication_id,
        anchor_version=supply.version,
        items=items,
    )


def send_touchpoint(uow: UnitOfWork, *, touchpoint_id: UUID) -> str | None:
    """Send one due reminder, if it still says the truth. Return its new state, None if it was not due."""
    claimed = touchpoints.claim(uow, touchpoint_id=touchpoint_id)
    if claimed is None:
        return None
    composed = (
        _appointment_text(uow, claimed)
        if claimed.source_kind == "appointment"
        else _refill_text(uow, claimed)
    )
    if isinstance(composed, str):
        touchpoints.skip(uow, touchpoint_id=claimed.id, reason=composed)
        return "skipped"
    return touchpoints.send(uow, claimed=claimed, composed=composed)


def _appointment_text(uow: UnitOfWork, claimed: touchpoints.Claimed) -> Composed | str:
    visit = record.appointment(uow, appointment_id=claimed.source_id)
    if visit.status not in LIVE_APPOINTMENT:
        return "appointment_off"
    if visit.start_version != claimed.anchor_version or visit.starts_at <= uow.now:
        return "anchor_moved"
    if claimed.step == "ask" and visit.status == "confirmed":
        return "already_confirmed"
    language = patients.contact_facts(uow, patient_id=claimed.patient_id).language
    fields = _fields(uow, claimed.patient_id) | _when(uow, claimed.patient_id, visit.starts_at, language)
    words, used = texts.text("appointment", claimed.step, language=language, fields=fields)
    return Composed(
        text=words,
        language=used,
        purpose="reminders",
        kind="reminder",
        question=texts.question("appointment", language=used) if claimed.step == "ask" else None,
    )


def _refill_text(uow: UnitOfWork, claimed: touchpoints.Claimed) -> Composed | str:
    supply = record.medication(uow, medication_id=claimed.source_id)
    if supply.status not in LIVE_SUPPLY:
        return "supply_off"
    if supply.version != claimed.anchor_version:
        return "anchor_moved"
    language = patients.contact_facts(uow, patient_id=claimed.patient_id).language
    key = "overdue" if claimed.step.startswith("overdue") else "ask"
    words, used = texts.text("refill", key, language=language, fields=_fields(uow, claimed.patient_id))
    return Composed(
        text=words,
        language=used,
        purpose="reminders",
        kind="reminder",
        question=texts.question("refill", language=used),
    )


def answered(uow: UnitOfWork, *, touchpoint_id: UUID, answer_id: UUID, means: str) -> None:
    """Act on the answer to a reminder: change the visit's state, give staff their task, tell the truth."""
    touchpoint = planned.touchpoint(uow, touchpoint_id=touchpoint_id)
    if touchpoint is None:
        return
    touchpoints.mark_answered(uow, touchpoint_id=touchpoint_id)
    if touchpoint.source_kind == "appointment":
        _answer_appointment(uow, touchpoint, answer_id, means)
    else:
        _answer_refill(uow, touchpoint, answer_id, means)


APPOINTMENT_ANSWERS = {
    "confirm": ("confirmed", "confirmed"),
    "decline": ("declined", "declined"),
    "reschedule": ("change_asked", "change"),
}


def _answer_appointment(
    uow: UnitOfWork, touchpoint: planned.TouchpointView, answer_id: UUID, means: str
) -> None:
    if means not in APPOINTMENT_ANSWERS:
        return
    status, reply = APPOINTMENT_ANSWERS[means]
    care.answer_appointment(uow, appointment_id=touchpoint.source_id, status=status)
    if means != "confirm":
        _staff_task(uow, touchpoint, kind="appointment_change", answer_id=answer_id)
    visit = record.appointment(uow, appointment_id=touchpoint.source_id)
    _acknowledge(uow, touchpoint, answer_id, "appointment", reply, visit.starts_at)


def _answer_refill(uow: UnitOfWork, touchpoint: planned.TouchpointView, answer_id: UUID, means: str) -> None:
    if means not in REFILL_DROPS:
        return
    touchpoints.drop(uow, source_kind="refill", source_id=touchpoint.source_id, reason="answered")
    if means != "enough":
        _staff_task(uow, touchpoint, kind="refill", answer_id=answer_id)
    _acknowledge(uow, touchpoint, answer_id, "refill", "enough" if means == "enough" else "staff", None)


def _staff_task(uow: UnitOfWork, touchpoint: planned.TouchpointView, *, kind: str, answer_id: UUID) -> None:
    escalations.add_task(
        uow,
        team_id=touchpoint.team_id,
        kind=kind,
        source_kind="answer",
        source_id=answer_id,
        due_at=uow.now + timedelta(days=1),
        patient_id=touchpoint.patient_id,
    )


def _acknowledge(
    uow: UnitOfWork,
    touchpoint: planned.TouchpointView,
    answer_id: UUID,
    kind: str,
    key: str,
    starts_at: Any,
) -> None:
    phone_id = patients.texting_phone(uow, patient_id=touchpoint.patient_id)
    if phone_id is None:
        return
    language = patients.contact_facts(uow, patient_id=touchpoint.patient_id).language
    fields = _fields(uow, touchpoint.patient_id)
    if starts_at is not None:
        fields |= _when(uow, touchpoint.patient_id, starts_at, language)
    words, used = texts.text(kind, key, language=language, fields=fields)
    messaging.queue(
        uow,
        TextRequest(
            phone_id=phone_id,
            sender_id=staff.team(uow, team_id=touchpoint.team_id).sender_id,
            team_id=touchpoint.team_id,
            body=words,
            author_kind="reminder",
            about_patient=touchpoint.patient_id,
            purpose="reminders",
            kind="reply",
            source_kind="answer",
            source_id=answer_id,
            key=f"reply:{answer_id}",
            language=used,
            free=True,
        ),
    )


def _fields(uow: UnitOfWork, patient_id: UUID) -> dict[str, str | None]:
    facts = patients.contact_facts(uow, patient_id=patient_id)
    team = staff.team(uow, team_id=facts.team_id)
    return {"clinic": team.short_name, "callback": team.callback_number, "name": facts.preferred_name}


def _when(uow: UnitOfWork, patient_id: UUID, moment: Any, language: str) -> dict[str, str | None]:
    zone = patients.contact_facts(uow, patient_id=patient_id).zone
    return dict(texts.when(moment, zone=zone, language=language if language == "es" else "en"))
