"""Acting on what a patient answered, and on silence."""

from __future__ import annotations

from uuid import UUID

from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import TextRequest
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands.send import fields
from outreach.programs.rules import plan
from outreach.programs.rules.definition import Program, Then
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.touchpoints.rules.wording import fill, in_language


def answered(
    uow: UnitOfWork, *, touchpoint_id: UUID, answer_id: UUID, question_key: str, means: str, late: bool
) -> None:
    """Do what the program says follows an answer: acknowledge, ask on, escalate, stop.

    A late answer still escalates and is acknowledged; it asks nothing further.
    """
    touchpoint = planned.touchpoint(uow, touchpoint_id=touchpoint_id)
    if touchpoint is None:
        return
    touchpoints.mark_answered(uow, touchpoint_id=touchpoint_id)
    enrollment = queries.enrollment(uow, enrollment_id=UUID(str(touchpoint.why["enrollment_id"])))
    if enrollment is None:
        return
    program = queries.program_of(uow, version_id=enrollment.version_id)
    question = program.questions.get(question_key)
    option = question.option(means) if question else None
    if option is None:
        return
    then = option.then
    if then.escalate:
        _escalate(uow, touchpoint, answer_id, then, means)
    if then.ask and not late and enrollment.state == "active":
        _ask_on(uow, touchpoint, enrollment, then.ask, answer_id)
    elif then.say:
        _say(uow, touchpoint, program, then.say, key=f"reply:{answer_id}", source_id=answer_id)


def _escalate(
    uow: UnitOfWork, touchpoint: planned.TouchpointView, answer_id: UUID, then: Then, means: str
) -> None:
    phone_id = patients.texting_phone(uow, patient_id=touchpoint.patient_id)
    found = phone_id and talk.find(uow, phone_id=phone_id, team_id=touchpoint.team_id)
    escalations.raise_(
        uow,
        team_id=touchpoint.team_id,
        tier=then.escalate or "yellow",
        topic=then.topic or means,
        source_kind="answer",
        source_id=answer_id,
        conversation_id=found.id if found else None,
        patient_id=touchpoint.patient_id,
        phone_id=phone_id,
    )


def _ask_on(
    uow: UnitOfWork,
    touchpoint: planned.TouchpointView,
    enrollment: queries.EnrollmentView,
    question: str,
    answer_id: UUID,
) -> None:
    zone = patients.contact_facts(uow, patient_id=touchpoint.patient_id).zone
    why = {key: str(value) for key, value in touchpoint.why.items() if key in ("enrollment_id", "program")}
    touchpoints.plan(
        uow,
        patient_id=touchpoint.patient_id,
        team_id=touchpoint.team_id,
        source_kind="program",
        source_id=enrollment.id,
        anchor_version=enrollment.anchor_version,
        items=(plan.follow_up(question, after=str(answer_id), now=uow.now, zone=zone, why=why),),
    )
    uow.wakes.add("send_due")


def _say(
    uow: UnitOfWork, touchpoint: planned.TouchpointView, program: Program, text: str, *, key: str, source_id: UUID
) -> None:
    phone_id = patients.texting_phone(uow, patient_id=touchpoint.patient_id)
    if phone_id is None:
        return
    facts = patients.contact_facts(uow, patient_id=touchpoint.patient_id)
    template, language = in_language(program.texts[text], facts.language)
    found = talk.find(uow, phone_id=phone_id, team_id=touchpoint.team_id)
    messaging.queue(
        uow,
        TextRequest(
            phone_id=phone_id,
            sender_id=staff.team(uow, team_id=touchpoint.team_id).sender_id,
            team_id=touchpoint.team_id,
            body=fill(template, fields(uow, touchpoint.patient_id, language)),
            author_kind="program",
            about_patient=touchpoint.patient_id,
            purpose=program.purpose,
            kind="reply",
            source_kind="answer",
            source_id=source_id,
            key=key,
            language=language,
            conversation_id=found.id if found else None,
            free=True,
            program=program.key,
        ),
    )


def notice_silence(uow: UnitOfWork, *, enrollment_id: UUID, touchpoint_id: UUID) -> None:
    """Act when questions have gone unanswered too often: a last text, and a person who calls."""
    enrollment = queries.enrollment(uow, enrollment_id=enrollment_id)
    touchpoint = planned.touchpoint(uow, touchpoint_id=touchpoint_id)
    if enrollment is None or enrollment.state != "active" or touchpoint is None:
        return
    program = queries.program_of(uow, version_id=enrollment.version_id)
    unanswered = touchpoints.unanswered_in_a_row(uow, source_kind="program", source_id=enrollment_id)
    if program.silence is None or unanswered < program.silence.after:
        return
    escalations.raise_(
        uow,
        team_id=enrollment.team_id,
        tier=program.silence.escalate,
        topic="silence",
        source_kind="silence",
        source_id=enrollment_id,
        conversation_id=None,
        patient_id=enrollment.patient_id,
        phone_id=patients.texting_phone(uow, patient_id=enrollment.patient_id),
    )
    _say(
        uow,
        touchpoint,
        program,
        program.silence.say,
        key=f"silence:{enrollment_id}",
        source_id=enrollment_id,
    )
