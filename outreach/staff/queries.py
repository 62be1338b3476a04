"""Questions about the organization, its teams, senders and people."""

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
    ApiToken,
    BrokenGlass,
    CareTeam,
    Holiday,
    LoginSession,
    Organization,
    Sender,
    Shift,
    Staff,
    TeamMembership,
)


class NoOrganization(NotFound):
    """Nothing is set up yet. Run `outreach init`."""


class NoSuchTeam(NotFound):
    """There is no such care team."""


class NoSuchSender(NotFound):
    """There is no such sender."""


class NoSuchStaff(NotFound):
    """There is no such member of staff."""


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

    def is_open(self, at: datetime) -> bool:
        """Say whether the team keeps office hours at a moment."""
        return rules.is_open(self.opening_hours, zone=self.zone, holidays=self.holidays, at=at)


@dataclass(frozen=True, kw_only=True)
class StaffView:
    """A member of staff and their teams."""

    id: UUID
    name: str
    email: str
    is_admin: bool
    teams: Mapping[UUID, str]
    disabled_at: datetime | None
    must_change_password: bool


@dataclass(frozen=True, kw_only=True)
class ApiTokenView:
    """A bearer token of the JSON API: what it is for and what it may do."""

    id: UUID
    label: str
    scopes: frozenset[str]


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


def staff(uow: UnitOfWork, staff_id: UUID) -> StaffView:
    """Return a member of staff. Raise NoSuchStaff."""
    row = uow.session.get(Staff, staff_id)
    if row is None:
        raise NoSuchStaff
    return _staff_views(uow, [row])[0]


def staff_by_email(uow: UnitOfWork, *, email: str) -> StaffView | None:
    """Return the member of staff with this address, or None."""
    row = uow.session.scalars(select(Staff).where(Staff.email == rules.normal_email(email))).first()
    return _staff_views(uow, [row])[0] if row else None


def all_staff(uow: UnitOfWork) -> tuple[StaffView, ...]:
    """Return everybody by name, disabled people last."""
    rows = uow.session.scalars(select(Staff).order_by(Staff.disabled_at.isnot(None), Staff.name)).all()
    return _staff_views(uow, rows)


def members(uow: UnitOfWork, *, team_ids: Collection[UUID]) -> tuple[StaffView, ...]:
    """Return the people of some teams who can sign in, by name."""
    rows = uow.session.scalars(
        select(Staff)
        .join(TeamMembership, TeamMembership.staff_id == Staff.id)
        .where(TeamMembership.team_id.in_(list(team_ids)), Staff.disabled_at.is_(None))
        .distinct()
        .order_by(Staff.name)
    ).all()
    return _staff_views(uow, rows)


def names(uow: UnitOfWork, *, staff_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return names by id, for bubbles, owners and lines of the record."""
    if not staff_ids:
        return {}
    rows = uow.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(list(staff_ids))))
    return {row.id: row.name for row in rows}


def session(uow: UnitOfWork, *, token: str) -> rules.SignedIn | None:
    """Return who is signed in with a token, or None: unknown, ended, idle for too long, or disabled."""
    digest = uow.vault.index("digest", token)
    row = uow.session.execute(
        select(LoginSession, Staff)
        .join(Staff, Staff.id == LoginSession.staff_id)
        .where(
            LoginSession.token_digest == digest, LoginSession.ended_at.is_(None), Staff.disabled_at.is_(None)
        )
    ).first()
    if row is None:
        return None
    entry, person = row
    ends_at = rules.session_ends_at(created_at=entry.created_at, seen_at=entry.seen_at)
    if ends_at <= uow.machine_now:
        return None
    return rules.SignedIn(
        staff_id=person.id,
        name=person.name,
        email=person.email,
        teams=_memberships(uow, [person.id]).get(person.id, {}),
        is_admin=person.is_admin,
        must_change_password=person.must_change_password,
        ends_at=ends_at,
        preferences=person.preferences,
    )


def api_token(uow: UnitOfWork, *, token: str) -> ApiTokenView | None:
    """Return what a bearer token may do; None if it is unknown or was revoked."""
    row = uow.session.scalars(
        select(ApiToken).where(
            ApiToken.token_digest == uow.vault.index("digest", token), ApiToken.revoked_at.is_(None)
        )
    ).first()
    if row is None:
        return None
    return ApiTokenView(id=row.id, label=row.label, scopes=frozenset(row.scopes))


def broken_glass(uow: UnitOfWork, *, staff_id: UUID, patient_id: UUID) -> UUID | None:
    """Return the other team whose patient somebody has opened in an emergency, while that lasts."""
    return uow.session.scalars(
        select(BrokenGlass.team_id).where(
            BrokenGlass.staff_id == staff_id,
            BrokenGlass.patient_id == patient_id,
            BrokenGlass.until > uow.machine_now,
        )
    ).first()


def on_call(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> tuple[OnCall, ...]:
    """Return who is on the roster at a moment, first on call first."""
    rows = uow.session.execute(
        select(Shift, Staff.name)
        .join(Staff, Staff.id == Shift.staff_id)
        .where(
            Shift.team_id == team_id, Shift.starts_at <= at, Shift.ends_at > at, Staff.disabled_at.is_(None)
        )
        .order_by(Shift.rank, Shift.starts_at, Shift.id)
    )
    return tuple(
        OnCall(staff_id=shift.staff_id, name=name, rank=shift.rank, until=shift.ends_at)
        for shift, name in rows
    )


def shifts(uow: UnitOfWork, *, team_id: UUID, since: datetime, until: datetime) -> tuple[ShiftView, ...]:
    """Return the roster between two moments, in order."""
    rows = uow.session.execute(
        select(Shift, Staff.name)
        .join(Staff, Staff.id == Shift.staff_id)
        .where(Shift.team_id == team_id, Shift.ends_at > since, Shift.starts_at < until)
        .order_by(Shift.starts_at, Shift.rank)
    )
    return tuple(
        ShiftView(
            id=one.id, staff_id=one.staff_id, name=name, starts_at=one.starts_at, ends_at=one.ends_at,
            rank=one.rank,
        )
        for one, name in rows
    )  # fmt: skip


def has_roster(uow: UnitOfWork, *, team_id: UUID) -> bool:
    """Say whether a team has ever entered a shift."""
    return uow.session.scalars(select(Shift.id).where(Shift.team_id == team_id).limit(1)).first() is not None


def staffed(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> bool:
    """Say whether somebody is there to answer: on the roster, or, without one, in opening hours."""
    if has_roster(uow, team_id=team_id):
        return bool(on_call(uow, team_id=team_id, at=at))
    return team(uow, team_id).is_open(at)


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


def _memberships(uow: UnitOfWork, staff_ids: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    rows = uow.session.scalars(select(TeamMembership).where(TeamMembership.staff_id.in_(list(staff_ids))))
    found: dict[UUID, dict[UUID, str]] = {}
    for row in rows:
        found.setdefault(row.staff_id, {})[row.team_id] = row.role
    return found


def _staff_views(uow: UnitOfWork, rows: Sequence[Staff]) -> tuple[StaffView, ...]:
    of = _memberships(uow, [row.id for row in rows])
    return tuple(
        StaffView(
            id=row.id,
            name=row.name,
            email=row.email,
            is_admin=row.is_admin,
            teams=of.get(row.id, {}),
            disabled_at=row.disabled_at,
            must_change_password=row.must_change_password,
        )
        for row in rows
    )
