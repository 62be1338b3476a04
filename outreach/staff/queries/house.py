"""The organization, its care teams and senders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import rules
from outreach.staff.models import (
    CareTeam,
    Holiday,
    Organization,
    Sender,
)


class NoOrganization(NotFound):
    """Nothing is set up yet. Run `outreach init`."""


class NoSuchTeam(NotFound):
    """There is no such care team."""


class NoSuchSender(NotFound):
    """There is no such sender."""


@dataclass(frozen=True, kw_only=True)
class OrganizationView:
    """The covered entity."""

    id: UUID
    name: str
    short_name: str
    zone: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class SenderView:
    """A number or Messaging Service of ours."""

    id: UUID
    label: str
    address: str
    short_name: str
    callback_number: str
    segments_per_second: float
    segments_per_day: int
    kind: str
    stopped_at: datetime | None
    stopped_reason: str | None


@dataclass(frozen=True, kw_only=True)
class TeamView:
    """A care team with what its sender calls itself. Names and numbers are ours, not patients'."""

    id: UUID
    name: str
    sender_id: UUID
    sender_address: str
    short_name: str
    callback_number: str
    zone: str
    opening_hours: Sequence[Mapping[str, Any]]
    holidays: frozenset[date]
    answer_target_minutes: int
    emergency_text_number: str
    is_default: bool
    after_hours: Mapping[str, Any]
    """Whether texts are answered while nobody is there ("on"), and our own words for it by language."""
    routes: Mapping[str, UUID]
    """Kind of a task or topic -> the team whose work it is."""

    @property
    def answers_after_hours(self) -> bool:
        """Whether a text that waits for a person gets an answer while nobody is there. It does by default."""
        return bool(self.after_hours.get("on", True))

    def is_open(self, at: datetime) -> bool:
        """Say whether the team keeps office hours at a moment."""
        return rules.is_open(self.opening_hours, zone=self.zone, holidays=self.holidays, at=at)


def organization(uow: UnitOfWork) -> OrganizationView:
    """Return the organization. Raise NoOrganization before `outreach init`."""
    row = uow.session.scalars(select(Organization).limit(1)).first()
    if row is None:
        raise NoOrganization
    return OrganizationView(
        id=row.id, name=row.name, short_name=row.short_name, zone=row.zone, settings=row.settings
    )


def team(uow: UnitOfWork, team_id: UUID) -> TeamView:
    """Return a care team. Raise NoSuchTeam."""
    found = _teams(uow, [team_id])
    if not found:
        raise NoSuchTeam
    return found[0]


def teams(uow: UnitOfWork, team_ids: Collection[UUID] | None = None) -> tuple[TeamView, ...]:
    """Return care teams by name; all of them without `team_ids`."""
    return _teams(uow, team_ids)


def routed(uow: UnitOfWork, *, team_id: UUID, topic: str) -> UUID:
    """Return whose work a kind of task or a topic is: the team it was routed to, else the team itself."""
    found = uow.session.scalars(
        select(CareTeam.routes[topic].astext).where(CareTeam.id == team_id)
    ).one_or_none()
    return UUID(found) if found else team_id


def default_team(uow: UnitOfWork) -> TeamView:
    """Return the team that unknown senders and unassigned imports go to. Raise NoSuchTeam without any."""
    found = sorted(_teams(uow, None), key=lambda one: (not one.is_default, one.name))
    if not found:
        raise NoSuchTeam
    return found[0]


def sender(uow: UnitOfWork, sender_id: UUID) -> SenderView:
    """Return a sender. Raise NoSuchSender."""
    row = uow.session.get(Sender, sender_id)
    if row is None:
        raise NoSuchSender
    return _sender_view(row)


def senders(uow: UnitOfWork) -> tuple[SenderView, ...]:
    """Return all senders by label."""
    return tuple(_sender_view(row) for row in uow.session.scalars(select(Sender).order_by(Sender.label)))


def sender_by_address(uow: UnitOfWork, *, address: str) -> SenderView | None:
    """Return the sender with this number or Messaging Service sid, or None."""
    row = uow.session.scalars(select(Sender).where(Sender.address == address)).first()
    return _sender_view(row) if row else None


def teams_of_sender(uow: UnitOfWork, sender_id: UUID) -> tuple[UUID, ...]:
    """Return the teams that text from a sender, the default team first."""
    rows = uow.session.execute(
        select(CareTeam.id)
        .where(CareTeam.sender_id == sender_id)
        .order_by(CareTeam.is_default.desc(), CareTeam.name)
    )
    return tuple(row.id for row in rows)


def _teams(uow: UnitOfWork, team_ids: Collection[UUID] | None) -> tuple[TeamView, ...]:
    statement = select(CareTeam, Sender).join(Sender, Sender.id == CareTeam.sender_id).order_by(CareTeam.name)
    if team_ids is not None:
        statement = statement.where(CareTeam.id.in_(list(team_ids)))
    rows = uow.session.execute(statement).all()
    days = uow.session.execute(select(Holiday.team_id, Holiday.day)).all() if rows else []
    return tuple(
        _team_view(one, from_, frozenset(day.day for day in days if day.team_id in (None, one.id)))
        for one, from_ in rows
    )


def _team_view(one: CareTeam, from_: Sender, holidays: frozenset[date]) -> TeamView:
    return TeamView(
        id=one.id,
        name=one.name,
        sender_id=from_.id,
        sender_address=from_.address,
        short_name=from_.short_name,
        callback_number=from_.callback_number,
        zone=one.zone,
        opening_hours=tuple(one.opening_hours),
        holidays=holidays,
        answer_target_minutes=one.answer_target_minutes,
        emergency_text_number=one.emergency_text_number,
        is_default=one.is_default,
        after_hours=one.after_hours,
        routes={key: UUID(found) for key, found in one.routes.items()},
    )


def _sender_view(row: Sender) -> SenderView:
    return SenderView(
        id=row.id,
        label=row.label,
        address=row.address,
        short_name=row.short_name,
        callback_number=row.callback_number,
        segments_per_second=row.segments_per_second,
        segments_per_day=row.segments_per_day,
        kind=row.kind,
        stopped_at=row.stopped_at,
        stopped_reason=row.stopped_reason,
    )
