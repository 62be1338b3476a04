"""Who is on call, and whether a team is staffed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff.models import Holiday, Shift, Staff, TeamMembership
from outreach.staff.queries.house import team

MEMBERSHIP = and_(TeamMembership.staff_id == Shift.staff_id, TeamMembership.team_id == Shift.team_id)
WORKS_HERE = and_(Staff.disabled_at.is_(None), exists().where(MEMBERSHIP))
"""A shift of somebody who is gone, or in the team no more, staffs nothing and runs no clock."""


@dataclass(frozen=True, kw_only=True)
class OnCall:
    """Somebody on the roster at a moment."""

    staff_id: UUID
    name: str
    rank: int
    until: datetime


@dataclass(frozen=True, kw_only=True)
class ShiftView:
    """One entry of a roster."""

    id: UUID
    staff_id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    rank: int
    role: str
    """Theirs in this team."""


@dataclass(frozen=True, kw_only=True)
class HolidayView:
    """A day without office hours."""

    id: UUID
    day: date
    label: str
    of_everybody: bool


def on_call(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> tuple[OnCall, ...]:
    """Return who is on the roster at a moment, first on call first."""
    rows = uow.session.execute(
        select(Shift, Staff.name)
        .join(Staff, Staff.id == Shift.staff_id)
        .where(Shift.team_id == team_id, Shift.starts_at <= at, Shift.ends_at > at, WORKS_HERE)
        .order_by(Shift.rank, Shift.starts_at, Shift.id)
    )
    return tuple(
        OnCall(staff_id=shift.staff_id, name=name, rank=shift.rank, until=shift.ends_at)
        for shift, name in rows
    )


def shifts(uow: UnitOfWork, *, team_id: UUID, since: datetime, until: datetime) -> tuple[ShiftView, ...]:
    """Return the roster between two moments, in order."""
    rows = uow.session.execute(
        select(Shift, Staff.name, TeamMembership.role)
        .join(Staff, Staff.id == Shift.staff_id)
        .join(TeamMembership, MEMBERSHIP)
        .where(
            Shift.team_id == team_id,
            Shift.ends_at > since,
            Shift.starts_at < until,
            Staff.disabled_at.is_(None),
        )
        .order_by(Shift.starts_at, Shift.rank)
    )
    return tuple(
        ShiftView(
            id=one.id, staff_id=one.staff_id, name=name, starts_at=one.starts_at, ends_at=one.ends_at,
            rank=one.rank, role=role,
        )
        for one, name, role in rows
    )  # fmt: skip


def holidays(uow: UnitOfWork, *, team_id: UUID, since: date) -> tuple[HolidayView, ...]:
    """Return a team's days without office hours from a day on, everybody's included."""
    rows = uow.session.scalars(
        select(Holiday)
        .where(or_(Holiday.team_id == team_id, Holiday.team_id.is_(None)), Holiday.day >= since)
        .order_by(Holiday.day)
    )
    return tuple(
        HolidayView(id=one.id, day=one.day, label=one.label, of_everybody=one.team_id is None) for one in rows
    )


def has_roster(uow: UnitOfWork, *, team_id: UUID) -> bool:
    """Say whether a team has ever entered a shift."""
    return uow.session.scalars(select(Shift.id).where(Shift.team_id == team_id).limit(1)).first() is not None


def staffed(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> bool:
    """Say whether somebody is there to answer: on the roster, or, without one, in opening hours."""
    if has_roster(uow, team_id=team_id):
        return bool(on_call(uow, team_id=team_id, at=at))
    return team(uow, team_id).is_open(at)
