"""How the inbox's lists are walked: which conversations each holds, in which order, where a page ends.

A list of open work is walked once per team and rank of urgency; each walk reads one index and stops after a
page.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    FromClause,
    Label,
    Select,
    SmallInteger,
    Text,
    Uuid,
    any_,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    true,
    tuple_,
    values,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute

from outreach.conversations import rules
from outreach.conversations.models import Conversation, Tag
from outreach.conversations.queries.views import COUNTED_UP_TO, Cursor
from outreach.kernel.asking import some
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient, PatientPhone, Phone
from outreach.staff.models import CareTeam, Staff

WALKED = 1_000
"""Conversations that a page of a narrowed list looks through, per team and rank."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Which conversations a list holds, and by what it is ordered."""

    where: tuple[ColumnElement[bool], ...]
    by: InstrumentedAttribute[Any]
    oldest_first: bool = False
    ranked: bool = True
    """Whether dangers come first; where none can be, nobody looks for them."""
    bounded: bool = False
    """Whether `where` says how far to go in the order of the index."""
    narrowing: tuple[ColumnElement[bool], ...] = ()
    """What no index answers: looked for in a bounded stretch of the list."""

    def is_before(self, one: Cursor, other: Cursor) -> bool:
        """Say whether a place comes no later in the list than another."""
        if one.urgency != other.urgency:
            return one.urgency < other.urgency
        mine, theirs = (one.at, one.id), (other.at, other.id)
        return mine <= theirs if self.oldest_first else mine >= theirs

    def order(self, columns: Any) -> tuple[Any, ...]:
        """Return by what to order its rows, the rank aside: `columns` are those of the table or of a part."""
        order = (columns[self.by.key], columns.id)
        return order if self.oldest_first else tuple(one.desc() for one in order)


def lists(staff_id: ColumnElement[Any], now: ColumnElement[Any]) -> dict[str, Listed]:
    """Return the inbox's lists by name, as somebody sees them at a moment."""
    c = Conversation
    # Written out, not bound: only a constant lets the planner use a partial index.
    is_open = _sql("conversation.state = 'open'")
    not_closed = _sql("conversation.state <> 'closed'")
    waits = _sql("conversation.waiting_since IS NOT NULL")
    failed, unknown = _sql("conversation.flags ? 'failed'"), _sql("conversation.flags ? 'unknown_sender'")
    snoozed, closed = _sql("conversation.state = 'snoozed'"), _sql("conversation.state = 'closed'")
    return {
        "mine": Listed(where=(is_open, not_closed, c.owner_id == staff_id), by=c.last_at),
        "unassigned": Listed(
            where=(waits, is_open, c.owner_id.is_(None)), by=c.waiting_since, oldest_first=True
        ),
        "waiting": Listed(
            where=(waits, not_closed, c.waiting_since <= _latest_in_time(now)),
            by=c.waiting_since,
            oldest_first=True,
            bounded=True,
        ),
        "escalations": Listed(where=(c.urgent_due_at.is_not(None),), by=c.urgent_due_at, oldest_first=True),
        "failed": Listed(where=(failed, not_closed), by=c.last_at),
        "unknown": Listed(where=(unknown, not_closed), by=c.last_at),
        # A danger can't be put aside and not closed (StillUrgent).
        "snoozed": Listed(
            where=(snoozed, c.snoozed_until <= now), by=c.snoozed_until, oldest_first=True, ranked=False
        ),
        "closed": Listed(where=(closed,), by=c.last_at, ranked=False),
        "all": Listed(where=(), by=c.last_at),
    }


def _sql_moment(spelled: str) -> ColumnElement[Any]:
    return literal_column(f"'{spelled}'::timestamptz", DateTime(timezone=True))


def _sql(clause: str) -> ColumnElement[bool]:
    return literal_column(clause, Boolean)


def _latest_in_time(now: ColumnElement[Any]) -> ColumnElement[datetime]:
    """The time before which a wait has been too long, by the target of the team being walked."""
    return cast(now, DateTime(timezone=True)) - func.make_interval(
        0, 0, 0, 0, 0, Teams.c.answer_target_minutes
    )


Teams = CareTeam.__table__.alias("team")
Ranks = values(column("rank", SmallInteger), name="ranks").data([(rank,) for rank in rules.RANKS])
Place = tuple[ColumnElement[Any], ColumnElement[Any], ColumnElement[Any]]
"""Rank, time, id."""
_FIRST = (_sql_moment("-infinity"), literal_column(f"'{UUID(int=0)}'::uuid", Uuid))
_LAST = (_sql_moment("infinity"), literal_column(f"'{UUID(int=(1 << 128) - 1)}'::uuid", Uuid))
"""Where a list begins within a rank: the oldest first, or the newest."""


def place_of(place: Cursor | None) -> Place | None:
    """Return a cursor as a statement compares with it."""
    return None if place is None else (literal(place.urgency), literal(place.at), literal(place.id))


