"""A photo that somebody has chosen and not sent yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from outreach.conversations.models import DraftPhoto
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class ChosenPhoto:
    """The photo itself, decrypted."""

    content_type: str
    content: bytes = field(repr=False)


def draft_photo(uow: UnitOfWork, *, conversation_id: UUID, staff_id: UUID) -> ChosenPhoto:
    """Return the photo somebody has chosen in a conversation. Raise NotFound if they have none there."""
    row = uow.session.execute(
        select(DraftPhoto.id, DraftPhoto.content_type, DraftPhoto.content_enc).where(
            DraftPhoto.conversation_id == conversation_id, DraftPhoto.staff_id == staff_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    content = uow.vault.open_bytes("draft_photo.content", row.id, row.content_enc)
    return ChosenPhoto(content_type=row.content_type, content=content)
