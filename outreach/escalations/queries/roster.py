"""When a team is staffed, who stands on a rung of the ladder, and at which pager."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from outreach.escalations.models import Escalation, Page
from outreach.escalations.rules import Hours
from outreach.escalations.rules.clocks import LOOK_AHEAD_DAYS, next_staffed
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message
from outreach.staff import queries as staff
from outreach.staff.models import StaffPhone
from outreach.staff.rules import ROLES, may, stands_in


@dataclass(frozen=True, kw_only=True)
class Paged:
    """Somebody on a rung; without a pager they are passed over, visibly."""

    staff_id: UUID
    pager: Phone | None
    may_act: bool
    """Whether they may take what they are paged about; an operator can only pass it on."""


def staffed(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> bool:
    """Say whether somebody is there to answer. Until a team has entered shifts its opening hours count."""
    return staff.staffed(uow, team_id=team_id, at=at)


def staffed_from(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> datetime | None:
    """Return when somebody comes, for a moment at which nobody is there; None if the roster names nobody."""
    comes = next_staffed(hours(uow, team_id=team_id, since=at), at=at)
    return comes if comes > at else None


def hours(uow: UnitOfWork, *, team_id: UUID, since: datetime) -> Hours:
    """Return when a team works, from `since` on, for clocks."""
    team = staff.team(uow, team_id)
    shifts = None
    if staff.has_roster(uow, team_id=team_id):
        until = since + timedelta(days=LOOK_AHEAD_DAYS)
        entered = staff.shifts(uow, team_id=team_id, since=since, until=until)
        shifts = tuple((one.starts_at, one.ends_at) for one in entered)
    return Hours(zone=team.zone, opening=team.opening_hours, holidays=team.holidays, shifts=shifts)


def hours_by_role(uow: UnitOfWork, *, team_id: UUID, since: datetime) -> dict[str, Hours]:
    """Return when somebody of a team is there who may do what a role may, by role.

    A role that nobody has, or may stand in for, is left out. Without a roster all come in opening hours.
    """
    team, until = staff.team(uow, team_id), since + timedelta(days=LOOK_AHEAD_DAYS)
    rostered = staff.has_roster(uow, team_id=team_id)
    entered = staff.shifts(uow, team_id=team_id, since=since, until=until) if rostered else ()
    return {
        role: Hours(
            zone=team.zone,
            opening=team.opening_hours,
            holidays=team.holidays,
            shifts=_shifts_of(role, entered) if rostered else None,
        )
        for role in roles_of(uow, team_id=team_id)
    }


def roles_of(uow: UnitOfWork, *, team_id: UUID) -> frozenset[str]:
    """Return the roles somebody of a team has or may stand in for."""
    theirs = {one.teams[team_id] for one in staff.members(uow, team_ids=[team_id])}
    return frozenset(role for role in ROLES if any(stands_in(one, wanted=role) for one in theirs))


def _shifts_of(role: str, entered: Iterable[staff.ShiftView]) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((one.starts_at, one.ends_at) for one in entered if stands_in(one.role, wanted=role))


def people_at(uow: UnitOfWork, *, who: str, team_id: UUID, at: datetime) -> tuple[Paged, ...]:
    """Return who stands on a rung (on_call, backup, everyone, operator) at a moment."""
    ids = _ids_at(uow, who, team_id, at)
    known = pagers(uow, staff_ids=ids)
    acting = acting_in(uow, team_id=team_id)
    return tuple(Paged(staff_id=one, pager=known.get(one), may_act=one in acting) for one in ids)


def acting_in(uow: UnitOfWork, *, team_id: UUID) -> frozenset[UUID]:
    """Return who may take and resolve a team's escalations: members whose role has the right."""
    return frozenset(
        one.id for one in staff.members(uow, team_ids=[team_id]) if may(one.teams[team_id], "escalate")
    )


def pagers(uow: UnitOfWork, *, staff_ids: Collection[UUID]) -> dict[UUID, Phone]:
    """Return the numbers at which colleagues are paged; who has none is not in it."""
    rows = uow.session.execute(
        select(StaffPhone.staff_id, StaffPhone.e164_enc).where(StaffPhone.staff_id.in_(list(staff_ids)))
    )
    return {
        row.staff_id: Phone(uow.vault.open("staff_phone.e164", row.staff_id, row.e164_enc)) for row in rows
    }


def can_page(uow: UnitOfWork, *, team_id: UUID, at: datetime) -> bool:
    """Say whether anybody of a team has a pager now, and there is a number to page from."""
    if staff.pages_from(uow, team_id=team_id) is None:
        return False
    return any(
        person.pager is not None and person.may_act
        for who in ("on_call", "backup", "everyone")
        for person in people_at(uow, who=who, team_id=team_id, at=at)
    )


def _ids_at(uow: UnitOfWork, who: str, team_id: UUID, at: datetime) -> list[UUID]:
    if who == "on_call":
        return [one.staff_id for one in staff.on_call(uow, team_id=team_id, at=at) if one.rank == 1]
    if who == "backup":
        return [one.staff_id for one in staff.on_call(uow, team_id=team_id, at=at) if one.rank > 1]
    if who == "everyone":
        acting = acting_in(uow, team_id=team_id)
        return [one.id for one in staff.members(uow, team_ids=[team_id]) if one.id in acting]
    return [one.id for one in staff.all_staff(uow) if one.is_admin and one.disabled_at is None]


def pager_owner(uow: UnitOfWork, *, phone: Phone, paged_from: UUID | None = None) -> UUID | None:
    """Return whose pager a number is; with `paged_from`, only if a page from that sender waits for them."""
    indexes = uow.vault.all_indexes("phone", phone.e164)
    wanted = select(StaffPhone.staff_id).where(StaffPhone.e164_index.in_(indexes))
    if paged_from is not None:
        waiting = (
            select(Page.id)
            .join(Escalation, Escalation.id == Page.escalation_id)
            .join(Message, Message.id == Page.message_id)
            .where(
                Page.staff_id == StaffPhone.staff_id,
                Page.acknowledged_at.is_(None),
                Escalation.state == "raised",
                Message.sender_id == paged_from,
            )
        )
        wanted = wanted.where(waiting.exists())
    return uow.session.scalars(wanted).one_or_none()
