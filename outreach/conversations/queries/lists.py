"""The inbox's lists: keyset pages and capped counts, the same number of statements whatever a team holds.

Each list walks one index per team and rank of urgency and stops after a page, so that page 1,000 costs what
page 1 costs, and a danger stands on top of every list of open work it belongs to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Row,
    bindparam,
    func,
    literal,
    select,
)

from outreach.conversations import rules
from outreach.conversations.models import Change, SavedView
from outreach.conversations.queries import filters as kept
from outreach.conversations.queries import walks
from outreach.conversations.queries.filters import Filters, SavedViewView
from outreach.conversations.queries.views import (
    COUNTED_UP_TO,
    Counts,
    Cursor,
    InboxPage,
    InboxRow,
    NoSuchView,
)
from outreach.kernel.asking import UUIDS, Question, Spelled, answer, ask, some
from outreach.kernel.phone import Phone as Number
from outreach.kernel.unit_of_work import UnitOfWork

DEFAULT_PAGE = 50
LARGEST_PAGE = 200
EVERYTHING = Filters()


def inbox(
    uow: UnitOfWork,
    *,
    staff_id: UUID,
    team_ids: Collection[UUID],
    view: str,
    before: str | None = None,
    limit: int = DEFAULT_PAGE,
    filters: Filters = EVERYTHING,
) -> InboxPage:
    """Return one page of a list; `before` is the cursor of the last row seen.

    One statement, and one more for a narrowed list: of that a page looks through a thousand conversations at
    most, and says where to go on. Raise NoSuchView or BadCursor.
    """
    lists = walks.lists(literal(staff_id), literal(uow.now))
    if view not in lists:
        raise NoSuchView
    size = max(1, min(limit, LARGEST_PAGE))
    after, teams, narrowing = Cursor.parse(before), filters.teams(team_ids), filters.clauses()
    found = replace(lists[view], where=(*lists[view].where, *filters.narrows_walk()), narrowing=narrowing)
    if narrowing:
        rows = uow.session.execute(
            walks.page(found, literal(list(teams), UUIDS), walks.place_of(after), literal(size + 1))
        ).all()
    else:
        rows = _plain_page(view, goes_on=after is not None).rows(
            uow,
            {"staff_id": staff_id, "now": uow.now, "team_ids": list(teams), "size": size + 1}
            | ({"after_rank": after.urgency, "after_at": after.at, "after_id": after.id} if after else {}),
        )
    end = walks.end(uow, found, teams, after) if narrowing and len(rows) <= size else None
    if end is not None:
        rows = [row for row in rows if found.is_before(_place(row, found), end)]
    seen = tuple(_row(uow, row, found) for row in rows[:size])
    further = seen[-1].cursor if len(rows) > size else end.encode() if end else None
    return InboxPage(view=view, rows=seen, next=further)


@dataclass(frozen=True, kw_only=True)
class Overview:
    """What stands around a list: its counters, one's own, and from where on to ask for live changes."""

    counts: Counts
    mine: tuple[UUID, ...]
    """Which conversations are somebody's own, up to 100."""
    saved: tuple[SavedViewView, ...]
    newest_change: int


def counts(uow: UnitOfWork, *, staff_id: UUID, team_ids: Collection[UUID]) -> Counts:
    """Return how many conversations each list holds, each counted up to 100, in one statement."""
    return answer(uow, _how_many(uow, staff_id, team_ids))


def overview(uow: UnitOfWork, *, staff_id: UUID, team_ids: Collection[UUID]) -> Overview:
    """Return what stands around a list, in one statement. Ask before the list itself is read.

    What changes after this was read is told by the live changes after `newest_change`.
    """
    how_many = _how_many(uow, staff_id, team_ids)
    mine = Question(_own(), dict(how_many.values), lambda _, rows: tuple(row.id for row in rows))
    newest = Question(_newest(), {}, lambda _, rows: int(rows[0].no))
    saved = Question(_saved(), {"staff_id": staff_id}, _saved_views)
    found = ask(uow, how_many, mine, newest, saved)
    return Overview(counts=found[how_many], mine=found[mine], newest_change=found[newest], saved=found[saved])


