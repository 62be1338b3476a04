"""Reactions to a stored text and to an opt-out."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.consent.events import OptedOut
from outreach.escalations.events import EscalationOverruled
from outreach.inbound import commands
from outreach.inbound.events import SafetyReadingDue, TextReceived
from outreach.kernel.unit_of_work import UnitOfWork


def interpret(uow: UnitOfWork, fact: TextReceived) -> None:
    """Understand the text."""
    commands.interpret(uow, receipt_id=fact.receipt_id)


def read_safety(uow: UnitOfWork, fact: SafetyReadingDue) -> None:
    """Read the text for danger."""
    commands.read_safety(uow, receipt_id=fact.receipt_id)


def interpret_together(uow: UnitOfWork, facts: Sequence[TextReceived]) -> list[TextReceived]:
    """Understand several texts; return those to be understood alone."""
    left = commands.interpret_all(uow, receipt_ids=[fact.receipt_id for fact in facts])
    return [fact for fact in facts if fact.receipt_id in left]


def read_safety_together(uow: UnitOfWork, facts: Sequence[SafetyReadingDue]) -> list[SafetyReadingDue]:
    """Read several texts for danger; return those that hold any."""
    left = commands.read_safety_all(uow, receipt_ids=[fact.receipt_id for fact in facts])
    return [fact for fact in facts if fact.receipt_id in left]


def confirm_opt_out(uow: UnitOfWork, fact: OptedOut) -> None:
    """Confirm an opt-out that came by text; what staff recorded, staff have confirmed."""
    if fact.receipt_id is not None:
        commands.confirm_opt_out(uow, receipt_id=fact.receipt_id, event_id=fact.event_id)


def on_overruled(uow: UnitOfWork, fact: EscalationOverruled) -> None:
    """Put the text on the list for the next lexicon version."""
    commands.mark_overruled(uow, escalation_id=fact.escalation_id, staff_id=fact.staff_id)
