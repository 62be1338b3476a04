"""Reactions to what changed in the record and to what patients answered."""

from __future__ import annotations

from outreach.care.events import AppointmentChanged, MedicationChanged
from outreach.conversations import queries as talk
from outreach.conversations.events import Answered
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.reminders import commands

OURS = ("appointment", "refill")


def on_appointment_changed(uow: UnitOfWork, fact: AppointmentChanged) -> None:
    """Plan the visit's reminders anew."""
    commands.plan_appointment(uow, appointment_id=fact.appointment_id)


def on_medication_changed(uow: UnitOfWork, fact: MedicationChanged) -> None:
    """Plan the supply's refill questions anew."""
    commands.plan_refill(uow, medication_id=fact.medication_id)


def on_answered(uow: UnitOfWork, fact: Answered) -> None:
    """Act on an answer to one of our questions."""
    if fact.source_kind not in OURS:
        return
    answer = talk.answer(uow, answer_id=fact.answer_id)
    if answer is not None and answer.means is not None:
        commands.answered(uow, touchpoint_id=fact.source_id, answer_id=fact.answer_id, means=answer.means)