def _how_many(uow: UnitOfWork, staff_id: UUID, team_ids: Collection[UUID]) -> Question[Counts]:
    values = {"staff_id": staff_id, "now": uow.now, "team_ids": list(team_ids)}
    return Question(_counters(), values, _counts)


def _counts(_: UnitOfWork, rows: Sequence[Any]) -> Counts:
    return Counts(**{name: getattr(rows[0], name) for name in Counts.__dataclass_fields__})


def _saved_views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[SavedViewView, ...]:
    return tuple(kept.opened(uow, row.id, row.definition_enc) for row in rows)


@cache
def _plain_page(view: str, *, goes_on: bool) -> Spelled:
    after: walks.Place = (bindparam("after_rank"), bindparam("after_at"), bindparam("after_id"))
    found = walks.lists(bindparam("staff_id"), bindparam("now"))[view]
    return Spelled(walks.page(found, some("team_ids"), after if goes_on else None, bindparam("size")))


@cache
def _counters() -> Spelled:
    lists, columns = walks.lists(bindparam("staff_id"), bindparam("now")), []
    for name in Counts.__dataclass_fields__:
        few = walks.members(lists[name]).limit(COUNTED_UP_TO).subquery()
        columns.append(select(func.count()).select_from(few).scalar_subquery().label(name))
    return Spelled(select(*columns))


@cache
def _own() -> Spelled:
    return Spelled(walks.members(walks.lists(bindparam("staff_id"), bindparam("now"))["mine"]))


@cache
def _newest() -> Spelled:
    return Spelled(select(func.coalesce(func.max(Change.no), 0).label("no")))


@cache
def _saved() -> Spelled:
    wanted = select(SavedView.id, SavedView.definition_enc)
    mine = wanted.where(SavedView.staff_id == bindparam("staff_id"))
    return Spelled(mine.order_by(SavedView.created_at, SavedView.id))


def _row(uow: UnitOfWork, row: Row[Any], found: walks.Listed) -> InboxRow:
    if row.name_enc is not None:
        name = uow.vault.open("patient.name", row.named_id, row.name_enc)
    else:
        number = uow.vault.open("phone.e164", row.phone_id, row.e164_enc)
        name = _people(uow, row.people) or Number(number).national
    return InboxRow(
        conversation_id=row.id,
        version=row.version,
        team_id=row.team_id,
        patient_id=row.patient_id,
        name=name,
        language=row.language,
        state=row.state,
        waiting_since=row.waiting_since,
        past_target=rules.too_long(row.waiting_since, minutes=row.answer_target_minutes, now=uow.now),
        unread=row.unread,
        last_at=row.last_at,
        last_line=uow.vault.open_or("conversation.last_line", row.id, row.last_line_enc),
        last_direction=row.last_direction,
        owner_id=row.owner_id,
        owner_name=row.owner_name,
        program=row.program,
        tags=_tag_words(uow, row.tag_words),
        flags=frozenset(row.flags),
        urgency=row.urgency,
        urgent_due_at=row.urgent_due_at,
        snoozed_until=row.snoozed_until,
        cursor=_place(row, found).encode(),
    )


def _place(row: Row[Any], found: walks.Listed) -> Cursor:
    return Cursor(at=getattr(row, found.by.key), id=row.id, urgency=row.urgency)


def _tag_words(uow: UnitOfWork, found: list[list[str]] | None) -> tuple[str, ...]:
    return tuple(
        sorted(uow.vault.open("tag.word", tag_id, bytes.fromhex(sealed)) for tag_id, sealed in found or ())
    )


def _people(uow: UnitOfWork, found: list[list[str]] | None) -> str:
    """Their names: "Ana Ruiz, Luis Ruiz"."""
    return ", ".join(
        uow.vault.open("patient.name", patient_id, bytes.fromhex(sealed))
        for patient_id, sealed in found or ()
    )
