"""What a colleague was typing, kept until it is sent, and never again after that."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations.commands.rows import hold
from outreach.conversations.models import Draft, Note
from outreach.kernel import ids
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as texts


def save_draft(
    uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID, body: str, mode: str, draft_key: str = ""
) -> None:
    """Keep what a colleague was typing, as a text or a note (`mode`); an empty one drops it.

    What went out under `draft_key` meanwhile is no draft any more: a save that was slow on its way changes
    nothing.
    """
    # The row that a reply and a note hold, too: neither can slip in between the look and the writing.
    hold(uow, conversation_id)
    if draft_key and was_used(uow, draft_key=draft_key):
        return
    if not body.strip():
        drop_draft(uow, conversation_id=conversation_id, staff_id=staff_id)
        return
    kept = {
        "body_enc": uow.vault.seal("draft.body", f"{conversation_id}:{staff_id}", body),
        "mode": "text" if mode == "text" else "note",
        "at": uow.now,
    }
    uow.session.execute(
        insert(Draft)
        .values(conversation_id=conversation_id, staff_id=staff_id, **kept)
        .on_conflict_do_update(index_elements=["conversation_id", "staff_id"], set_=kept)
    )


def drop_draft(uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID) -> None:
    """Forget what a colleague was typing."""
    uow.session.execute(
        delete(Draft).where(Draft.conversation_id == conversation_id, Draft.staff_id == staff_id)
    )


def was_used(uow: UnitOfWork, *, draft_key: str) -> bool:
    """Say whether a text was queued or a note kept under a draft's key."""
    return (
        texts.by_key(uow, key=f"staff:{draft_key}") is not None
        or uow.session.get(Note, note_of(draft_key)) is not None
    )


def note_of(draft_key: str) -> UUID:
    """Return the id of the note that is kept under a draft's key."""
    return ids.named("note", draft_key)
