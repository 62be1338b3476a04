"""Questions about planned contacts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import aliased

from outreach.kernel.asking import Question, Spelled, some
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as messaging
from outreach.messaging.rules import allowance
from outreach.staff import queries as staff
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules import capacity
from outreach.touchpoints.rules.timing import Late

PLANNED = text(
    """
    SELECT c.sender_id, date_trunc('hour', t.due_at) AS hour, count(*) AS contacts
    FROM touchpoint t JOIN care_team c ON c.id = t.team_id
    WHERE t.state IN ('planned', 'held') AND t.due_at < :until GROUP BY 1, 2
    """
)

ALREADY_PAST = "already_past"
"""Reason of a contact whose time had passed when it was planned."""
SAID = ("sent", "answered")


@dataclass(frozen=True, kw_only=True)
class Due:
    """A contact whose time has come, and whose kind says who composes it."""

    id: UUID
    source_kind: str


@dataclass(frozen=True, kw_only=True)
class TouchpointView:
    """A planned contact as pages and other domains see it."""

    id: UUID
    patient_id: UUID
    team_id: UUID
    source_kind: str
    source_id: UUID
    step: str
    occurrence: int
    anchor_version: int
    local_day: date
    local_time: str
    due_at: datetime
    not_after: datetime
    state: str
    reason: str | None
    why: Mapping[str, Any]
    text: str | None
    message_id: UUID | None
    decision_id: UUID | None


def due(uow: UnitOfWork, *, limit: int = 500) -> tuple[Due, ...]:
    """Return contacts whose time has come, oldest first: reads the due index and nothing else."""
    rows = uow.session.execute(
        select(Touchpoint.id, Touchpoint.source_kind)
        .where(Touchpoint.state.in_(("planned", "held")), Touchpoint.due_at <= uow.now)
        .order_by(Touchpoint.due_at, Touchpoint.id)
        .limit(limit)
    )
    return tuple(Due(id=row.id, source_kind=row.source_kind) for row in rows)


def next_due(uow: UnitOfWork) -> datetime | None:
    """Return when the next planned contact is due, or was; None if nothing is planned."""
    return uow.session.scalar(
        select(func.min(Touchpoint.due_at)).where(Touchpoint.state.in_(("planned", "held")))
    )


def touchpoint(uow: UnitOfWork, *, touchpoint_id: UUID) -> TouchpointView | None:
    """Return one contact, or None."""
    row = uow.session.get(Touchpoint, touchpoint_id)
    return None if row is None else _view(uow, row)


def beside(uow: UnitOfWork, *, one: TouchpointView) -> tuple[TouchpointView, ...]:
    """Return the contacts that went in the same text as this one."""
    if one.message_id is None:
        return ()
    rows = uow.session.scalars(
        select(Touchpoint)
        .where(Touchpoint.message_id == one.message_id, Touchpoint.id != one.id)
        .order_by(Touchpoint.due_at, Touchpoint.step)
    )
    return tuple(_view(uow, row) for row in rows)


def of_message(uow: UnitOfWork, *, message_id: UUID) -> TouchpointView | None:
    """Return the contact a text was sent for, or None; of several in one text the first that was due."""
    sent_for = select(Touchpoint).where(Touchpoint.message_id == message_id)
    row = uow.session.scalars(sent_for.order_by(Touchpoint.due_at, Touchpoint.id)).first()
    return None if row is None else _view(uow, row)


def planned_for(
    *, patient_id: UUID, states: Collection[str], skipped_after: datetime, limit: int = 200
) -> Question[tuple[TouchpointView, ...]]:
    """Return the question for a patient's contacts in some states, in the order of their time.

    With them those that a colleague skipped and that could still come after a moment; and what was over when
    it was planned, by its late rule skipped or sent late, after the others.
    """
    values = {"patient_id": patient_id, "states": list(states), "after": skipped_after, "limit": limit}
    return Question(_planned(), values, _views)


@cache
def _planned() -> Spelled:
    t = Touchpoint
    wanted = select(*t.__table__.c).where(
        t.patient_id == bindparam("patient_id"),
        or_(
            t.state == any_(bindparam("states", type_=ARRAY(Text))),
            and_(t.state == "skipped", t.reason == "by_staff", t.not_after > bindparam("after")),
            _over(),
        ),
    )
    is_over = func.coalesce(t.reason == ALREADY_PAST, false()) | _said(t)
    return Spelled(wanted.order_by(is_over, t.due_at, t.id).limit(bindparam("limit")))


def _over() -> ColumnElement[bool]:
    """Tell apart what was over when a program was planned: skipped and never said before, or sent late."""
    t, before = Touchpoint, aliased(Touchpoint)
    gone = exists().where(
        before.source_kind == t.source_kind,
        before.source_id == t.source_id,
        before.step == t.step,
        before.occurrence == t.occurrence,
        _said(before),
    )
    late = t.why["late"].astext == Late.NEXT_WINDOW.value
    skipped = and_(t.state == "skipped", t.reason == ALREADY_PAST, ~gone)
    sent = and_(_said(t), late, ~t.why.has_key("retimed_at"), ~t.why.has_key("task"))
    return and_(t.why.has_key("enrollment_id"), or_(skipped, sent))


def _said(row: type[Touchpoint]) -> ColumnElement[bool]:
    # Spelled one by one: IN can't be spelled among several questions.
    return or_(*(row.state == one for one in SAID))


def _views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[TouchpointView, ...]:
    return tuple(_view(uow, row) for row in rows)


def kinds_of(touchpoint_ids: Collection[UUID]) -> Question[dict[UUID, str]]:
    """Return the question what contacts are about, by id: program, activity, appointment, refill."""
    return Question(_kinds(), {"touchpoint_ids": list(touchpoint_ids)}, _by_id)


def _by_id(_: UnitOfWork, rows: Sequence[Any]) -> dict[UUID, str]:
    return {row.id: row.source_kind for row in rows}


@cache
def _kinds() -> Spelled:
    wanted = Touchpoint.id == any_(some("touchpoint_ids"))
    return Spelled(select(Touchpoint.id, Touchpoint.source_kind).where(wanted))


def for_source(uow: UnitOfWork, *, source_kind: str, source_id: UUID) -> tuple[TouchpointView, ...]:
    """Return the contacts of one enrollment, appointment, activity or supply, in the order of their time."""
    rows = uow.session.scalars(
        select(Touchpoint)
        .where(Touchpoint.source_kind == source_kind, Touchpoint.source_id == source_id)
        .order_by(Touchpoint.due_at, Touchpoint.id)
    )
    return tuple(_view(uow, row) for row in rows)


_ASKINGS = text(
    """
    SELECT t.id, CASE WHEN t.state = 'sent' AND EXISTS (
        SELECT FROM prompt p WHERE p.source_kind = t.source_kind AND p.source_id = t.id
            AND p.phone_id = m.phone_id AND p.opened_at >= t.due_at - interval '1 day'
            AND p.state IN ('open', 'superseded') AND p.expires_at > :now
    ) THEN 'asking' ELSE t.state END AS state
    FROM touchpoint t LEFT JOIN message m ON m.id = t.message_id
    WHERE t.source_kind = :source_kind AND t.source_id = :source_id AND t.state IN ('sent', 'answered')
        AND COALESCE(t.why->>'asks', '') <> ''
    ORDER BY t.due_at DESC, t.id DESC LIMIT 20
    """
)


def askings(uow: UnitOfWork, *, source_kind: str, source_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """Return a source's questions, newest first, and what came of each: answered, sent or still asking."""
    rows = uow.session.execute(_ASKINGS, {"source_kind": source_kind, "source_id": source_id, "now": uow.now})
    return tuple((row.id, row.state) for row in rows)


