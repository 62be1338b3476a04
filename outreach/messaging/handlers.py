"""Reactions to facts from below."""

from __future__ import annotations

from outreach.consent.events import OptedOut
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands


def show_crossed(uow: UnitOfWork, fact: OptedOut) -> None:
    """Show what crossed with a STOP, and take back what still waited."""
    commands.cross(uow, phone_id=fact.phone_id)
