"""People: their roles, passwords and pagers, and the glass they may break."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import commands as audit
from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries, rules
from outreach.staff.commands import passwords
from outreach.staff.commands.record import line
from outreach.staff.commands.signing import end_sessions
from outreach.staff.models import BrokenGlass, Staff, StaffPhone, TeamMembership

SHORTEST_REASON = 10


class PagerTaken(Conflict):
    """Somebody else is paged at this number already. Give each person a number of their own."""


class EmailTaken(Conflict):
    """Somebody with this address is there already."""


class WrongPassword(Invalid):
    """The present password is not right."""


class ReasonTooShort(Invalid):
    """Say in a sentence why you need to open this patient now: it goes on the record."""


def add_staff(
    uow: UnitOfWork,
    *,
    email: str,
    name: str,
    password: str | None = None,
    is_admin: bool = False,
    must_change_password: bool = False,
) -> UUID:
    """Add a person; without a password they can't sign in yet. Raise EmailTaken or a password error."""
    address = rules.normal_email(email)
    if "@" not in address:
        raise Invalid("Write the address like name@example.org.")
    if queries.staff_by_email(uow, email=address):
        raise EmailTaken
    row = Staff(
        id=uow.new_id(),
        email=address,
        name=name.strip(),
        password_hash=passwords.hashed(password, address) if password is not None else None,
        is_admin=is_admin,
        created_at=uow.machine_now,
        must_change_password=must_change_password,
    )
    uow.session.add(row)
    uow.session.flush()
    line(uow, "staff_added", "staff", row.id, {"is_admin": is_admin})
    return row.id


def join_team(uow: UnitOfWork, *, staff_id: UUID, team_id: UUID, role: str) -> None:
    """Give somebody a role in a team, in place of the one they have. Raise UnknownRole."""
    if role not in rules.TEAM_ROLES:
        raise rules.UnknownRole
    uow.session.execute(
        insert(TeamMembership)
        .values(staff_id=staff_id, team_id=team_id, role=role)
        .on_conflict_do_update(index_elements=["staff_id", "team_id"], set_={"role": role})
    )
    line(uow, "role_given", "staff", staff_id, {"role": role}, team_id=team_id)


def leave_team(uow: UnitOfWork, *, staff_id: UUID, team_id: UUID) -> None:
    """Take somebody out of a team."""
    uow.session.execute(
        delete(TeamMembership).where(TeamMembership.staff_id == staff_id, TeamMembership.team_id == team_id)
    )
    line(uow, "role_taken", "staff", staff_id, team_id=team_id)


def set_pager(uow: UnitOfWork, *, staff_id: UUID, phone: Phone) -> None:
    """Set the number a member of staff is paged at. Raise PagerTaken: whose answer would it be?"""
    taken = uow.session.scalars(
        select(StaffPhone.staff_id).where(
            StaffPhone.e164_index.in_(uow.vault.all_indexes("phone", phone.e164)),
            StaffPhone.staff_id != staff_id,
        )
    ).first()
    if taken is not None:
        raise PagerTaken
    values = {
        "e164_enc": uow.vault.seal("staff_phone.e164", staff_id, phone.e164),
        "e164_index": uow.vault.index("phone", phone.e164),
    }
    uow.session.execute(
        insert(StaffPhone)
        .values(staff_id=staff_id, **values)
        .on_conflict_do_update(index_elements=["staff_id"], set_=values)
    )
    line(uow, "pager_set", "staff", staff_id)


def remove_pager(uow: UnitOfWork, *, staff_id: UUID) -> None:
    """Page somebody no longer."""
    uow.session.execute(delete(StaffPhone).where(StaffPhone.staff_id == staff_id))
    line(uow, "pager_removed", "staff", staff_id)


def set_preferences(uow: UnitOfWork, *, staff_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change somebody's own settings (language of the pages, notifications), key by key."""
    row = uow.session.get_one(Staff, staff_id)
    row.preferences = {**row.preferences, **changes}


def set_password(uow: UnitOfWork, *, staff_id: UUID, password: str, must_change: bool = False) -> None:
    """Set a password and end every sign-in of that person. Raise a password error."""
    row = uow.session.get_one(Staff, staff_id)
    row.password_hash = passwords.hashed(password, row.email)
    row.must_change_password = must_change
    end_sessions(uow, staff_id=staff_id)
    line(uow, "password_set", "staff", staff_id)


def change_password(uow: UnitOfWork, *, staff_id: UUID, present: str, new: str) -> None:
    """Let somebody choose a new password. Raise WrongPassword or a password error."""
    row = uow.session.get_one(Staff, staff_id)
    if not passwords.matches(row.password_hash, present):
        raise WrongPassword
    if present == new:
        raise Invalid("Choose a password other than the present one.")
    set_password(uow, staff_id=staff_id, password=new)


def reset(uow: UnitOfWork, *, email: str) -> str:
    """Give somebody a temporary password that must be changed, and return it. Raise NoSuchStaff."""
    found = queries.staff_by_email(uow, email=email)
    if found is None:
        raise queries.NoSuchStaff
    temporary = "-".join(secrets.token_hex(3) for _ in range(4))
    set_password(uow, staff_id=found.id, password=temporary, must_change=True)
    return temporary


def disable(uow: UnitOfWork, *, email: str) -> UUID:
    """Keep somebody out from now on, and end their sign-ins. Raise NoSuchStaff."""
    found = queries.staff_by_email(uow, email=email)
    if found is None:
        raise queries.NoSuchStaff
    uow.session.execute(update(Staff).where(Staff.id == found.id).values(disabled_at=uow.machine_now))
    end_sessions(uow, staff_id=found.id)
    line(uow, "staff_disabled", "staff", found.id)
    return found.id


def break_glass(uow: UnitOfWork, *, staff_id: UUID, patient_id: UUID, team_id: UUID, reason: str) -> datetime:
    """Open a patient of another team for an hour, with a reason that goes on the record.

    Returns the machine time at which it ends. Raise ReasonTooShort.
    """
    words = reason.strip()
    if len(words) < SHORTEST_REASON:
        raise ReasonTooShort
    row_id = uow.new_id()
    until = uow.machine_now + rules.GLASS
    uow.session.execute(
        insert(BrokenGlass).values(
            id=row_id,
            staff_id=staff_id,
            patient_id=patient_id,
            team_id=team_id,
            reason_enc=uow.vault.seal("broken_glass.reason", row_id, words),
            at=uow.machine_now,
            until=until,
        )
    )
    audit.record(
        uow,
        action="glass_broken",
        subject_kind="patient",
        subject_id=patient_id,
        patient_id=patient_id,
        team_id=team_id,
        detail={"reason": words},
    )
    return until
