"""People for tests, made the way the product makes them. Sample people and 555-01xx numbers only."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import insert

from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands
from outreach.staff import models as staff

NUMBER = Phone("+12025550143")
OTHER_NUMBER = Phone("+12025550144")
BASIS = {"basis": {"care": "registration", "reminders": "registration"}}


def organization(uow: UnitOfWork, *, settings: dict | None = None) -> UUID:
    """The deployment's organization; with a basis for both purposes unless told otherwise."""
    row_id = uow.new_id()
    uow.session.execute(
        insert(staff.Organization).values(
            id=row_id,
            name="Mercy Hospital",
            short_name="Mercy",
            zone="America/New_York",
            settings=BASIS if settings is None else settings,
        )
    )
    return row_id


def sender(uow: UnitOfWork, *, address: str = "+12025550100") -> UUID:
    row_id = uow.new_id()
    uow.session.execute(
        insert(staff.Sender).values(
            id=row_id, label="main", address=address, short_name="Mercy", callback_number="+12025550199"
        )
    )
    return row_id


def team(uow: UnitOfWork, *, sender_id: UUID | None = None, name: str = "Heart") -> UUID:
    row_id = uow.new_id()
    uow.session.execute(
        insert(staff.CareTeam).values(
            id=row_id,
            name=name,
            sender_id=sender_id or sender(uow),
            zone="America/New_York",
        )
    )
    return row_id


def member_of_staff(uow: UnitOfWork, *, email: str = "ann@example.org") -> UUID:
    row_id = uow.new_id()
    uow.session.execute(
        insert(staff.Staff).values(id=row_id, email=email, name="Ann Example", created_at=uow.now)
    )
    return row_id


def patient(uow: UnitOfWork, *, team_id: UUID, name: str = "Maria Sample", **more) -> UUID:
    return commands.register(uow, team_id=team_id, name=name, **more)


def phone(uow: UnitOfWork, *, number: Phone = NUMBER, patient_id: UUID | None = None, **link) -> UUID:
    """A phone, linked to a patient as their own unless `relation` says otherwise."""
    phone_id = commands.phone_for(uow, phone=number)
    if patient_id is not None:
        commands.attach_phone(uow, patient_id=patient_id, phone_id=phone_id, **{"relation": "self", **link})
    return phone_id
