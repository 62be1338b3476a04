"""Escalations start to climb when raised, and climb on when a text that mattered got lost."""

from __future__ import annotations

from outreach.escalations import commands
from outreach.escalations.events import EscalationRaised
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.events import MessageDropped, MessageFailed, MessageInDoubt, SenderTrouble

Lost = MessageFailed | MessageDropped | MessageInDoubt


def start_ladder(uow: UnitOfWork, fact: EscalationRaised) -> None:
    """Page the first rung, if the tier pages at once."""
    commands.climb(uow, escalation_id=fact.escalation_id)


def on_text_lost(uow: UnitOfWork, fact: Lost) -> None:
    """Have somebody call when a safety text got lost; page the next when a page did."""
    commands.safety_text_lost(uow, message_id=fact.message_id)
    commands.page_lost(uow, message_id=fact.message_id)


def on_sender_trouble(uow: UnitOfWork, fact: SenderTrouble) -> None:
    """Have an operator look after our account."""
    commands.sender_trouble(uow, sender_id=fact.sender_id, code=fact.code, stopped=fact.stopped)
