"""Who works on a conversation, and what becomes of it. Two people at once: the second one is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations import queries
from outreach.conversations.commands.rows import changed, flag, hold
from outreach.conversations.models import Change, QuickReply
from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.unit_of_work import UnitOfWork

URGENT_FLAGS = ("red", "orange", "yellow", "silent")
CHANGES_KEPT = timedelta(days=1)


class TakenAlready(Conflict):
    """A colleague has taken this conversation. Ask them, or assign it to yourself if you must."""


class NotInThePast(Invalid):
    """Choose a time that lies ahead."""


class ReasonMissing(Invalid):
    """Say why this conversation is closed."""


class StillUrgent(Conflict):
    """An escalation is open in this conversation. Resolve it with its outcome and a note, then close."""


def assign(
    uow: UnitOfWork, *, conversation_id: UUID, to_staff_id: UUID | None, expected: int | None = None
) -> None:
    """Give a conversation to a colleague, or to nobody. Raise ChangedMeanwhile."""
    row = hold(uow, conversation_id, expected=expected)
    row.owner_id = to_staff_id
    changed(uow, row, version=True)


def claim(uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID, expected: int | None = None) -> None:
    """Take a conversation that nobody owns. Raise TakenAlready or ChangedMeanwhile."""
    row = hold(uow, conversation_id)
    if row.owner_id == staff_id:
        return
    if row.owner_id is not None:
        raise TakenAlready
    assign(uow, conversation_id=conversation_id, to_staff_id=staff_id, expected=expected)


def snooze(uow: UnitOfWork, *, conversation_id: UUID, until: datetime, expected: int | None = None) -> None:
    """Put a conversation aside until a moment; a text that needs a person brings it back sooner.

    Raise NotInThePast, ChangedMeanwhile, or StillUrgent: a danger can't be put aside.
    """
    if until <= uow.now:
        raise NotInThePast
    row = hold(uow, conversation_id, expected=expected)
    if {"red", "orange"} & set(row.flags):
        raise StillUrgent
    row.state, row.snoozed_until = "snoozed", until
    changed(uow, row, version=True)


def close(uow: UnitOfWork, *, conversation_id: UUID, reason: str, expected: int | None = None) -> None:
    """Close a conversation for a reason; nobody waits in it any more. It opens again when they write.

    Raise ReasonMissing, ChangedMeanwhile, or StillUrgent.
    """
    if not reason.strip():
        raise ReasonMissing
    row = hold(uow, conversation_id, expected=expected)
    if set(URGENT_FLAGS) & set(row.flags):
        raise StillUrgent
    row.state, row.closed_reason, row.snoozed_until = "closed", reason.strip(), None
    row.waiting_since, row.unread, row.staff_active_until = None, 0, None
    changed(uow, row, version=True)


def reopen(
    uow: UnitOfWork, *, conversation_id: UUID, waits: bool = False, expected: int | None = None
) -> None:
    """Open a closed or snoozed conversation again; closed by mistake, whoever waited waits again (`waits`).

    Raise ChangedMeanwhile.
    """
    row = hold(uow, conversation_id, expected=expected)
    row.state, row.closed_reason, row.snoozed_until = "open", None, None
    if waits:
        row.waiting_since = queries.unanswered_since(uow, conversation_id=row.id)
    changed(uow, row, version=True)


def mark_read(uow: UnitOfWork, *, conversation_id: UUID, expected: int | None = None) -> None:
    """Note that somebody has read all texts of a conversation. Whoever waits for an answer still waits.

    Raise ChangedMeanwhile, so that a text that came in since then stays unread.
    """
    row = hold(uow, conversation_id, expected=expected)
    if row.unread:
        row.unread = 0
        changed(uow, row, version=False)


def needs_nobody(uow: UnitOfWork, *, conversation_id: UUID, expected: int | None = None) -> None:
    """Note that the texts read need no answer: nobody waits any more. Raise ChangedMeanwhile."""
    row = hold(uow, conversation_id, expected=expected)
    row.waiting_since, row.unread = None, 0
    changed(uow, row, version=True)


def call_for_human(uow: UnitOfWork, *, conversation_id: UUID, for_a_text: bool = False) -> None:
    """Let a conversation wait for a person though no text of it did so by itself (an answer asks for help).

    `for_a_text`: it is a text that calls, which counts as unread when it is taken in, before or after this.
    """
    row = hold(uow, conversation_id)
    row.waiting_since = row.waiting_since or uow.now
    if not for_a_text:
        row.unread = max(row.unread, 1)
    row.state, row.snoozed_until, row.closed_reason = "open", None, None
    changed(uow, row, version=True)


def set_patient(
    uow: UnitOfWork, *, conversation_id: UUID, patient_id: UUID, expected: int | None = None
) -> None:
    """Say whom a conversation is about, after a person found out."""
    row = hold(uow, conversation_id, expected=expected)
    row.patient_id = patient_id
    flag(row, "unknown_sender", up=False)
    changed(uow, row, version=True)


def show_urgency(
    uow: UnitOfWork, *, conversation_id: UUID, tiers: frozenset[str], due_at: datetime | None
) -> None:
    """Show which escalations are open in a conversation and when the most pressing one is due."""
    row = hold(uow, conversation_id)
    for name in URGENT_FLAGS:
        flag(row, name, up=name in tiers)
    row.urgent_due_at = due_at if tiers else None
    if tiers and row.state != "open":
        row.state, row.snoozed_until, row.closed_reason = "open", None, None
    changed(uow, row, version=True)


def hand_over(uow: UnitOfWork, *, from_staff_id: UUID, to_staff_id: UUID | None, team_id: UUID) -> int:
    """Give all conversations a colleague has in a team to another, or to nobody. Return how many."""
    ids = queries.owned_by(uow, staff_id=from_staff_id, team_id=team_id)
    for conversation_id in ids:
        assign(uow, conversation_id=conversation_id, to_staff_id=to_staff_id)
    return len(ids)


def put_quick_reply(uow: UnitOfWork, *, team_id: UUID, shortcut: str, language: str, body: str) -> UUID:
    """Keep a text the team uses often, under a shortcut and a language; the same pair replaces it."""
    if not shortcut.strip() or not body.strip():
        raise Invalid("A quick reply needs a shortcut and a text.")
    return uow.session.scalars(
        insert(QuickReply)
        .values(id=uow.new_id(), team_id=team_id, shortcut=shortcut.strip(), language=language, body=body)
        .on_conflict_do_update(index_elements=["team_id", "shortcut", "language"], set_={"body": body})
        .returning(QuickReply.id)
    ).one()


def remove_quick_reply(uow: UnitOfWork, *, team_id: UUID, quick_reply_id: UUID) -> None:
    """Remove a text the team used often."""
    uow.session.execute(
        delete(QuickReply).where(QuickReply.id == quick_reply_id, QuickReply.team_id == team_id)
    )


def forget_changes(uow: UnitOfWork) -> int:
    """Delete live pages' changes older than a day. Return how many."""
    gone = uow.session.execute(delete(Change).where(Change.at < uow.machine_now - CHANGES_KEPT))
    return int(gone.rowcount)  # type: ignore[attr-defined]
