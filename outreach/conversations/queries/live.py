"""What live pages have to draw again."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from outreach.conversations.models import Change
from outreach.conversations.queries.views import ChangeView

MOST_CHANGES = 500


def changes_since(
    connection: Connection | Session,
    *,
    no: int,
    team_ids: Collection[UUID] | None = None,
    limit: int = MOST_CHANGES,
) -> tuple[ChangeView, ...]:
    """Return changes after number `no`, oldest first; of some teams, or of all of them.

    Numbers are given before the commit, so one transaction's change can show up after a higher number: a live
    page asks again from a little further back than the last number it saw.
    """
    wanted = select(Change.no, Change.team_id, Change.conversation_id).where(Change.no > no)
    if team_ids is not None:
        wanted = wanted.where(Change.team_id.in_(team_ids))
    rows = connection.execute(wanted.order_by(Change.no).limit(limit))
    return tuple(
        ChangeView(no=row.no, team_id=row.team_id, conversation_id=row.conversation_id) for row in rows
    )


def latest_change(connection: Connection | Session) -> int:
    """Return the number of the newest change, 0 if there is none."""
    return connection.execute(select(func.coalesce(func.max(Change.no), 0))).scalar_one()
