"""A house with one patient, one phone and one sender, and short ways to ask about them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from outreach.consent import commands, queries
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from tests.patients import make


@dataclass
class House:
    uow: UnitOfWork
    sender_id: UUID
    team_id: UUID
    patient_id: UUID
    phone_id: UUID
    staff_id: UUID
    made: int = 0

    def standing(self, **asked) -> queries.Standing:
        known = {"phone_id": self.phone_id, "sender_id": self.sender_id, "patient_id": self.patient_id}
        return queries.standing(self.uow, **{**known, "purpose": "care", **asked})

    def register(self, **told) -> None:
        known = {"patient_id": self.patient_id, "phone_id": self.phone_id}
        commands.record_basis(
            self.uow, **{**known, "purposes": ["care", "reminders"], "how": "registration", **told}
        )

    def kinds(self) -> list[str]:
        return [line.kind for line in queries.ledger(self.uow, phone_id=self.phone_id)]

    def another_sender(self) -> UUID:
        self.made += 1
        return make.sender(self.uow, address=f"+120255501{self.made:02}")

    def another_phone(self, **link) -> UUID:
        self.made += 1
        number = Phone(f"+120255501{50 + self.made}")
        return make.phone(self.uow, number=number, **{"patient_id": self.patient_id, **link})

    def another_patient(self, *, phone_id: UUID | None = None) -> UUID:
        """Somebody else with a basis of their own, on this phone if one is named."""
        from outreach.patients import commands as patients

        patient_id = make.patient(self.uow, team_id=self.team_id, name="Jo Sample")
        if phone_id is not None:
            patients.attach_phone(self.uow, patient_id=patient_id, phone_id=phone_id, relation="self")
        self.register(patient_id=patient_id, phone_id=phone_id or self.phone_id)
        return patient_id


def house(uow: UnitOfWork, *, settings: dict | None = None, basis: bool = True) -> House:
    make.organization(uow, settings=settings)
    sender_id = make.sender(uow)
    team_id = make.team(uow, sender_id=sender_id)
    patient_id = make.patient(uow, team_id=team_id)
    built = House(
        uow=uow,
        sender_id=sender_id,
        team_id=team_id,
        patient_id=patient_id,
        phone_id=make.phone(uow, patient_id=patient_id),
        staff_id=make.member_of_staff(uow),
    )
    if basis:
        built.register()
    return built
