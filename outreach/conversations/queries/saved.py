"""How many conversations somebody's own lists hold, in one statement however many lists there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from sqlalchemy import Uuid, any_, func, literal, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from outreach.conversations.models import Conversation
from outreach.conversations.queries import walks
from outreach.conversations.queries.filters import saved_views
from outreach.conversations.queries.views import COUNTED_UP_TO
from outreach.kernel.unit_of_work import UnitOfWork


def saved_counts(uow: UnitOfWork, *, staff_id: UUID, team_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many conversations each of somebody's own lists holds, counted up to 100.

    Of a narrowed list those count that fit among its first thousand, as a page of it shows them.
    """
    saved = saved_views(uow, staff_id=staff_id)
    if not saved:
        return {}
    plain = walks.lists(literal(staff_id), literal(uow.now))
    columns = []
    for place, one in enumerate(saved):
        held = plain[one.view]
        found = replace(
            held, where=(*held.where, *one.filters.narrows_walk()), narrowing=one.filters.clauses()
        )
        few = walks.narrowed(found, None, COUNTED_UP_TO).with_only_columns(Conversation.id).lateral()
        teams = literal(list(one.filters.teams(team_ids)), ARRAY(Uuid()))
        members = (
            select(few.c.id)
            .select_from(walks.ways(found, None).join(few, true()))
            .where(walks.Teams.c.id == any_(teams))
            .limit(COUNTED_UP_TO)
            .subquery()
        )
        columns.append(select(func.count()).select_from(members).scalar_subquery().label(f"n{place}"))
    row = uow.session.execute(select(*columns)).one()
    return {one.saved_view_id: int(number) for one, number in zip(saved, row, strict=True)}
