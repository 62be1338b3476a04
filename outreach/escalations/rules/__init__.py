"""Pure rules of escalations: clocks that run while a team is staffed, and the ladder nobody may fall off.

`clocks` says when a person must have acted, `ladder` who is paged when, and in which words.
"""

from outreach.escalations.rules.clocks import (
    Hours,
    after_staffed,
    business_day_after,
    due_at,
    is_business_day,
    next_staffed,
    staffed_windows,
    tcm_due_at,
)
from outreach.escalations.rules.ladder import (
    DANGERS,
    LADDERS,
    OPEN_STATES,
    OUTCOMES,
    TIERS,
    Rung,
    first_step_at,
    graver,
    is_acknowledgment,
    not_taken_text,
    page_text,
    rung_at,
    taken_text,
    trouble_text,
    wait_for,
)

__all__ = (
    "DANGERS",
    "LADDERS",
    "OPEN_STATES",
    "OUTCOMES",
    "TIERS",
    "Hours",
    "Rung",
    "after_staffed",
    "business_day_after",
    "due_at",
    "first_step_at",
    "graver",
    "is_acknowledgment",
    "is_business_day",
    "next_staffed",
    "not_taken_text",
    "page_text",
    "rung_at",
    "staffed_windows",
    "taken_text",
    "tcm_due_at",
    "trouble_text",
    "wait_for",
)
