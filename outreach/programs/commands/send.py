"""Composing and sending the contacts of programs and of care-plan activities."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import UUID

from outreach.care import queries as record
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.escalations import queries as roster
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands import enroll, remember
from outreach.programs.rules import course, house, plan
from outreach.programs.rules.definition import Program
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.touchpoints.rules.timing import local_moment
from outreach.touchpoints.rules.wording import Composed

NOT_ORDERED = "not_ordered"
"""Reason for which a care-plan activity is not asked about: it is off, or on another day."""
TEXTED = {"sent": "queued", "suppressed": "not_texted", "expired": "not_texted", "skipped": "not_texted"}
"""State of a question -> what became of the safety text it stands for."""
CLOSES = time(17, 0)
"""A task is due at the end of its day."""


def compose(uow: UnitOfWork, claimed: touchpoints.Claimed) -> Composed | str:
    """Return what a due contact says to this patient, or why nothing is said.

    Raise EmptyField if a field the text needs is empty.
    """
    enrollment = queries.enrollment(uow, enrollment_id=UUID(str(claimed.why["enrollment_id"])))
    refused = course.ended(
        claimed,
        state=enrollment.state if enrollment else None,
        anchor_version=enrollment.anchor_version if enrollment else 0,
        stop_reason=enrollment.stop_reason if enrollment else None,
    )
    if enrollment is None or refused:
        return refused or "enrollment_ended"
    program = queries.program_of(uow, version_id=enrollment.version_id)
    if course.is_silence(claimed) and _heard_since(uow, claimed, program):
        return course.HEARD_SINCE
    if claimed.source_kind == "activity" and not _is_ordered(uow, claimed):
        return NOT_ORDERED
    facts = patients.contact_facts(uow, patient_id=claimed.patient_id)
    known = remember.known(uow, enrollment, program, facts=facts)
    unwanted = course.unwanted(
        claimed,
        program,
        known,
        asked=lambda: course.asked_so_far(
            planned.for_source(uow, source_kind="program", source_id=enrollment.id),
            enrollment.heard,
            step=claimed.step,
        ),
    )
    if unwanted == course.GIVEN_TO_STAFF:
        _give_to_staff(uow, claimed, program, zone=facts.zone)
    if unwanted:
        return unwanted
    topic = course.topic_of(claimed, program)
    language = touchpoints.read_there(
        uow, claimed, topic=topic, purpose=program.purpose, language=facts.language
    )
    said = course.in_words(claimed, program, known, language=language)
    return course.filled(program, said, fields=fields(uow, facts, said.template, said.language))


def _is_ordered(uow: UnitOfWork, claimed: touchpoints.Claimed) -> bool:
    """Return whether the care plan still orders what is asked about."""
    found = record.ordered(uow, patient_id=claimed.patient_id)
    return any(one.id == claimed.source_id and one.status in plan.LIVE_ACTIVITY for one in found)


def _heard_since(uow: UnitOfWork, claimed: touchpoints.Claimed, program: Program) -> bool:
    """Return whether somebody wrote meanwhile, from the patient's phone or that of whom they chose."""
    since, own = course.silent_since(claimed), patients.texting_phone(uow, patient_id=claimed.patient_id)
    topic = course.topic_of(claimed, program)
    to = touchpoints.destination(uow, claimed, topic=topic, purpose=program.purpose)
    return any(
        talk.wrote_since(uow, phone_id=phone_id, team_id=claimed.team_id, since=since)
        for phone_id in dict.fromkeys((own, to.phone_id if to else None))
        if phone_id is not None
    )


def settled(uow: UnitOfWork, shown: touchpoints.Shown) -> None:
    """Finish the enrollment with the last contact of its plan; note what became of a question in danger."""
    if shown.source_kind == "program":
        enroll.finish(uow, enrollment_id=UUID(str(shown.why["enrollment_id"])))
        if "follows" in shown.why and shown.state in TEXTED:
            note_question(uow, answer_id=UUID(str(shown.why["follows"])), state=TEXTED[shown.state])


def note_question(uow: UnitOfWork, *, answer_id: UUID, state: str) -> None:
    """Note what became of the question that follows a red or orange answer: it is that call's safety text."""
    escalation_id = roster.of_answer(uow, answer_id=answer_id)
    if escalation_id is not None:
        escalations.note_safety_text(uow, escalation_id=escalation_id, state=state)


SOURCE = touchpoints.Source(compose=compose, settled=settled)


def _give_to_staff(
    uow: UnitOfWork, claimed: touchpoints.Claimed, program: Program, *, zone: str | None
) -> None:
    """Make a step that is a person's into their task."""
    step = program.step(claimed.step)
    if step is None or step.task is None:
        return
    escalations.add_task(
        uow,
        team_id=claimed.team_id,
        kind=step.task.kind,
        source_kind="touchpoint",
        source_id=claimed.id,
        due_at=local_moment(claimed.local_day + timedelta(days=step.task.within_days), CLOSES, zone),
        patient_id=claimed.patient_id,
        detail=step.task.about,
    )


def fields(
    uow: UnitOfWork, facts: patients.ContactFacts, template: str, language: str
) -> dict[str, str | None]:
    """Return what a text of a program, in a `language`, may be filled with for a patient."""
    team = staff.team(uow, team_id=facts.team_id)
    found: dict[str, str | None] = {
        "clinic": team.short_name,
        "callback": team.callback_number,
        "name": facts.preferred_name,
    }
    if house.TOLD in template:
        found["told"] = house.told(
            staffed=roster.staffed(uow, team_id=team.id, at=uow.now),
            paged=roster.can_page(uow, team_id=team.id, at=uow.now),
            language=language,
        )
    return found
