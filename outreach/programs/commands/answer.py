"""Acting on what a patient answered, and on silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.escalations import queries as escalated
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Queued, TextRequest
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands import enroll, remember
from outreach.programs.commands.send import fields
from outreach.programs.rules import plan, reaction, translations
from outreach.programs.rules.definition import Program, Question
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.touchpoints.rules.asking import ANSWERED_ON
from outreach.touchpoints.rules.timing import local_date
from outreach.touchpoints.rules.wording import fill
from outreach.triage import rules as triage

SAFETY = "escalation"
"""Source of the words that stand for a safety text: the escalation whose they are."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer being acted on, with all that was known when it was asked."""

    answer: talk.AnswerDetail
    given: reaction.Given
    touchpoint: planned.TouchpointView
    enrollment: queries.EnrollmentView
    program: Program
    question: Question
    known: dict[str, Any]

    @property
    def topic(self) -> str | None:
        """What the question was about, as far as a patient may choose a caregiver for it."""
        found = self.answer.question.get("topic")
        return None if found is None else str(found)


def answered(uow: UnitOfWork, *, answer_id: UUID) -> None:
    """Do what the program says follows an answer: acknowledge, ask on, escalate, stop.

    A value that can't be true is asked for again, once. What a late answer leads to, `reaction.react`
    says. A repeat changes nothing.
    """
    answer = talk.answer(uow, answer_id=answer_id)
    touchpoint = None if answer is None else planned.touchpoint(uow, touchpoint_id=answer.source_id)
    if answer is None or touchpoint is None:
        return
    touchpoints.mark_answered(uow, touchpoint_id=touchpoint.id)
    reply = _reply(uow, answer, touchpoint)
    if reply is None:
        _let_a_person_read(uow, answer)
        return
    understood = reaction.understand(
        reply.question,
        reply.given,
        reply.known,
        step=touchpoint.step,
        occurrence=touchpoint.occurrence,
        today=local_date(uow.now, patients.contact_facts(uow, patient_id=touchpoint.patient_id).zone),
    )
    if understood.again:
        found = reaction.ask_again(
            reply.question, touchpoint.why, late=answer.late, state=reply.enrollment.state
        )
        _carry_out(uow, reply, found)
        if found == reaction.NOTHING:
            _let_a_person_read(uow, answer)
    elif understood.heard is None:
        _let_a_person_read(uow, answer)
    elif remember.note(uow, reply.enrollment.id, understood.heard):
        found = reaction.react(
            understood.then,
            means=understood.heard.means,
            late=answer.late,
            state=reply.enrollment.state,
            clinical=reply.question.clinical,
            danger=lambda: _read_as_danger(uow, reply),
        )
        _carry_out(uow, reply, found)


def _let_a_person_read(uow: UnitOfWork, answer: talk.AnswerDetail) -> None:
    """Have a person read an answer nothing follows from: its question is gone, or its value can't be true."""
    said = talk.text_in_thread(uow, message_id=answer.message_id)
    if said.conversation_id is not None:
        conversations.call_for_human(uow, conversation_id=said.conversation_id, for_a_text=True)


def _reply(uow: UnitOfWork, answer: talk.AnswerDetail, touchpoint: planned.TouchpointView) -> Reply | None:
    enrollment = queries.enrollment(uow, enrollment_id=UUID(str(touchpoint.why["enrollment_id"])))
    if enrollment is None:
        return None
    program = queries.program_of(uow, version_id=enrollment.version_id)
    question = program.questions.get(answer.question_key or "")
    if question is None:
        return None
    given = reaction.Given(
        answer_id=str(answer.answer_id),
        means=answer.means,
        number=answer.number,
        second=answer.second,
        unit=answer.unit,
        late=answer.late,
    )
    return Reply(
        answer=answer,
        given=given,
        touchpoint=touchpoint,
        enrollment=enrollment,
        program=program,
        question=question,
        known=remember.known(uow, enrollment, program, value=reaction.value_of(question, given)),
    )


def _carry_out(uow: UnitOfWork, reply: Reply, found: reaction.Reaction) -> None:
    raised = _escalate(uow, reply, found.escalate, found.topic or "") if found.escalate else None
    if found.stop:
        enroll.end(uow, enrollment_id=reply.enrollment.id, reason=found.stop, by_answer=True)
    if found.ask:
        _ask_on(uow, reply, found.ask, says=found.says)
    elif found.say and raised is not None and found.kind == "safety":
        texted = _say(uow, reply, found.say, kind="safety", source=(SAFETY, raised))
        state = "queued" if texted else "not_texted"
        escalations.note_safety_text(uow, escalation_id=raised, state=state)
    elif found.say:
        _say(uow, reply, found.say, kind="reply", source=("answer", reply.answer.answer_id))


def _said(uow: UnitOfWork, reply: Reply) -> talk.SaidView:
    return talk.text_in_thread(uow, message_id=reply.answer.message_id)


def _read_as_danger(uow: UnitOfWork, reply: Reply) -> bool:
    """Return whether the safety reader sees the danger too: it texts and calls by itself, once is enough."""
    said = _said(uow, reply)
    question = triage.OpenQuestion(kind=reply.question.kind)
    return triage.read(said.body, question=question).tier == "RED"


