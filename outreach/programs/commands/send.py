"""Composing and sending the contacts of programs and of care-plan activities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from outreach.care import rules as care
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries
from outreach.programs.commands import enroll, remember
from outreach.programs.rules import conditions, memory, translations
from outreach.programs.rules.definition import Program, Question
from outreach.staff import queries as staff
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned
from outreach.touchpoints.rules.wording import Composed, fill


def send_touchpoint(uow: UnitOfWork, *, touchpoint_id: UUID) -> str | None:
    """Send one due contact of a program. Return its new state, None if it was not due any more.

    The last one of a plan finishes the enrollment.
    """
    claimed = touchpoints.claim(uow, touchpoint_id=touchpoint_id)
    shown = claimed or planned.touchpoint(uow, touchpoint_id=touchpoint_id)
    if shown is None:
        return None
    enrollment_id = UUID(str(shown.why["enrollment_id"]))
    state = None if claimed is None else _send(uow, claimed, enrollment_id)
    if shown.source_kind == "program":
        enroll.finish(uow, enrollment_id=enrollment_id)
    return state


def _send(uow: UnitOfWork, claimed: touchpoints.Claimed, enrollment_id: UUID) -> str:
    enrollment = queries.enrollment(uow, enrollment_id=enrollment_id)
    refused = _ended(claimed, enrollment)
    if enrollment is None or refused:
        touchpoints.skip(uow, touchpoint_id=claimed.id, reason=refused or "enrollment_ended")
        return "skipped"
    program = queries.program_of(uow, version_id=enrollment.version_id)
    known = remember.known(uow, enrollment)
    unwanted = _unwanted(uow, claimed, enrollment, program, known)
    if unwanted:
        touchpoints.skip(uow, touchpoint_id=claimed.id, reason=unwanted)
        return "skipped"
    return touchpoints.send(uow, claimed=claimed, composed=compose(uow, claimed, program, known))


def _ended(claimed: touchpoints.Claimed, enrollment: queries.EnrollmentView | None) -> str | None:
    may_follow = enrollment is not None and enrollment.state == "finished" and "follows" in claimed.why
    late_activity = (
        enrollment is not None and enrollment.state == "finished" and claimed.source_kind == "activity"
    )
    if enrollment is None or (enrollment.state != "active" and not may_follow and not late_activity):
        return "enrollment_ended"
    return "anchor_moved" if claimed.anchor_version != enrollment.anchor_version else None


def _unwanted(
    uow: UnitOfWork,
    claimed: touchpoints.Claimed,
    enrollment: queries.EnrollmentView,
    program: Program,
    known: dict[str, Any],
) -> str | None:
    """Return why a step is not taken for this patient today, None if it is."""
    step = program.step(claimed.step)
    if step is None or claimed.source_kind != "program":
        return None
    if step.when is not None and not conditions.holds(step.when, known):
        return "branch_not_taken"
    if step.adapt is None:
        return None
    day = planned.touchpoint(uow, touchpoint_id=claimed.id)
    weekday = day.local_day.weekday() if day else 0
    asked = asked_so_far(
        planned.for_source(uow, source_kind="program", source_id=enrollment.id),
        queries.heard(uow, enrollment_id=enrollment.id),
        step=claimed.step,
    )
    return None if memory.wanted_today(step.adapt, weekday=weekday, asked=asked) else "stable_less_often"


def asked_so_far(
    contacts: Sequence[planned.TouchpointView], heard: Sequence[memory.Heard], *, step: str
) -> tuple[memory.Asked, ...]:
    """Return what came of every asking of a step so far."""
    answers = {one.occurrence: one.means for one in heard if one.step == step}
    days = {one.occurrence for one in contacts if one.step == step and one.state in ("sent", "answered")}
    return tuple(memory.Asked(day=day, means=answers.get(day)) for day in sorted(days))


def compose(
    uow: UnitOfWork, claimed: touchpoints.Claimed, program: Program, known: dict[str, Any]
) -> Composed:
    """Return what a contact says to this patient: their language, their name, safe words only.

    Raise EmptyField if a field the text needs is empty.
    """
    facts = patients.contact_facts(uow, patient_id=claimed.patient_id)
    asked = claimed.why.get("asks")
    question = program.questions[str(asked)] if asked else None
    step = program.step(claimed.step)
    key = str(claimed.why.get("says") or asked or (step.say if step else None))
    template, language = translations.in_words(program, key, language=facts.language, known=known)
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
        **({"lowest": question.lowest, "highest": question.highest} if question.kind != "choice" else {}),
        "options": [
            {
                "word": option.word,
                "means": option.means,
                "labels": {code: list(words) for code, words in option.labels.items()},
            }
            for option in question.options
        ],
    }
