"""Planning reminders, composing them when they are due, and acting on what patients answer."""

from __future__ import annotations

from uuid import UUID

from outreach.care import commands as care
from outreach.care import queries as record
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import TextRequest
from outreach.patients import queries as patients
from outreach.reminders.rules import saying, schedule, texts
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.touchpoints.rules.wording import Composed


def plan_appointment(uow: UnitOfWork, *, appointment_id: UUID) -> int:
    """Plan a visit's reminders anew from its present start; drop them if it is no longer going to happen."""
    visit = record.appointment(uow, appointment_id=appointment_id)
    if visit.status not in saying.LIVE_APPOINTMENT or visit.starts_at <= uow.now:
        return touchpoints.drop(uow, sources=[("appointment", appointment_id)], reason="appointment_off")
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
        anchor_version=visit.start_version,
        plans=[touchpoints.Plan(source_kind="appointment", source_id=appointment_id, items=items)],
    )


def plan_refill(uow: UnitOfWork, *, medication_id: UUID) -> int:
    """Plan a supply's refill questions from the day it runs out; drop them if it is no longer taken."""
    supply = record.medication(uow, medication_id=medication_id)
    if supply.runs_out_on is None or supply.status not in saying.LIVE_SUPPLY:
        return touchpoints.drop(uow, sources=[("refill", medication_id)], reason="supply_off")
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
        anchor_version=supply.version,
        plans=[touchpoints.Plan(source_kind="refill", source_id=medication_id, items=items)],
    )


def compose(uow: UnitOfWork, claimed: touchpoints.Claimed) -> Composed | str:
    """Return what a due reminder says, or why it is not sent: it may not be the truth any more."""
    facts = patients.contact_facts(uow, patient_id=claimed.patient_id)
    topic = saying.TOPICS[claimed.source_kind]
    language = touchpoints.read_there(uow, claimed, topic=topic, purpose="reminders", language=facts.language)
    if claimed.source_kind == "appointment":
        return saying.appointment(
            record.appointment(uow, appointment_id=claimed.source_id),
            step=claimed.step,
            anchor_version=claimed.anchor_version,
            now=uow.now,
            language=language,
            zone=facts.zone,
            fields=_fields(uow, claimed.patient_id),
        )
    return saying.refill(
        record.medication(uow, medication_id=claimed.source_id),
        step=claimed.step,
        anchor_version=claimed.anchor_version,
        language=language,
        fields=_fields(uow, claimed.patient_id),
    )


SOURCE = touchpoints.Source(compose=compose)


def answered(uow: UnitOfWork, *, touchpoint_id: UUID, answer_id: UUID, means: str) -> None:
    """Act on the answer to a reminder: change the visit's state, give staff their task, tell the truth."""
    touchpoint = planned.touchpoint(uow, touchpoint_id=touchpoint_id)
    if touchpoint is None:
        return
    touchpoints.mark_answered(uow, touchpoint_id=touchpoint_id)
    found = saying.reaction(touchpoint.source_kind, means)
    if found.status:
        care.answer_appointment(uow, appointment_id=touchpoint.source_id, status=found.status)
    if found.drops:
        touchpoints.drop(uow, sources=[("refill", touchpoint.source_id)], reason="answered")
    if found.task:
        _staff_task(uow, touchpoint, kind=found.task, answer_id=answer_id)
    if found.says:
        _acknowledge(uow, touchpoint, answer_id, found.says)


def _staff_task(uow: UnitOfWork, touchpoint: planned.TouchpointView, *, kind: str, answer_id: UUID) -> None:
    escalations.add_task(
        uow,
        team_id=touchpoint.team_id,
        kind=kind,
        source_kind="answer",
        source_id=answer_id,
        patient_id=touchpoint.patient_id,
        conversation_id=_thread(uow, touchpoint, answer_id),
    )


def _phone(uow: UnitOfWork, touchpoint: planned.TouchpointView, answer_id: UUID) -> UUID | None:
    """Return where the answer was given, as long as that is still theirs."""
    topic = saying.TOPICS[touchpoint.source_kind]
    given = talk.answer(uow, answer_id=answer_id)
    if given is None:
        found = touchpoints.destination(uow, touchpoint, topic=topic, purpose="reminders")
        return found.phone_id if found else None
    return touchpoints.answered_on(
        uow,
        touchpoint,
        phone_id=talk.text_in_thread(uow, message_id=given.message_id).phone_id,
        topic=topic,
        purpose="reminders",
    )


def _thread(uow: UnitOfWork, touchpoint: planned.TouchpointView, answer_id: UUID) -> UUID | None:
    """Return where they can be written to: another team's colleague has no other way to them."""
    phone_id = _phone(uow, touchpoint, answer_id)
    if phone_id is None:
        return None
    return conversations.ensure(
        uow, phone_id=phone_id, team_id=touchpoint.team_id, patient_id=touchpoint.patient_id
    )


def _acknowledge(uow: UnitOfWork, touchpoint: planned.TouchpointView, answer_id: UUID, key: str) -> None:
    phone_id = _phone(uow, touchpoint, answer_id)
    if phone_id is None:
        return
    facts = patients.contact_facts(uow, patient_id=touchpoint.patient_id)
    topic = saying.TOPICS[touchpoint.source_kind]
    language = touchpoints.read_on(uow, touchpoint, phone_id=phone_id, topic=topic, language=facts.language)
    fields = _fields(uow, touchpoint.patient_id)
    if touchpoint.source_kind == "appointment":
        visit = record.appointment(uow, appointment_id=touchpoint.source_id)
        fields |= saying.when(visit.starts_at, zone=facts.zone, language=language)
    words, used = texts.text(touchpoint.source_kind, key, language=language, fields=fields)
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
