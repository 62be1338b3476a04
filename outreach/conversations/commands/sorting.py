"""Tags of a team's own, and lists somebody keeps for themselves."""

from __future__ import annotations

import json
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations import queries
from outreach.conversations.commands.rows import changed, hold
from outreach.conversations.models import SavedView, Tag
from outreach.conversations.queries.filters import Filters
from outreach.conversations.queries.views import VIEWS, NoSuchView
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork

LONGEST_TAG, LONGEST_NAME = 40, 60
MOST_TAGS, MOST_VIEWS = 10, 30


class NoTag(Invalid):
    """A tag is a word or two, at most 40 characters long."""


class TooManyTags(Invalid):
    """A conversation can have ten tags. Take one off first."""


class NoName(Invalid):
    """Give the list a name of at most 60 characters."""


class TooManyViews(Invalid):
    """You have 30 lists of your own. Remove one first."""


def put_tag(uow: UnitOfWork, *, team_id: UUID, word: str) -> UUID:
    """Return the id of a team's tag, made now if there is none; case doesn't matter. Raise NoTag."""
    plain = " ".join(word.split())
    if not plain or len(plain) > LONGEST_TAG:
        raise NoTag
    index = uow.vault.index("tag", f"{team_id}\x1f{plain.casefold()}")
    row_id = uow.new_id()
    uow.session.execute(
        insert(Tag)
        .values(
            id=row_id,
            team_id=team_id,
            word_enc=uow.vault.seal("tag.word", row_id, plain),
            word_index=index,
            created_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["team_id", "word_index"])
    )
    return uow.session.scalars(select(Tag.id).where(Tag.team_id == team_id, Tag.word_index == index)).one()


def add_tag(uow: UnitOfWork, *, conversation_id: UUID, tag_id: UUID, expected: int | None = None) -> None:
    """Put a tag of its team on a conversation. Raise NotFound, TooManyTags or ChangedMeanwhile."""
    row = hold(uow, conversation_id, expected=expected)
    if tag_id not in {one.tag_id for one in queries.tags(uow, team_ids=[row.team_id])}:
        raise NotFound
    if str(tag_id) in row.tags:
        return
    if len(row.tags) >= MOST_TAGS:
        raise TooManyTags
    row.tags = [*row.tags, str(tag_id)]
    changed(uow, row, version=True)


def drop_tag(uow: UnitOfWork, *, conversation_id: UUID, tag_id: UUID, expected: int | None = None) -> None:
    """Take a tag off a conversation. Raise NotFound or ChangedMeanwhile."""
    row = hold(uow, conversation_id, expected=expected)
    if str(tag_id) in row.tags:
        row.tags = [one for one in row.tags if one != str(tag_id)]
        changed(uow, row, version=True)


def save_view(uow: UnitOfWork, *, staff_id: UUID, name: str, view: str, filters: Filters) -> UUID:
    """Keep a list with its filters under a name. Raise NoName, NoSuchView or TooManyViews."""
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME:
        raise NoName
    if view not in VIEWS:
        raise NoSuchView
    count = uow.session.scalar(
        select(func.count()).select_from(SavedView).where(SavedView.staff_id == staff_id)
    )
    if (count or 0) >= MOST_VIEWS:
        raise TooManyViews
    row_id = uow.new_id()
    words = json.dumps({"name": plain, "view": view, "filters": filters.as_words()})
    uow.session.execute(
        insert(SavedView).values(
            id=row_id,
            staff_id=staff_id,
            definition_enc=uow.vault.seal("saved_view.definition", row_id, words),
            created_at=uow.now,
        )
    )
    return row_id


def remove_view(uow: UnitOfWork, *, staff_id: UUID, saved_view_id: UUID) -> None:
    """Remove a list of one's own; another's stays."""
    uow.session.execute(
        delete(SavedView).where(SavedView.id == saved_view_id, SavedView.staff_id == staff_id)
    )
