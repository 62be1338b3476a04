"""Reactions of planned contacts to what happens on a phone."""

from __future__ import annotations

from outreach.conversations import queries as talk
from outreach.conversations.events import Answered
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.touchpoints import commands


def on_answered(uow: UnitOfWork, fact: Answered) -> None:
    """Let what waited for this question have its turn."""
    asked = talk.prompt(uow, prompt_id=fact.prompt_id)
    commands.release(uow, phone_id=asked.phone_id)
