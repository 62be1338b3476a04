"""Whose patients somebody may look at here: their own teams', and one patient's behind a broken glass."""

from __future__ import annotations

from uuid import UUID

from outreach import http
from outreach.conversations import queries as conversations
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff


def broken(uow: UnitOfWork, conversation_id: UUID) -> UUID | None:
    """Return the other team of a conversation, if the person asking broke the glass for its patient."""
    who = http.me()
    if not who.may("break_glass"):
        return None
    found = conversations.conversation(uow, conversation_id=conversation_id)
    if found.patient_id is None or found.team_id in who.teams_with("see_inbox"):
        return None
    return staff.broken_glass(uow, staff_id=who.staff_id, patient_id=found.patient_id)


def teams_for(uow: UnitOfWork, conversation_id: UUID) -> tuple[UUID, ...]:
    """Return the teams whose conversation it may be for the person asking to read it."""
    own = http.me().teams_with("see_inbox")
    other = broken(uow, conversation_id)
    return (*own, other) if other else own
