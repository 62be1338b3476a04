"""A photo that somebody has chosen and not sent yet: kept beside what they were typing, for them alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, update

from outreach.conversations.models import DraftPhoto
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.commands import Photo
from outreach.messaging.rules import pictures
from outreach.messaging.rules.bare import bare

KEPT_FOR = timedelta(days=7)
"""A photo that nobody has sent by then is forgotten."""


def save_draft_photo(uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID, photo: Photo) -> None:
    """Keep a photo that was chosen, sealed, without place, time and notes, instead of the one before.

    Raise NotAPicture, PictureTooLarge.
    """
    row_id, kind = uow.new_id(), pictures.kind_of(photo.content)
    drop_draft_photo(uow, conversation_id=conversation_id, staff_id=staff_id)
    uow.session.add(
        DraftPhoto(
            id=row_id,
            conversation_id=conversation_id,
            staff_id=staff_id,
            content_type=kind,
            content_enc=uow.vault.seal_bytes("draft_photo.content", row_id, bare(photo.content)),
            about_enc=_about(uow, row_id, photo.about),
            at=uow.machine_now,
        )
    )


def describe_draft_photo(uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID, about: str) -> None:
    """Keep what a chosen photo shows, in its sender's words; without a photo nothing is kept."""
    mine = _mine(conversation_id, staff_id)
    row_id = uow.session.scalar(
        update(DraftPhoto).where(*mine).values(at=uow.machine_now).returning(DraftPhoto.id)
    )
    if row_id is not None:
        sealed = _about(uow, row_id, about)
        uow.session.execute(update(DraftPhoto).where(DraftPhoto.id == row_id).values(about_enc=sealed))


def drop_draft_photo(uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID) -> None:
    """Forget a photo that somebody had chosen."""
    uow.session.execute(delete(DraftPhoto).where(*_mine(conversation_id, staff_id)))


def forget_draft_photos(uow: UnitOfWork) -> int:
    """Delete photos that nobody has sent for a week; return how many."""
    old = delete(DraftPhoto).where(DraftPhoto.at < uow.machine_now - KEPT_FOR)
    return int(uow.session.execute(old).rowcount)  # type: ignore[attr-defined]


def _mine(conversation_id: UUID, staff_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return DraftPhoto.conversation_id == conversation_id, DraftPhoto.staff_id == staff_id


def _about(uow: UnitOfWork, row_id: UUID, about: str) -> bytes | None:
    return uow.vault.seal("draft_photo.about", row_id, about) if about else None
