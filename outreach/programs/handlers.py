"""Reactions of programs to the record, to answers and to silence."""

from __future__ import annotations

from uuid import UUID

from outreach.care.events import (
    AppointmentChanged,
    CarePlanChanged,
    EncounterChanged,
    MedicationChanged,
    PatientDischarged,
    PatientReadmitted,
    ProcedureChanged,
)
from outreach.consent.events import OptedIn, OptedOut
from outreach.conversations.events import Answered, PromptExpired
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.events import MessageDropped, MessageFailed, MessageInDoubt
from outreach.patients import queries as patients
from outreach.patients.events import HospiceBegan, PatientDied
from outreach.policy.events import Resumed
from outreach.programs.commands import answer, correcting, enroll, joining, send
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned

OURS = ("program", "activity")


def on_discharged(uow: UnitOfWork, fact: PatientDischarged) -> None:
    """Enroll the patient in the programs their stay fits."""
    joining.after_discharge(uow, encounter_id=fact.encounter_id)


def on_encounter_changed(uow: UnitOfWork, fact: EncounterChanged) -> None:
    """Move the plan with a discharge that was corrected after it was told."""
    correcting.after_correction(uow, encounter_id=fact.encounter_id)


def on_readmitted(uow: UnitOfWork, fact: PatientReadmitted) -> None:
    """Stop texting about the last stay while the patient is in again."""
    enroll.stop(uow, patient_id=fact.patient_id, reason="readmitted")


def on_procedure_changed(uow: UnitOfWork, fact: ProcedureChanged) -> None:
    """Begin before a planned procedure; follow it when it moves."""
    joining.after_procedure(uow, procedure_id=fact.procedure_id)


def on_appointment_changed(uow: UnitOfWork, fact: AppointmentChanged) -> None:
    """Ask somebody who missed a visit whether they want another."""
    joining.after_appointment(uow, appointment_id=fact.appointment_id)


def on_medication_changed(uow: UnitOfWork, fact: MedicationChanged) -> None:
    """Begin what counts from the day a medicine runs out."""
    joining.after_supply(uow, medication_id=fact.medication_id)


def on_care_plan_changed(uow: UnitOfWork, fact: CarePlanChanged) -> None:
    """Ask about what was ordered after the patient went home, too."""
    enroll.replan_activities(uow, patient_id=fact.patient_id)


def on_died(uow: UnitOfWork, fact: PatientDied) -> None:
    """Never write to a family about somebody who died."""
    enroll.stop(uow, patient_id=fact.patient_id, reason="died")


def on_hospice(uow: UnitOfWork, fact: HospiceBegan) -> None:
    """Leave people in hospice care alone."""
    enroll.stop(uow, patient_id=fact.patient_id, reason="hospice")


def on_resumed(uow: UnitOfWork, fact: Resumed) -> None:
    """Let yesterday's questions go rather than send them all at once when a pause is lifted."""
    for enrollment_id in touchpoints.skip_overslept(uow):
        enroll.finish(uow, enrollment_id=enrollment_id)


def on_opted_out(uow: UnitOfWork, fact: OptedOut) -> None:
    """End what would text a phone whose holder wants no more texts."""
    for patient_id in _texted_on(uow, fact.phone_id):
        enroll.stop(uow, patient_id=patient_id, reason="opted_out")


def on_opted_in(uow: UnitOfWork, fact: OptedIn) -> None:
    """Go on with what an opt-out had ended."""
    for patient_id in _texted_on(uow, fact.phone_id):
        enroll.resume(uow, patient_id=patient_id)


def _texted_on(uow: UnitOfWork, phone_id: UUID) -> list[UUID]:
    """Return the patients whose automated texts go to a phone."""
    holders = patients.holders(uow, phone_id=phone_id)
    texted = {one.patient_id: patients.texting_phone(uow, patient_id=one.patient_id) for one in holders}
    return [patient_id for patient_id, phone in texted.items() if phone in (phone_id, None)]


def on_answered(uow: UnitOfWork, fact: Answered) -> None:
    """Do what the program says follows this answer."""
    if fact.source_kind in OURS:
        answer.answered(uow, answer_id=fact.answer_id)


def on_text_lost(uow: UnitOfWork, fact: MessageFailed | MessageDropped | MessageInDoubt) -> None:
    """Have somebody call when the question that follows a red or orange answer got lost."""
    for answer_id in planned.followed_by(uow, message_id=fact.message_id):
        send.note_question(uow, answer_id=answer_id, state="not_texted")


def on_prompt_expired(uow: UnitOfWork, fact: PromptExpired) -> None:
    """Count the silence after a question nobody answered."""
    if fact.source_kind == "program":
        answer.notice_silence(uow, touchpoint_id=fact.source_id)
