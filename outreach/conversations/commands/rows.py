"""Holding a conversation's row, and telling live pages that it changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import any_, select, text
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations import queries, rules
from outreach.conversations.models import Conversation
from outreach.kernel.asking import some
from outreach.kernel.errors import Conflict, NotFound
from outreach.kernel.unit_of_work import UnitOfWork

CHANGE = text(
    """
    INSERT INTO conversation_change (team_id, conversation_id, at)
    SELECT team_id, id, :at FROM unnest(CAST(:ids AS uuid[]), CAST(:teams AS uuid[])) AS c(id, team_id)
    RETURNING no, conversation_id
    """
)
_SOME = some("ids")
_MAKE = insert(Conversation.__table__).on_conflict_do_nothing(index_elements=["phone_id", "team_id"])  # type: ignore[arg-type]


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


def hold_all(uow: UnitOfWork, conversation_ids: Collection[UUID]) -> dict[UUID, Conversation]:
    """Lock several conversations, in the order of their ids. Raise NotFound."""
    rows = uow.session.scalars(
        select(Conversation)
        .where(Conversation.id == any_(_SOME))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True),
        {"ids": list(conversation_ids)},
    )
    found = {row.id: row for row in rows}
    if found.keys() != set(conversation_ids):
        raise NotFound
    return found


def make_all(uow: UnitOfWork, wanted: Iterable[tuple[UUID, UUID, UUID | None]]) -> None:
    """Make the conversations of phones and teams, about a patient or nobody; those there are stay."""
    rows: list[dict[str, Any]] = [
        {
            "id": uow.new_id(),
            "phone_id": phone_id,
            "team_id": team_id,
            "patient_id": patient_id,
            "state": "open",
            "unread": 0,
            "flags": [],
            "last_at": uow.now,
            "version": 1,
            "change_no": 0,
            "created_at": uow.now,
        }
        for phone_id, team_id, patient_id in sorted(wanted, key=lambda one: one[:2])
    ]
    uow.session.connection().execute(_MAKE, rows)


def changed(uow: UnitOfWork, row: Conversation, *, version: bool) -> None:
    """Note that live pages must draw this conversation anew; `version` if people must look again to act.

    Texts that go out and their delivery don't raise the version: nobody's work is undone by them.
    """
    change_all(uow, [row], version=version)


def change_all(uow: UnitOfWork, rows: Sequence[Conversation], *, version: bool) -> None:
    """Do the same for several."""
    told = {"ids": [row.id for row in rows], "teams": [row.team_id for row in rows], "at": uow.machine_now}
    with uow.session.no_autoflush:  # each row is written once, with its number
        numbers = {one.conversation_id: one.no for one in uow.session.execute(CHANGE, told)}
    for row in rows:
        row.change_no = numbers[row.id]
        row.version += 1 if version else 0


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
    _put_line(uow, row, message_id=message_id, body=body, direction=direction, at=at)


def show_last_line(uow: UnitOfWork, row: Conversation) -> None:
    """Make what was really said last the last line in lists: a text shown there will not go out."""
    waits = row.waiting_since is not None
    last = queries.last_line(uow, conversation_id=row.id, theirs=waits)
    if last is None:
        row.last_message_id = row.last_line_enc = row.last_direction = None
        return
    _put_line(uow, row, message_id=last.message_id, body=last.body, direction=last.direction, at=last.at)


def _put_line(
    uow: UnitOfWork, row: Conversation, *, message_id: UUID, body: str, direction: str, at: datetime
) -> None:
    row.last_message_id = message_id
    row.last_line_enc = uow.vault.seal("conversation.last_line", row.id, rules.line_of(body))
    row.last_direction = direction
    row.last_at = at
