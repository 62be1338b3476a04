"""Verbs of escalations and tasks: raise, climb, acknowledge, resolve, overrule, add, finish."""

from outreach.escalations.commands.acting import (
    AcknowledgedAlready,
    NoteMissing,
    NotOpen,
    NotOver,
    PageAnswer,
    UnknownOutcome,
    acknowledge,
    acknowledge_page,
    give_back,
    overrule,
    reopen,
    resolve,
    take_over,
)
from outreach.escalations.commands.climbing import climb, page_lost, safety_text_lost
from outreach.escalations.commands.confirming import confirm_taken, tell_not_taken
from outreach.escalations.commands.dropping import drop_calls
from outreach.escalations.commands.leaving import change_role, disable
from outreach.escalations.commands.raising import UnknownTier, note_safety_text, raise_
from outreach.escalations.commands.tasks import (
    OutcomeMissing,
    TaskOver,
    add_task,
    add_tcm_task,
    assign_task,
    close_task,
    drop_task,
    finish_task,
)
from outreach.escalations.commands.troubles import sender_trouble

__all__ = (
    "AcknowledgedAlready",
    "NotOpen",
    "NotOver",
    "NoteMissing",
    "OutcomeMissing",
    "PageAnswer",
    "TaskOver",
    "UnknownOutcome",
    "UnknownTier",
    "acknowledge",
    "acknowledge_page",
    "add_task",
    "add_tcm_task",
    "assign_task",
    "change_role",
    "climb",
    "close_task",
    "confirm_taken",
    "disable",
    "drop_calls",
    "drop_task",
    "finish_task",
    "give_back",
    "note_safety_text",
    "overrule",
    "page_lost",
    "raise_",
    "reopen",
    "resolve",
    "safety_text_lost",
    "sender_trouble",
    "take_over",
    "tell_not_taken",
)
