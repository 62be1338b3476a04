"""Verbs about what came in: store it, read it for danger, understand it, answer what needs no person."""

from outreach.inbound.commands.danger import read_safety, read_safety_all
from outreach.inbound.commands.marks import (
    NotTheirs,
    UnknownClass,
    mark_overruled,
    mark_reading,
    unmark_reading,
)
from outreach.inbound.commands.receiving import NotAText, receive
from outreach.inbound.commands.replies import confirm_opt_out
from outreach.inbound.commands.rescue import rescue_parked
from outreach.inbound.commands.understanding import interpret, interpret_all

__all__ = (
    "NotAText",
    "NotTheirs",
    "UnknownClass",
    "confirm_opt_out",
    "interpret",
    "interpret_all",
    "mark_overruled",
    "mark_reading",
    "read_safety",
    "read_safety_all",
    "receive",
    "rescue_parked",
    "unmark_reading",
)
