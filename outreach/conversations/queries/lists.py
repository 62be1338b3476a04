"""The inbox's lists: keyset pages and capped counts, the same number of statements whatever a team holds.

Each list walks one partial index per team and stops after a page, so that page 1,000 costs what page 1 costs.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Label,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute

from outreach.conversations import rules
from outreach.conversations.models import Change, Conversation, SavedView, Tag
from outreach.conversations.queries import filters as kept
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
from outreach.patients.models import Patient, PatientPhone, Phone
from outreach.staff.models import CareTeam, Staff

DEFAULT_PAGE = 50
LARGEST_PAGE = 200
WALKED = 1_000
"""Conversations that a page of a narrowed list looks through, per team."""
EVERYTHING = Filters()


@dataclass(frozen=True, kw_only=True)
class _List:
    """Which conversations a list holds, and by what it is ordered."""

    where: tuple[ColumnElement[bool], ...]
    by: InstrumentedAttribute[Any]
    oldest_first: bool = False
    narrowing: tuple[ColumnElement[bool], ...] = ()
    """What no index answers: looked for in a bounded stretch of the list."""

    def is_before(self, one: Cursor, other: Cursor) -> bool:
        """Say whether a place comes no later in the list than another."""
        mine, theirs = (one.at, one.id), (other.at, other.id)
        return mine <= theirs if self.oldest_first else mine >= theirs


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
    lists = _lists(literal(staff_id), literal(uow.now))
    if view not in lists:
        raise NoSuchView
    size = max(1, min(limit, LARGEST_PAGE))
    after, teams, narrowing = Cursor.parse(before), filters.teams(team_ids), filters.clauses()
    found = replace(lists[view], where=(*lists[view].where, *filters.narrows_walk()), narrowing=narrowing)
    if narrowing:
        place = None if after is None else (literal(after.at), literal(after.id))
        rows = uow.session.execute(_page(found, literal(list(teams), UUIDS), place, literal(size + 1))).all()
    else:
        rows = _plain_page(view, goes_on=after is not None).rows(
            uow,
            {
                "staff_id": staff_id, "now": uow.now, "team_ids": list(teams), "size": size + 1,
                **({"after_at": after.at, "after_id": after.id} if after else {}),
            },
        )  # fmt: skip
    end = _end(uow, found, teams, after) if narrowing and len(rows) <= size else None
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
    place: _Place | None = (bindparam("after_at"), bindparam("after_id")) if goes_on else None
    found = _lists(bindparam("staff_id"), bindparam("now"))[view]
    return Spelled(_page(found, some("team_ids"), place, bindparam("size")))


@cache
def _counters() -> Spelled:
    lists, columns = _lists(bindparam("staff_id"), bindparam("now")), []
    for name in Counts.__dataclass_fields__:
        few = _members(lists[name]).limit(COUNTED_UP_TO).subquery()
        columns.append(select(func.count()).select_from(few).scalar_subquery().label(name))
    return Spelled(select(*columns))


@cache
def _own() -> Spelled:
    return Spelled(_members(_lists(bindparam("staff_id"), bindparam("now"))["mine"]))


@cache
def _newest() -> Spelled:
    return Spelled(select(func.coalesce(func.max(Change.no), 0).label("no")))


@cache
def _saved() -> Spelled:
    wanted = select(SavedView.id, SavedView.definition_enc)
    mine = wanted.where(SavedView.staff_id == bindparam("staff_id"))
    return Spelled(mine.order_by(SavedView.created_at, SavedView.id))


def _lists(staff_id: ColumnElement[Any], now: ColumnElement[Any]) -> dict[str, _List]:
    c = Conversation
    # Written out, not bound: only a constant lets the planner use a partial index.
    is_open = _sql("conversation.state = 'open'")
    not_closed = _sql("conversation.state <> 'closed'")
    waits = _sql("conversation.waiting_since IS NOT NULL")
    failed, unknown = _sql("conversation.flags ? 'failed'"), _sql("conversation.flags ? 'unknown_sender'")
    snoozed, closed = _sql("conversation.state = 'snoozed'"), _sql("conversation.state = 'closed'")
    return {
        "mine": _List(where=(is_open, c.owner_id == staff_id), by=c.last_at),
        "unassigned": _List(
            where=(waits, is_open, c.owner_id.is_(None)), by=c.waiting_since, oldest_first=True
        ),
        "waiting": _List(
            where=(waits, not_closed, c.waiting_since <= _latest_in_time(now)),
            by=c.waiting_since,
            oldest_first=True,
        ),
        "escalations": _List(where=(c.urgent_due_at.is_not(None),), by=c.urgent_due_at, oldest_first=True),
        "failed": _List(where=(failed, not_closed), by=c.last_at),
        "unknown": _List(where=(unknown, not_closed), by=c.last_at),
        "snoozed": _List(where=(snoozed, c.snoozed_until <= now), by=c.snoozed_until, oldest_first=True),
        "closed": _List(where=(closed,), by=c.last_at),
        "all": _List(where=(), by=c.last_at),
    }


def _sql(clause: str) -> ColumnElement[bool]:
    return literal_column(clause, Boolean)


def _latest_in_time(now: ColumnElement[Any]) -> ColumnElement[datetime]:
    """The time before which a wait has been too long, by the target of the team being walked."""
    return cast(now, DateTime(timezone=True)) - func.make_interval(
        0, 0, 0, 0, 0, _Teams.c.answer_target_minutes
    )


_Teams = CareTeam.__table__.alias("team")


_Place = tuple[ColumnElement[Any], ColumnElement[Any]]


def _walk(found: _List, after: _Place | None, limit: Any) -> Select[Any]:
    """One team's part of a list, in the order of its index."""
    order = (found.by, Conversation.id)
    walked = select(Conversation).where(Conversation.team_id == _Teams.c.id, *found.where)
    if after is not None:
        here, place = tuple_(*order), tuple_(*after)
        walked = walked.where(here > place if found.oldest_first else here < place)
    if not found.oldest_first:
        return walked.order_by(*(column.desc() for column in order)).limit(limit)
    return walked.order_by(*order).limit(limit)


