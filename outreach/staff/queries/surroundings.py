"""What the head of every page says: our own zone, who is on now, the teams of whoever looks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, any_, bindparam, select

from outreach.kernel.asking import Question, Spelled, ask, some
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff.models import Organization, Shift, Staff
from outreach.staff.queries.house import NoOrganization, TeamView, teams_among


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Our own zone, the names of who is on the roster now, first on call first, and the teams."""

    zone: str
    on: tuple[str, ...]
    teams: tuple[TeamView, ...]


def surroundings(uow: UnitOfWork, *, team_ids: Collection[UUID], at: datetime) -> Surroundings:
    """Return what the head of a page says, in one statement. Raise NoOrganization before set-up."""
    zone = Question(_zone(), {}, _only)
    on = Question(_on(), {"team_ids": list(team_ids), "at": at}, _names)
    teams = teams_among(team_ids)
    found = ask(uow, zone, on, teams)
    return Surroundings(zone=found[zone], on=found[on], teams=found[teams])


def _only(_: UnitOfWork, rows: Sequence[Any]) -> str:
    if not rows:
        raise NoOrganization
    return str(rows[0].zone)


def _names(_: UnitOfWork, rows: Sequence[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(row.name) for row in rows))


@cache
def _zone() -> Spelled:
    return Spelled(select(Organization.zone).limit(1))


@cache
def _on() -> Spelled:
    at: BindParameter[datetime] = bindparam("at")
    return Spelled(
        select(Staff.name)
        .select_from(Shift)
        .join(Staff, Staff.id == Shift.staff_id)
        .where(
            Shift.team_id == any_(some("team_ids")),
            Shift.starts_at <= at,
            Shift.ends_at > at,
            Staff.disabled_at.is_(None),
        )
        .order_by(Shift.rank, Shift.starts_at, Shift.id)
    )
