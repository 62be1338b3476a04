"""A small invented clinic and its people, made by the product's own commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from outreach.care import commands as care
from outreach.cli import first_start
from outreach.consent import commands as consent
from outreach.kernel import phone
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.patients import commands as patients
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import queries
from tests import kept

PASSWORD = "quiet-harbor-lantern"
ALWAYS = ({"days": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "23:59"},)


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """Who is there after the first start."""

    team_id: UUID
    sender_id: UUID
    email: str
    password: str = PASSWORD


def clinic(services: Services, *, open_always: bool = True) -> Clinic:
    """Set up the organization as `outreach init` does: once in a process, then its rows are put back."""
    shelf = kept.SHELVES.get(services.settings.database_url)
    if shelf is None:
        return _clinic(services, open_always=open_always)
    name = "clinic_always" if open_always else "clinic_of_hours"
    return shelf.once(services, name, partial(_clinic, services, open_always=open_always))


def _clinic(services: Services, *, open_always: bool) -> Clinic:
    with services.transactions.begin(actor=SYSTEM) as uow:
        first_start.set_up(
            uow,
            organization="Riverside Clinic",
            short_name="Riverside",
            zone="America/New_York",
            team="Transitions",
            sender="+12025550100",
            callback="(202) 555-0101",
            admin_email="ana@riverside.example",
            admin_name="Ana Ruiz",
            admin_password=PASSWORD,
            basis="registration",
        )
        team = queries.default_team(uow)
        if open_always:
            staff.set_hours(uow, team_id=team.id, opening_hours=ALWAYS)
    return Clinic(team_id=team.id, sender_id=team.sender_id, email="ana@riverside.example")


def person(
    uow: UnitOfWork,
    *,
    team_id: UUID,
    e164: str,
    name: str = "Maria Delgado",
    preferred: str = "Maria",
    language: str = "en",
    zone: str = "America/New_York",
) -> UUID:
    """Register somebody with a phone of their own and the basis to text them."""
    patient_id = patients.register(
        uow,
        team_id=team_id,
        name=name,
        preferred_name=preferred,
        language=language,
        zone=zone,
        zone_source="address",
    )
    phone_id = patients.phone_for(uow, phone=phone.parse(e164))
    patients.attach_phone(uow, patient_id=patient_id, phone_id=phone_id, relation="self")
    consent.record_basis(
        uow, patient_id=patient_id, phone_id=phone_id, purposes=("care", "reminders"), how="registration"
    )
    return patient_id


def discharged(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    days_ago: float = 0.0,
    source_id: str = "stay-1",
    kind: str = "inpatient",
) -> UUID:
    """Tell the record that somebody went home from a stay."""
    ended = uow.now - timedelta(days=days_ago)
    put = care.put_encounter(
        uow,
        patient_id=patient_id,
        source_system="test",
        source_id=source_id,
        kind=kind,
        status="finished",
        started_at=ended - timedelta(days=3),
        ended_at=ended,
        disposition="home",
        detail={"type": "Stay"},
    )
    return put.id
