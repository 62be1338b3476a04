"""Verbs about what came in: store it, read it for danger, understand it, answer what needs no person."""

from outreach.inbound.commands.danger import read_safety, read_safety_all
from outreach.inbound.commands.marks import (
    NotTheirs,
    UnknownClass,
    mark_overruled,
    mark_reading,
    unmark_reading,
)
from outreach.inbound.commands.parked import NotParked, parked_facts, retry_parked, tasks_for_parked
from outreach.inbound.commands.receiving import NotAText, receive
from outreach.inbound.commands.replies import confirm_opt_out
from outreach.inbound.commands.rescue import rescue_parked
from outreach.inbound.commands.understanding import interpret, interpret_all

__all__ = (
    "NotAText",
    "NotParked",
    "NotTheirs",
    "UnknownClass",
    "confirm_opt_out",
    "interpret",
    "interpret_all",
    "mark_overruled",
    "mark_reading",
    "parked_facts",
    "read_safety",
    "read_safety_all",
    "receive",
    "rescue_parked",
    "retry_parked",
    "tasks_for_parked",
    "unmark_reading",
)
