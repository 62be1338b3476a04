"""Whose patients somebody may look at here: their own teams', and one patient's behind a broken glass."""

from __future__ import annotations

from uuid import UUID

from outreach import http
from outreach.conversations import queries as conversations
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff


def broken(uow: UnitOfWork, conversation_id: UUID) -> UUID | None:
    """Return the other team of a conversation, if the person asking broke the glass for its patient."""
    if not http.me().may("break_glass"):
        return None
    found = conversations.conversation(uow, conversation_id=conversation_id)
    return _broken_for(uow, found)


def conversation(
    uow: UnitOfWork, conversation_id: UUID
) -> tuple[conversations.ConversationView, tuple[UUID, ...]]:
    """Return a conversation the person asking may read, and the teams that lets them read as.

    Raise NotFound outside their teams, unless they broke the glass for its patient.
    """
    own = http.me().teams_with("see_inbox")
    found = conversations.conversation(uow, conversation_id=conversation_id)
    if found.team_id in own:
        return found, own
    other = _broken_for(uow, found) if http.me().may("break_glass") else None
    if other != found.team_id:
        raise NotFound
    return found, (*own, found.team_id)


def _broken_for(uow: UnitOfWork, found: conversations.ConversationView) -> UUID | None:
    who = http.me()
    if found.patient_id is None or found.team_id in who.teams_with("see_inbox"):
        return None
    return staff.broken_glass(uow, staff_id=who.staff_id, patient_id=found.patient_id)