def _narrowed(found: _List, after: _Place | None, limit: Any) -> Select[Any]:
    """One team's part of a list, of a narrowed one what fits in the next stretch."""
    if not found.narrowing:
        return _walk(found, after, limit)
    # Both parts say which team: without it in either, another team's conversations would come in.
    stretch = (
        _walk(found, after, WALKED).with_only_columns(Conversation.id).correlate(_Teams).lateral("stretch")
    )
    order = (found.by, Conversation.id)
    return (
        select(Conversation)
        .join(stretch, stretch.c.id == Conversation.id)
        .where(Conversation.team_id == _Teams.c.id, *found.narrowing)
        .order_by(*(order if found.oldest_first else (column.desc() for column in order)))
        .limit(limit)
    )


def _end(uow: UnitOfWork, found: _List, team_ids: Collection[UUID], after: Cursor | None) -> Cursor | None:
    """The place where the first team's stretch ended; None if no team has more."""
    place = None if after is None else (literal(after.at), literal(after.id))
    last = (
        _walk(found, place, 1).offset(WALKED - 1).with_only_columns(found.by, Conversation.id).lateral("last")
    )
    rows = uow.session.execute(
        select(*last.c).select_from(_Teams).join(last, true()).where(_Teams.c.id.in_(team_ids))
    ).all()
    places = [Cursor(at=row[0], id=row[1]) for row in rows]
    pick = min if found.oldest_first else max
    return pick(places, key=lambda one: (one.at, one.id), default=None)


def _page(found: _List, team_ids: Any, after: _Place | None, limit: Any) -> Select[Any]:
    walked = _narrowed(found, after, limit).lateral("walked")
    order = (walked.c[found.by.key], walked.c.id)
    return (
        select(
            *walked.c,
            _Teams.c.answer_target_minutes,
            Phone.e164_enc,
            Patient.id.label("named_id"),
            Patient.name_enc,
            Patient.language,
            Staff.name.label("owner_name"),
            tag_words(walked.c.tags, walked.c.team_id),
            people_on(walked.c.patient_id, walked.c.phone_id),
        )
        .select_from(_Teams)
        .join(walked, true())
        .join(Phone, Phone.id == walked.c.phone_id)
        .outerjoin(Patient, Patient.id == walked.c.patient_id)
        .outerjoin(Staff, Staff.id == walked.c.owner_id)
        .where(_Teams.c.id == any_(team_ids))
        .order_by(*(order if found.oldest_first else (column.desc() for column in order)))
        .limit(limit)
    )


def _members(found: _List) -> Select[Any]:
    few = _walk(found, None, COUNTED_UP_TO).with_only_columns(Conversation.id).lateral()
    return (
        select(few.c.id)
        .select_from(_Teams)
        .join(few, true())
        .where(_Teams.c.id == any_(some("team_ids")))
        .limit(COUNTED_UP_TO)
    )


def _row(uow: UnitOfWork, row: Row[Any], found: _List) -> InboxRow:
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
        urgent_due_at=row.urgent_due_at,
        snoozed_until=row.snoozed_until,
        cursor=_place(row, found).encode(),
    )


def _place(row: Row[Any], found: _List) -> Cursor:
    return Cursor(at=getattr(row, found.by.key), id=row.id)


def tag_words(tags: Any, team_id: Any) -> Label[Any]:
    """Return a column with ids and sealed words of a conversation's tags, hex in JSON."""
    pairs = func.jsonb_agg(func.jsonb_build_array(Tag.id, func.encode(Tag.word_enc, "hex")))
    words = (
        select(pairs)
        .where(Tag.team_id == team_id, tags.op("?")(cast(Tag.id, Text)))
        .correlate_except(Tag)
        .scalar_subquery()
    )
    return case((tags != literal_column("'[]'::jsonb"), words)).label("tag_words")


def _tag_words(uow: UnitOfWork, found: list[list[str]] | None) -> tuple[str, ...]:
    return tuple(
        sorted(uow.vault.open("tag.word", tag_id, bytes.fromhex(sealed)) for tag_id, sealed in found or ())
    )


def people_on(patient_id: Any, phone_id: Any) -> Label[Any]:
    """Return a column with the people on a phone about whom nobody has decided whose talk this is."""
    pair = func.jsonb_build_array(Patient.id, func.encode(Patient.name_enc, "hex"))
    order = (PatientPhone.relation.desc(), PatientPhone.rank, PatientPhone.id)
    found = (
        select(func.jsonb_agg(aggregate_order_by(pair, *order)))
        .select_from(PatientPhone)
        .join(Patient, Patient.id == PatientPhone.patient_id)
        .where(PatientPhone.phone_id == phone_id, PatientPhone.ended_at.is_(None))
        .correlate_except(PatientPhone, Patient)
        .scalar_subquery()
    )
    return case((patient_id.is_(None), found)).label("people")


def _people(uow: UnitOfWork, found: list[list[str]] | None) -> str:
    """Their names: "Ana Ruiz, Luis Ruiz"."""
    return ", ".join(
        uow.vault.open("patient.name", patient_id, bytes.fromhex(sealed))
        for patient_id, sealed in found or ()
    )