def ways(found: Listed, after: Place | None) -> FromClause:
    """What is walked one after the other: teams, and of a list with dangers first each rank of each team."""
    if not found.ranked:
        return Teams
    # Ranks passed already have nothing left.
    return Teams.join(Ranks, true() if after is None else Ranks.c.rank >= after[0])


def walk(found: Listed, after: Place | None, limit: Any) -> Select[Any]:
    """One rank of one team's part of a list, in the order of its index."""
    c = Conversation
    walked = select(c).where(c.team_id == Teams.c.id, *found.where)
    if found.ranked:
        walked = walked.where(c.urgency == Ranks.c.rank)
    if after is not None:
        here, place = tuple_(found.by, c.id), tuple_(*_start(found, after))
        walked = walked.where(here > place if found.oldest_first else here < place)
    return walked.order_by(*found.order(c.__table__.c)).limit(limit)


def _start(found: Listed, after: Place) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Where to go on in a rank: at the place in its own, in later ones at their beginning."""
    rank, at, row_id = after
    if not found.ranked:
        return at, row_id
    first_at, first_id = _FIRST if found.oldest_first else _LAST
    here = Ranks.c.rank == rank
    return case((here, at), else_=first_at), case((here, row_id), else_=first_id)


def narrowed(found: Listed, after: Place | None, limit: Any) -> Select[Any]:
    """One rank of one team's part of a list, of a narrowed one what fits in the next stretch."""
    if not found.narrowing:
        return walk(found, after, limit)
    # Both parts say which team: without it in either, another team's conversations would come in.
    stretch = (
        walk(found, after, WALKED)
        .with_only_columns(Conversation.id)
        .correlate(Teams, Ranks)
        .lateral("stretch")
    )
    return (
        select(Conversation)
        .join(stretch, stretch.c.id == Conversation.id)
        .where(Conversation.team_id == Teams.c.id, *found.narrowing)
        .order_by(*found.order(Conversation.__table__.c))
        .limit(limit)
    )


def end(uow: UnitOfWork, found: Listed, team_ids: Collection[UUID], after: Cursor | None) -> Cursor | None:
    """The place where the first stretch ended; None if no team has more."""
    c, place = Conversation, place_of(after)
    last = walk(found, place, 1).offset(WALKED - 1).with_only_columns(found.by, c.id, c.urgency)
    stop = last.lateral("last")
    rows = uow.session.execute(
        select(*stop.c).select_from(ways(found, place).join(stop, true())).where(Teams.c.id.in_(team_ids))
    ).all()
    ends = [Cursor(at=row[0], id=row[1], urgency=row[2]) for row in rows]
    return next((one for one in ends if all(found.is_before(one, other) for other in ends)), None)


def page(found: Listed, team_ids: Any, after: Place | None, limit: Any) -> Select[Any]:
    """Return the statement for a page of a list: its conversations with what their rows show.

    Only what the page shows is looked up; each walk may find a page of its own.
    """
    walked = narrowed(found, after, limit).lateral("walked")
    rank = (walked.c.urgency,) if found.ranked else ()
    top = (
        select(*walked.c, Teams.c.answer_target_minutes)
        .select_from(ways(found, after).join(walked, true()))
        .where(Teams.c.id == any_(team_ids))
        .order_by(*rank, *found.order(walked.c))
        .limit(limit)
        .subquery("top")
    )
    return (
        select(
            *top.c,
            number_of(top.c.patient_id, top.c.phone_id),
            Patient.id.label("named_id"),
            Patient.name_enc,
            Patient.language,
            Staff.name.label("owner_name"),
            tag_words(top.c.tags, top.c.team_id),
            people_on(top.c.patient_id, top.c.phone_id),
        )
        .outerjoin_from(top, Patient, Patient.id == top.c.patient_id)
        .outerjoin(Staff, Staff.id == top.c.owner_id)
        .order_by(*((top.c.urgency,) if found.ranked else ()), *found.order(top.c))
    )


def members(found: Listed) -> Select[Any]:
    """Return the statement for ids of up to a hundred in a list, whichever the index holds first."""
    # How many there are depends on no rank: it is walked only where the index is told how far to go.
    at_once = found.ranked and not found.bounded
    found = replace(found, ranked=not at_once and found.ranked)
    few = walk(found, None, COUNTED_UP_TO).with_only_columns(Conversation.id)
    if at_once:
        few = few.order_by(None).order_by(Conversation.urgency, found.by, Conversation.id)
    part = few.lateral()
    return (
        select(part.c.id)
        .select_from(ways(found, None).join(part, true()))
        .where(Teams.c.id == any_(some("team_ids")))
        .limit(COUNTED_UP_TO)
    )


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


def number_of(patient_id: Any, phone_id: Any) -> Label[Any]:
    """Return a column with the sealed number of a phone, read only where no name stands for it."""
    number = select(Phone.e164_enc).where(Phone.id == phone_id).correlate_except(Phone).scalar_subquery()
    return case((patient_id.is_(None), number)).label("e164_enc")


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
