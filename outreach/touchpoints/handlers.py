"""Reactions of planned contacts to what happens on a phone."""

from __future__ import annotations

from outreach.conversations import queries as talk
from outreach.conversations.events import Answered
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.events import ZoneChanged
from outreach.staff.events import RosterFilled
from outreach.touchpoints import commands


def on_roster_filled(uow: UnitOfWork, fact: RosterFilled) -> None:
    """Ask again about what waits for somebody to be there: they may come sooner now."""
    commands.release_for_staff(uow, team_id=fact.team_id)


def on_zone_changed(uow: UnitOfWork, fact: ZoneChanged) -> None:
    """Move what is planned to the same time of day where the patient is now."""
    commands.retime(uow, patient_id=fact.patient_id, zone_was=fact.zone_was or None)


def on_answered(uow: UnitOfWork, fact: Answered) -> None:
    """Let what waited for this question have its turn."""
    asked = talk.prompt(uow, prompt_id=fact.prompt_id)
    commands.release(uow, phone_id=asked.phone_id)