def _escalate(uow: UnitOfWork, reply: Reply, tier: str, topic: str) -> UUID:
    phone_id = _phone(uow, reply)
    found = phone_id and talk.find(uow, phone_id=phone_id, team_id=reply.touchpoint.team_id)
    return escalations.raise_(
        uow,
        team_id=reply.touchpoint.team_id,
        tier=tier,
        topic=topic,
        source_kind="answer",
        source_id=reply.answer.answer_id,
        conversation_id=found.id if found else None,
        patient_id=reply.touchpoint.patient_id,
        phone_id=phone_id,
    )


def _ask_on(uow: UnitOfWork, reply: Reply, question: str, *, says: str | None = None) -> None:
    touchpoint, enrollment = reply.touchpoint, reply.enrollment
    zone = patients.contact_facts(uow, patient_id=touchpoint.patient_id).zone
    why = {key: str(value) for key, value in touchpoint.why.items() if key in ("enrollment_id", "program")}
    if says:
        why["says"] = says
    if reply.topic:
        why |= {"topic": reply.topic, ANSWERED_ON: str(_said(uow, reply).phone_id)}
    asked = plan.follow_up(question, after=str(reply.answer.answer_id), now=uow.now, zone=zone, why=why)
    touchpoints.plan(
        uow,
        patient_id=touchpoint.patient_id,
        team_id=touchpoint.team_id,
        anchor_version=enrollment.anchor_version,
        plans=[touchpoints.Plan(source_kind="program", source_id=enrollment.id, items=[asked])],
    )
    uow.wakes.add("send_due")


def _phone(uow: UnitOfWork, reply: Reply) -> UUID | None:
    """Return where the answer was given, as long as that is still theirs: whoever answers is answered."""
    return touchpoints.answered_on(
        uow,
        reply.touchpoint,
        phone_id=_said(uow, reply).phone_id,
        topic=reply.topic,
        purpose=reply.program.purpose,
    )


def _say(
    uow: UnitOfWork, reply: Reply, text: str, *, kind: Literal["safety", "reply"], source: tuple[str, UUID]
) -> bool:
    """Text what acknowledges an answer; return whether it may go."""
    touchpoint, program = reply.touchpoint, reply.program
    phone_id = _phone(uow, reply)
    if phone_id is None:
        return False
    facts = patients.contact_facts(uow, patient_id=touchpoint.patient_id)
    wanted = touchpoints.read_on(
        uow, touchpoint, phone_id=phone_id, topic=reply.topic, language=facts.language
    )
    template, language = translations.in_words(program, text, language=wanted, known=reply.known)
    found = talk.find(uow, phone_id=phone_id, team_id=touchpoint.team_id)
    outcome = messaging.queue(
        uow,
        TextRequest(
            phone_id=phone_id,
            sender_id=staff.team(uow, team_id=touchpoint.team_id).sender_id,
            team_id=touchpoint.team_id,
            body=fill(template, fields(uow, facts, template, language)),
            author_kind="program" if kind == "reply" else kind,
            about_patient=touchpoint.patient_id,
            purpose=program.purpose,
            kind=kind,
            source_kind=source[0],
            source_id=source[1],
            key=f"reply:{reply.answer.answer_id}",
            language=language,
            conversation_id=found.id if found else None,
            free=True,
            program=program.key,
        ),
    )
    return isinstance(outcome, Queued)


def _asked_on(uow: UnitOfWork, touchpoint: planned.TouchpointView) -> UUID | None:
    """Return the phone a question was asked on that stayed unanswered."""
    if touchpoint.message_id is None:
        return patients.texting_phone(uow, patient_id=touchpoint.patient_id)
    return talk.text_in_thread(uow, message_id=touchpoint.message_id).phone_id


def notice_silence(uow: UnitOfWork, *, touchpoint_id: UUID) -> None:
    """Act when questions have gone unanswered too often: a last text, and a person who calls."""
    touchpoint = planned.touchpoint(uow, touchpoint_id=touchpoint_id)
    enrollment = None if touchpoint is None else queries.enrollment(uow, enrollment_id=touchpoint.source_id)
    if touchpoint is None or enrollment is None or enrollment.state not in ("active", "finished"):
        return
    program = queries.program_of(uow, version_id=enrollment.version_id)
    askings = planned.askings(uow, source_kind="program", source_id=enrollment.id)
    unanswered = reaction.unanswered_in_a_row([state for _, state in askings])
    if program.silence is None or not reaction.silent(program, unanswered):
        return
    facts = patients.contact_facts(uow, patient_id=enrollment.patient_id)
    if facts.deceased or facts.hospice:
        return
    # Each silence is one of its own: it is known by the answer before it.
    heard_last = reaction.heard_last(askings)
    raised = escalations.raise_(
        uow,
        team_id=enrollment.team_id,
        tier=program.silence.escalate,
        topic="silence",
        source_kind="silence",
        source_id=heard_last or enrollment.id,
        conversation_id=None,
        patient_id=enrollment.patient_id,
        phone_id=_asked_on(uow, touchpoint),
    )
    if escalated.escalation(uow, escalation_id=raised).raised_at < uow.now:
        return  # somebody was called for this silence, and the patient told
    why = {"enrollment_id": str(enrollment.id), "program": program.key}
    after = None if heard_last is None else str(heard_last)
    last = plan.after_silence(program.silence.say, after=after, now=uow.now, zone=facts.zone, why=why)
    touchpoints.plan(
        uow,
        patient_id=enrollment.patient_id,
        team_id=enrollment.team_id,
        anchor_version=enrollment.anchor_version,
        plans=[touchpoints.Plan(source_kind="program", source_id=enrollment.id, items=[last])],
    )
    uow.wakes.add("send_due")
