"""What a list can be narrowed by, and views somebody keeps for themselves."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, exists, literal_column, select

from outreach.conversations.models import Conversation, SavedView, Tag
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient

NOBODY = "nobody"
STATES = ("open", "snoozed", "closed")


class BadFilter(Invalid):
    """This list can't be narrowed like that. Choose from the filters offered."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What every row of a list must fit; None lets everything through. Ids and codes alone."""

    team: UUID | None = None
    owner: str | None = None
    """A colleague's id, or "nobody"."""
    program: str | None = None
    tag: UUID | None = None
    language: str | None = None
    risk: str | None = None
    state: str | None = None

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Filters:
        """Return the filters a page asks for; empty words count as not given. Raise BadFilter."""
        found = {one.name: given.get(one.name) or None for one in fields(cls)}
        try:
            if found["owner"] not in (None, NOBODY):
                found["owner"] = str(UUID(found["owner"]))
            team, tag = (UUID(word) if word else None for word in (found.pop("team"), found.pop("tag")))
        except ValueError as error:
            raise BadFilter from error
        if found["state"] not in (None, *STATES):
            raise BadFilter
        return cls(team=team, tag=tag, **found)

    def as_words(self) -> dict[str, str]:
        """Return those given, as an address spells them."""
        return {key: str(value) for key, value in asdict(self).items() if value is not None}

    def clauses(self) -> tuple[ColumnElement[bool], ...]:
        """Return what a conversation must fit, its team aside."""
        c = Conversation
        found: list[ColumnElement[bool]] = []
        if self.owner is not None:
            found.append(c.owner_id.is_(None) if self.owner == NOBODY else c.owner_id == UUID(self.owner))
        if self.program is not None:
            found.append(c.program == self.program)
        if self.state is not None:
            found.append(c.state == self.state)
        if self.tag is not None:
            found.append(c.tags.op("?", return_type=Boolean)(str(self.tag)))
        if self.language is not None or self.risk is not None:
            found.append(self._about_patient())
        return tuple(found)

    def narrows_walk(self) -> tuple[ColumnElement[bool], ...]:
        """Return what an index of its own answers: few conversations bear a tag."""
        return (literal_column("conversation.tags <> '[]'", Boolean),) if self.tag else ()

    def teams(self, team_ids: Collection[UUID]) -> Collection[UUID]:
        """Return the teams to look in: never one that is not among those given."""
        return team_ids if self.team is None else [one for one in team_ids if one == self.team]

    def _about_patient(self) -> ColumnElement[bool]:
        wanted = select(Patient.id).where(Patient.id == Conversation.patient_id)
        if self.language is not None:
            wanted = wanted.where(Patient.language == self.language)
        if self.risk is not None:
            wanted = wanted.where(Patient.risk_tier == self.risk)
        return exists(wanted.correlate(Conversation))


@dataclass(frozen=True, kw_only=True)
class TagView:
    """A word of a team's for sorting its conversations."""

    tag_id: UUID
    team_id: UUID
    word: str


@dataclass(frozen=True, kw_only=True)
class SavedViewView:
    """A list somebody made for themselves."""

    saved_view_id: UUID
    name: str
    view: str
    filters: Filters


def tags(uow: UnitOfWork, *, team_ids: Collection[UUID]) -> tuple[TagView, ...]:
    """Return the tags of some teams, by word."""
    rows = uow.session.execute(select(Tag.id, Tag.team_id, Tag.word_enc).where(Tag.team_id.in_(team_ids)))
    found = [
        TagView(tag_id=row.id, team_id=row.team_id, word=uow.vault.open("tag.word", row.id, row.word_enc))
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.word.casefold(), str(one.tag_id))))


def saved_views(uow: UnitOfWork, *, staff_id: UUID) -> tuple[SavedViewView, ...]:
    """Return the lists somebody made for themselves, oldest first."""
    rows = uow.session.execute(
        select(SavedView.id, SavedView.definition_enc)
        .where(SavedView.staff_id == staff_id)
        .order_by(SavedView.created_at, SavedView.id)
    )
    return tuple(opened(uow, row.id, row.definition_enc) for row in rows)


def saved_view(uow: UnitOfWork, *, staff_id: UUID, saved_view_id: UUID) -> SavedViewView:
    """Return a list somebody made. Raise NotFound if there is none, or it is another's."""
    row = uow.session.execute(
        select(SavedView.id, SavedView.definition_enc).where(
            SavedView.id == saved_view_id, SavedView.staff_id == staff_id
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return opened(uow, row.id, row.definition_enc)


def opened(uow: UnitOfWork, row_id: UUID, sealed: bytes) -> SavedViewView:
    """Return a kept list, decrypted."""
    kept: dict[str, Any] = json.loads(uow.vault.open("saved_view.definition", row_id, sealed))
    return SavedViewView(
        saved_view_id=row_id, name=kept["name"], view=kept["view"], filters=Filters.parse(kept["filters"])
    )
