"""A clinic, people with phones, and requests for texts."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from outreach.consent import commands as consent
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.rules import TextRequest
from outreach.staff import commands as staff
from tests.patients import make


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """One team with one sender, fast enough not to be in a test's way."""

    team_id: UUID
    sender_id: UUID


@dataclass(frozen=True, kw_only=True)
class Someone:
    """A patient with a phone, who may be texted."""

    patient_id: UUID
    phone_id: UUID
    number: str


def clinic(
    uow: UnitOfWork,
    *,
    segments_per_second: float = 1000.0,
    segments_per_day: int = 100_000,
    address: str = "+12025550100",
) -> Clinic:
    make.organization(uow, settings=make.BASIS | {"budget": {"per_day": 99, "per_week": 99, "ceiling": 99}})
    sender_id = staff.create_sender(
        uow,
        label="main",
        address=address,
        short_name="Mercy",
        callback_number="+12025550199",
        segments_per_second=segments_per_second,
        segments_per_day=segments_per_day,
    )
    return Clinic(team_id=make.team(uow, sender_id=sender_id), sender_id=sender_id)


def someone(uow: UnitOfWork, clinic: Clinic, *, last: int = 43) -> Someone:
    number = f"+1{212 + last // 100}555{100 + last % 100:04d}"
    patient_id = make.patient(uow, team_id=clinic.team_id, zone="America/New_York", zone_source="address")
    phone_id = make.phone(uow, number=Phone(number), patient_id=patient_id)
    consent.record_basis(
        uow,
        patient_id=patient_id,
        phone_id=phone_id,
        purposes=("care", "reminders"),
        how="registration",
    )
    return Someone(patient_id=patient_id, phone_id=phone_id, number=number)


def request(clinic: Clinic, who: Someone, body: str = "How are you today?", **changes) -> TextRequest:
    source_id = changes.pop("source_id", None) or uuid4()
    kind = changes.get("kind", "program")
    values = {
        "phone_id": who.phone_id,
        "sender_id": clinic.sender_id,
        "team_id": clinic.team_id,
        "body": body,
        "author_kind": kind,
        "about_patient": who.patient_id,
        "purpose": "care",
        "kind": kind,
        "source_kind": "touchpoint" if kind == "program" else kind,
        "source_id": source_id,
        "key": f"touchpoint:{source_id}",
        "language": "en",
    }
    return TextRequest(**(values | changes))
