"""Reactions of programs to the record, to answers and to silence."""

from __future__ import annotations

from outreach.care.events import CarePlanChanged, PatientDischarged, PatientReadmitted
from outreach.conversations import queries as talk
from outreach.conversations.events import Answered, PromptExpired
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.events import HospiceBegan, PatientDied
from outreach.programs.commands import answer, enroll
from outreach.touchpoints import queries as planned

OURS = ("program", "activity")


def on_discharged(uow: UnitOfWork, fact: PatientDischarged) -> None:
    """Enroll the patient in the programs their stay fits."""
    enroll.after_discharge(uow, encounter_id=fact.encounter_id)


def on_readmitted(uow: UnitOfWork, fact: PatientReadmitted) -> None:
    """Stop texting about the last stay while the patient is in again."""
    enroll.stop(uow, patient_id=fact.patient_id, reason="readmitted")


def on_care_plan_changed(uow: UnitOfWork, fact: CarePlanChanged) -> None:
    """Ask about what was ordered after the patient went home, too."""
    enroll.replan_activities(uow, patient_id=fact.patient_id)


def on_died(uow: UnitOfWork, fact: PatientDied) -> None:
    """Never write to a family about somebody who died."""
    enroll.stop(uow, patient_id=fact.patient_id, reason="died")


def on_hospice(uow: UnitOfWork, fact: HospiceBegan) -> None:
    """Leave people in hospice care alone."""
    enroll.stop(uow, patient_id=fact.patient_id, reason="hospice")


def on_answered(uow: UnitOfWork, fact: Answered) -> None:
    """Do what the program says follows this answer."""
    if fact.source_kind not in OURS:
        return
    found = talk.answer(uow, answer_id=fact.answer_id)
    if found is not None and found.means is not None and found.question_key is not None:
        answer.answered(
            uow,
            touchpoint_id=fact.source_id,
            answer_id=fact.answer_id,
            question_key=found.question_key,
            means=found.means,
            late=found.late,
        )


def on_prompt_expired(uow: UnitOfWork, fact: PromptExpired) -> None:
    """Count the silence after a question nobody answered."""
    if fact.source_kind != "program":
        return
    touchpoint = planned.touchpoint(uow, touchpoint_id=fact.source_id)
    if touchpoint is not None:
        answer.notice_silence(uow, enrollment_id=touchpoint.source_id, touchpoint_id=touchpoint.id)
