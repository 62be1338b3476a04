"""Members of staff, their sign-ins and tokens."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, select

from outreach.kernel.asking import Question, Spelled, answer, some
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import rules
from outreach.staff.models import (
    ApiToken,
    BrokenGlass,
    LoginSession,
    Staff,
    TeamMembership,
)

ROLES = (
    select(func.jsonb_object_agg(TeamMembership.team_id, TeamMembership.role))
    .where(TeamMembership.staff_id == Staff.id)
    .correlate(Staff)
    .scalar_subquery()
    .label("roles")
)
"""A person's roles by team, beside their row: no statement of its own."""


class NoSuchStaff(NotFound):
    """There is no such member of staff."""


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
    return answer(uow, members_of(team_ids))


def members_of(team_ids: Collection[UUID]) -> Question[tuple[StaffView, ...]]:
    """Return the question for the people of some teams who can sign in, by name."""
    return Question(_members(), {"team_ids": list(team_ids)}, _member_views)


@cache
def _members() -> Spelled:
    theirs = select(TeamMembership.staff_id).where(TeamMembership.team_id == any_(some("team_ids")))
    return Spelled(
        select(
            Staff.id, Staff.name, Staff.email, Staff.is_admin, Staff.disabled_at, Staff.must_change_password,
            ROLES,
        )
        .where(Staff.id.in_(theirs), Staff.disabled_at.is_(None))
        .order_by(Staff.name, Staff.id)
    )  # fmt: skip


def _member_views(_: UnitOfWork, rows: Sequence[Any]) -> tuple[StaffView, ...]:
    return tuple(_staff_view(row, _roles(row.roles)) for row in rows)


def names(uow: UnitOfWork, *, staff_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return names by id, for bubbles, owners and lines of the record."""
    if not staff_ids:
        return {}
    rows = uow.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(list(staff_ids))))
    return {row.id: row.name for row in rows}


def language(uow: UnitOfWork, *, staff_id: UUID) -> str:
    """Return the language somebody has chosen to read in, English if they have not."""
    chosen = uow.session.execute(select(Staff.preferences).where(Staff.id == staff_id)).scalar_one_or_none()
    return str((chosen or {}).get("language") or "en")


def session(uow: UnitOfWork, *, token: str) -> rules.SignedIn | None:
    """Return who is signed in with a token, or None: unknown, ended, idle for too long, or disabled."""
    digest = uow.vault.index("digest", token)
    row = uow.session.execute(
        select(LoginSession, Staff, ROLES)
        .join(Staff, Staff.id == LoginSession.staff_id)
        .where(
            LoginSession.token_digest == digest, LoginSession.ended_at.is_(None), Staff.disabled_at.is_(None)
        )
    ).first()
    if row is None:
        return None
    entry, person = row.LoginSession, row.Staff
    ends_at = rules.session_ends_at(created_at=entry.created_at, seen_at=entry.seen_at)
    if ends_at <= uow.machine_now:
        return None
    return rules.SignedIn(
        staff_id=person.id,
        name=person.name,
        email=person.email,
        teams=_roles(row.roles),
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
    return _token_view(row)


def api_tokens(uow: UnitOfWork) -> tuple[ApiTokenView, ...]:
    """Return the bearer tokens in force, oldest first."""
    rows = select(ApiToken).where(ApiToken.revoked_at.is_(None)).order_by(ApiToken.created_at, ApiToken.id)
    return tuple(_token_view(row) for row in uow.session.scalars(rows))


def _token_view(row: ApiToken) -> ApiTokenView:
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


def _memberships(uow: UnitOfWork, staff_ids: Collection[UUID]) -> dict[UUID, dict[UUID, str]]:
    rows = uow.session.scalars(select(TeamMembership).where(TeamMembership.staff_id.in_(list(staff_ids))))
    found: dict[UUID, dict[UUID, str]] = {}
    for row in rows:
        found.setdefault(row.staff_id, {})[row.team_id] = row.role
    return found


def _staff_views(uow: UnitOfWork, rows: Sequence[Staff]) -> tuple[StaffView, ...]:
    of = _memberships(uow, [row.id for row in rows])
    return tuple(_staff_view(row, of.get(row.id, {})) for row in rows)


def _staff_view(row: Any, teams: dict[UUID, str]) -> StaffView:
    return StaffView(
        id=row.id,
        name=row.name,
        email=row.email,
        is_admin=row.is_admin,
        teams=teams,
        disabled_at=row.disabled_at,
        must_change_password=row.must_change_password,
    )


def _roles(found: dict[str, str] | None) -> dict[UUID, str]:
    return {UUID(team_id): role for team_id, role in (found or {}).items()}
