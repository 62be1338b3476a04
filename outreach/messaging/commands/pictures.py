"""Pictures that go out: kept sealed, served to the provider a few times, deleted when the text is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Media, Picture
from outreach.messaging.rules import pictures
from outreach.messaging.rules.bare import bare

UNSENT_FOR = timedelta(days=2)
"""A picture nobody has sent by then is forgotten."""
BATCH = 200

FETCH = text(
    """
    UPDATE picture SET fetches = fetches + 1
    WHERE id = :id AND fetches < :most AND content_enc IS NOT NULL AND message_id IS NOT NULL
    RETURNING content_enc, content_type
    """
)
SEND = text(
    """
    UPDATE picture SET message_id = :message_id
    WHERE id = ANY(CAST(:ids AS uuid[])) AND message_id IS NULL AND content_enc IS NOT NULL RETURNING id
    """
)
FORGET = text(
    """
    UPDATE picture SET content_enc = NULL, deleted_at = :machine_now
    WHERE id IN (
        SELECT p.id FROM picture p LEFT JOIN message m ON m.id = p.message_id
        WHERE p.content_enc IS NOT NULL
            AND (m.settled_at IS NOT NULL OR (m.id IS NULL AND p.kept_at < :before))
        LIMIT :batch FOR UPDATE OF p SKIP LOCKED
    )
    """
)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A picture as the provider gets it."""

    content_type: str
    content: bytes = field(repr=False)


def keep_picture(uow: UnitOfWork, *, content: bytes) -> str:
    """Keep a picture, sealed, without place, time and notes; return what names it in a text's `media_urls`.

    Raise NotAPicture, PictureTooLarge.
    """
    picture_id = uow.new_id()
    uow.session.execute(
        insert(Picture).values(
            id=picture_id,
            content_type=pictures.kind_of(content),
            content_enc=uow.vault.seal_bytes("picture.content", picture_id, bare(content)),
            kept_at=uow.machine_now,
        )
    )
    return f"{pictures.PREFIX}{picture_id}"


@dataclass(frozen=True, kw_only=True)
class Photo:
    """A photo that a colleague sends."""

    content: bytes = field(repr=False)
    about: str = field(default="", repr=False)
    """What it shows, for colleagues who can't see it."""


def show_photo(uow: UnitOfWork, *, message_id: UUID, photo: Photo) -> None:
    """Keep a photo that goes out with a text as a part of its thread; a second time changes nothing.

    Raise NotAPicture, PictureTooLarge.
    """
    if uow.session.scalar(select(exists().where(Media.message_id == message_id))):
        return
    media_id = uow.new_id()
    uow.session.add(
        Media(
            id=media_id,
            message_id=message_id,
            place=0,
            content_type=pictures.kind_of(photo.content),
            content_enc=uow.vault.seal_bytes("media.content", media_id, bare(photo.content)),
            about_enc=uow.vault.seal("media.about", media_id, photo.about) if photo.about else None,
            state="kept",
            fetched_at=uow.machine_now,
            # The provider fetches it from us and is told to delete its copy with the text.
            deleted_at_provider=uow.machine_now,
        )
    )


def send_along(uow: UnitOfWork, *, message_id: UUID, names: Sequence[str]) -> None:
    """Bind kept pictures to the text they go out with: each goes with one. Raise NotAPicture otherwise."""
    ids = [UUID(name.removeprefix(pictures.PREFIX)) for name in names if name.startswith(pictures.PREFIX)]
    if ids and len(uow.session.execute(SEND, {"ids": ids, "message_id": message_id}).all()) != len(set(ids)):
        raise pictures.NotAPicture


def serve_picture(uow: UnitOfWork, *, picture_id: UUID) -> Served | None:
    """Return a picture to whoever holds a ticket for it; None once it was fetched five times or is gone."""
    row = uow.session.execute(FETCH, {"id": picture_id, "most": pictures.MOST_FETCHES}).one_or_none()
    if row is None:
        return None
    return Served(
        content_type=row.content_type,
        content=uow.vault.open_bytes("picture.content", picture_id, row.content_enc),
    )


def forget_pictures(uow: UnitOfWork) -> int:
    """Delete pictures whose text is settled, and those nobody sent; return how many."""
    values = {"machine_now": uow.machine_now, "before": uow.machine_now - UNSENT_FOR, "batch": BATCH}
    return int(uow.session.execute(FORGET, values).rowcount)  # type: ignore[attr-defined]