_FOLLOWED = text(
    """
    SELECT t.why->>'follows' FROM message m
    JOIN touchpoint t ON m.source_kind = 'touchpoint' AND t.id = m.source_id
    WHERE m.id = :message_id AND t.why ? 'follows'
    """
)


def followed_by(uow: UnitOfWork, *, message_id: UUID) -> tuple[UUID, ...]:
    """Return the answers that the questions of a text follow."""
    rows = uow.session.scalars(_FOLLOWED, {"message_id": message_id})
    return tuple(UUID(one) for one in rows)


def _view(uow: UnitOfWork, row: Any) -> TouchpointView:
    return TouchpointView(
        id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        source_kind=row.source_kind,
        source_id=row.source_id,
        step=row.step,
        occurrence=row.occurrence,
        anchor_version=row.anchor_version,
        local_day=row.local_day,
        local_time=row.local_time,
        due_at=row.due_at,
        not_after=row.not_after,
        state=row.state,
        reason=row.reason,
        why=row.why,
        text=None if row.text_enc is None else uow.vault.open("touchpoint.text", row.id, row.text_enc),
        message_id=row.message_id,
        decision_id=row.decision_id,
    )


def loads(uow: UnitOfWork) -> tuple[capacity.Load, ...]:
    """Return what each sender has before it in the next 24 hours: queued texts, and plans by the hour."""
    until = uow.now + timedelta(days=1)
    by_sender: dict[UUID, dict[datetime, int]] = {}
    for row in uow.session.execute(PLANNED, {"until": until}):
        by_sender.setdefault(row.sender_id, {})[row.hour] = row.contacts
    return tuple(
        capacity.weigh(
            label=sender.label,
            limits=allowance.Limits(
                segments_per_second=sender.segments_per_second, segments_per_day=sender.segments_per_day
            ),
            queued_segments=messaging.planned_segments(uow, sender_id=sender.id, until=until),
            used=messaging.used_today(uow, sender_id=sender.id),
            segments_each=messaging.segments_each(uow, sender_id=sender.id) or capacity.SEGMENTS_EACH,
            by_hour=by_sender.get(sender.id, {}),
        )
        for sender in staff.senders(uow)
    )
