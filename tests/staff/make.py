"""Builders of staff, through commands."""

from __future__ import annotations

from uuid import UUID

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import commands, queries

PASSWORD = "four green wheelbarrows"


def organization(uow: UnitOfWork, **changes) -> UUID:
    values = {"name": "Riverside Hospital", "short_name": "Riverside", "zone": "America/New_York"}
    return commands.create_organization(uow, **(values | changes))


def sender(uow: UnitOfWork, address: str = "+12025550100", **changes) -> UUID:
    values = {
        "label": "Main number",
        "address": address,
        "short_name": "Riverside Clinic",
        "callback_number": "+12025550199",
    }
    return commands.create_sender(uow, **(values | changes))


def team(uow: UnitOfWork, name: str = "Cardiology", sender_id: UUID | None = None, **changes) -> UUID:
    if sender_id is None:
        found = queries.sender_by_address(uow, address="+12025550100")
        sender_id = found.id if found else sender(uow)
    return commands.create_team(
        uow, **({"name": name, "sender_id": sender_id, "zone": "America/New_York"} | changes)
    )


def person(
    uow: UnitOfWork,
    email: str = "nora.nurse@riverside.example",
    name: str = "Nora Nurse",
    *,
    team_id: UUID | None = None,
    role: str = "nurse",
    password: str | None = PASSWORD,
    is_admin: bool = False,
) -> UUID:
    staff_id = commands.add_staff(uow, email=email, name=name, password=password, is_admin=is_admin)
    if team_id:
        commands.join_team(uow, staff_id=staff_id, team_id=team_id, role=role)
    return staff_id
