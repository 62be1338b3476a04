"""Questions about what needs a person: open escalations, bands of a thread, tasks, and who can be paged."""

from outreach.escalations.queries.calls import CALLS, Call, Dial, calls
from outreach.escalations.queries.escalations import (
    EscalationView,
    bands_in,
    due_steps,
    escalation,
    for_conversation,
    of_answer,
    of_safety_text,
    open_for,
    open_in,
)
from outreach.escalations.queries.roster import (
    Paged,
    acting_in,
    can_page,
    hours,
    pager_owner,
    pagers,
    people_at,
    staffed,
    staffed_from,
)
from outreach.escalations.queries.tasks import TaskPage, TaskView, task, tasks, tasks_about

__all__ = (
    "CALLS",
    "Call",
    "Dial",
    "EscalationView",
    "Paged",
    "TaskPage",
    "TaskView",
    "acting_in",
    "bands_in",
    "calls",
    "can_page",
    "due_steps",
    "escalation",
    "for_conversation",
    "hours",
    "of_answer",
    "of_safety_text",
    "open_for",
    "open_in",
    "pager_owner",
    "pagers",
    "people_at",
    "staffed",
    "staffed_from",
    "task",
    "tasks",
    "tasks_about",
)
