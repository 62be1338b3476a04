"""The organization, its care teams and senders."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, any_, func, or_, select

from outreach.kernel.asking import Question, Spelled, answer, some
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


def pages_from(uow: UnitOfWork, *, team_id: UUID, besides: UUID | None = None) -> SenderView | None:
    """Return the sender that pages a team's people: one for pages, else the team's own, else any that runs.

    A stopped sender, and one that is in trouble itself (`besides`), pages nobody; None if no other runs.
    """
    own = uow.session.scalar(select(CareTeam.sender_id).where(CareTeam.id == team_id))
    running = [one for one in senders(uow) if one.stopped_at is None and one.id != besides]
    # Pages hold nothing of a patient, and a page from the patients' number beats no page at all.
    return min(running, key=lambda one: (one.kind != "pages", one.id != own), default=None)


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


def teams_among(team_ids: Collection[UUID] | None) -> Question[tuple[TeamView, ...]]:
    """Return the question for care teams by name; for all of them without `team_ids`."""
    if team_ids is None:
        return Question(_spelled(everybody=True), {}, _team_views)
    return Question(_spelled(everybody=False), {"team_ids": list(team_ids)}, _team_views)


def _teams(uow: UnitOfWork, team_ids: Collection[UUID] | None) -> tuple[TeamView, ...]:
    return answer(uow, teams_among(team_ids))


@cache
def _spelled(*, everybody: bool) -> Spelled:
    holidays = (
        select(func.array_agg(Holiday.day, type_=ARRAY(Date)))
        .where(or_(Holiday.team_id.is_(None), Holiday.team_id == CareTeam.id))
        .correlate(CareTeam)
        .scalar_subquery()
        .label("holidays")
    )
    wanted = select(
        CareTeam.id, CareTeam.name, CareTeam.sender_id, CareTeam.zone, CareTeam.opening_hours,
        CareTeam.answer_target_minutes, CareTeam.emergency_text_number, CareTeam.is_default,
        CareTeam.after_hours, CareTeam.routes, Sender.address, Sender.short_name, Sender.callback_number,
        holidays,
    ).join(Sender, Sender.id == CareTeam.sender_id)  # fmt: skip
    if not everybody:
        wanted = wanted.where(CareTeam.id == any_(some("team_ids")))
    return Spelled(wanted.order_by(CareTeam.name))


def _team_views(_: UnitOfWork, rows: Sequence[Any]) -> tuple[TeamView, ...]:
    return tuple(
        TeamView(
            id=row.id,
            name=row.name,
            sender_id=row.sender_id,
            sender_address=row.address,
            short_name=row.short_name,
            callback_number=row.callback_number,
            zone=row.zone,
            opening_hours=tuple(row.opening_hours),
            holidays=frozenset(row.holidays or ()),
            answer_target_minutes=row.answer_target_minutes,
            emergency_text_number=row.emergency_text_number,
            is_default=row.is_default,
            after_hours=row.after_hours,
            routes={key: UUID(found) for key, found in row.routes.items()},
        )
        for row in rows
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
