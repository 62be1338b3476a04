"""Holding a conversation's row, and telling live pages that it changed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations import rules
from outreach.conversations.models import Change, Conversation
from outreach.kernel.errors import Conflict, NotFound
from outreach.kernel.unit_of_work import UnitOfWork


class ChangedMeanwhile(Conflict):
    """Somebody changed this conversation, or a new text came in, while you were looking. Look again."""


def hold(uow: UnitOfWork, conversation_id: UUID, *, expected: int | None = None) -> Conversation:
    """Lock a conversation for this transaction. Raise NotFound, or ChangedMeanwhile for another version."""
    row = uow.session.scalars(
        select(Conversation)
        .where(Conversation.id == conversation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    if expected is not None and row.version != expected:
        raise ChangedMeanwhile
    return row


def make(uow: UnitOfWork, *, phone_id: UUID, team_id: UUID, patient_id: UUID | None) -> UUID | None:
    """Make the conversation of a phone and a team and return its id; None if there is one."""
    row_id = uow.new_id()
    return uow.session.scalar(
        insert(Conversation)
        .values(
            id=row_id,
            phone_id=phone_id,
            team_id=team_id,
            patient_id=patient_id,
            state="open",
            unread=0,
            flags=[],
            last_at=uow.now,
            version=1,
            change_no=0,
            created_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["phone_id", "team_id"])
        .returning(Conversation.id)
    )


def changed(uow: UnitOfWork, row: Conversation, *, version: bool) -> None:
    """Note that live pages must draw this conversation anew; `version` if people must look again to act.

    Texts that go out and their delivery don't raise the version: nobody's work is undone by them.
    """
    with uow.session.no_autoflush:  # the row is written once, with its number
        row.change_no = uow.session.scalars(
            insert(Change)
            .values(team_id=row.team_id, conversation_id=row.id, at=uow.machine_now)
            .returning(Change.no)
        ).one()
    if version:
        row.version += 1


def flag(row: Conversation, name: str, *, up: bool) -> bool:
    """Put a flag up or down, and the row in its rank; return whether that changed anything."""
    flags = rules.with_flag(row.flags, name, up=up)
    if flags == row.flags:
        return False
    row.flags, row.urgency = flags, rules.urgency_of(flags)
    return True


def show_line(
    uow: UnitOfWork, row: Conversation, *, message_id: UUID, body: str, direction: str, at: datetime
) -> None:
    """Make a text the last line of its conversation in lists, unless a later one is shown already."""
    if row.last_message_id is not None and at < row.last_at:
        return
    row.last_message_id = message_id
    row.last_line_enc = uow.vault.seal("conversation.last_line", row.id, rules.line_of(body))
    row.last_direction = direction
    row.last_at = at
