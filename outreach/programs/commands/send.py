"""Composing and sending the contacts of programs and of care-plan activities."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from outreach.care import rules as care
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.rules.definition import Program, Question
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints.rules.wording import Composed, fill, in_language


def send_touchpoint(uow: UnitOfWork, *, touchpoint_id: UUID) -> str | None:
    """Send one due contact of a program. Return its new state, None if it was not due any more."""
    claimed = touchpoints.claim(uow, touchpoint_id=touchpoint_id)
    if claimed is None:
        return None
    enrollment = queries.enrollment(uow, enrollment_id=UUID(str(claimed.why["enrollment_id"])))
    if enrollment is None or enrollment.state != "active":
        touchpoints.skip(uow, touchpoint_id=claimed.id, reason="enrollment_ended")
        return "skipped"
    if claimed.anchor_version != enrollment.anchor_version:
        touchpoints.skip(uow, touchpoint_id=claimed.id, reason="anchor_moved")
        return "skipped"
    program = queries.program_of(uow, version_id=enrollment.version_id)
    return touchpoints.send(uow, claimed=claimed, composed=compose(uow, claimed, program))


def compose(uow: UnitOfWork, claimed: touchpoints.Claimed, program: Program) -> Composed:
    """Return what a contact says to this patient: their language, their name, safe words only.

    Raise EmptyField if a field the text needs is empty.
    """
    facts = patients.contact_facts(uow, patient_id=claimed.patient_id)
    asked = claimed.why.get("asks")
    question = program.questions[str(asked)] if asked else None
    step = program.step(claimed.step)
    words = question.text if question else program.texts[str(step.say if step else claimed.why["says"])]
    template, language = in_language(words, facts.language)
    return Composed(
        text=fill(template, fields(uow, claimed.patient_id, language, phrase=claimed.why.get("phrase"))),
        language=language,
        purpose=program.purpose,
        kind="program",
        question=as_prompt(question, language) if question else None,
        question_lasts_hours=question.lasts_hours if question else 72,
        needs_staff=bool(question and question.clinical),
        free="follows" in claimed.why,
        cadence_reserved=program.cadence is not None and claimed.source_kind == "program",
        program=program.key,
    )


def fields(
    uow: UnitOfWork, patient_id: UUID, language: str, *, phrase: str | None = None
) -> dict[str, str | None]:
    """Return what a program's text may be filled with."""
    facts = patients.contact_facts(uow, patient_id=patient_id)
    team = staff.team(uow, team_id=facts.team_id)
    return {
        "clinic": team.short_name,
        "callback": team.callback_number,
        "name": facts.preferred_name,
        "phrase": care.phrase(phrase, language).text if phrase else None,
    }


def as_prompt(question: Question, language: str) -> dict[str, Any]:
    """Return a question as it is stored while it is open."""
    return {
        "key": question.key,
        "kind": question.kind,
        "language": language,
        "options": [
            {
                "word": option.word,
                "means": option.means,
                "labels": {code: list(words) for code, words in option.labels.items()},
            }
            for option in question.options
        ],
    }
