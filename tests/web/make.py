"""A clinic with a morning behind it: people, texts in and out, an escalation, notes. Made by commands."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.care import commands as care
from outreach.conversations import commands as conversations
from outreach.inbound import commands as inbound
from outreach.kernel import phone
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import PATIENT, SYSTEM, Actor
from outreach.messaging import commands as messaging
from outreach.messaging.rules import TextRequest
from outreach.patients import commands as patients
from outreach.services import Services
from outreach.staff import commands as staff
from tests import world

NURSE = "nora.hart@riverside.example"
OTHER_NURSE = "sam.keller@riverside.example"
OURS = "+12025550100"
PASSWORD = world.PASSWORD
TEN = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)
SETTINGS = {
    "basis": {"care": "registration", "reminders": "registration"},
    "budget": {"per_day": 99, "per_week": 99, "ceiling": 99},
}


@dataclass
class Morning:
    """The clinic's verbs; each opens its own transaction, and the clock moves on with them."""

    services: Services
    clock: FrozenClock
    team_id: UUID = field(init=False)
    sender_id: UUID = field(init=False)
    nurse_id: UUID = field(init=False)
    sam_id: UUID = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        with self.begin() as uow:
            staff.create_organization(
                uow, name="Riverside Clinic", short_name="Riverside", zone="America/New_York",
                settings=SETTINGS,
            )  # fmt: skip
            self.sender_id = staff.create_sender(
                uow, label="Main number", address=OURS, short_name="Riverside",
                callback_number="+12025550101",
            )  # fmt: skip
            self.team_id = staff.create_team(
                uow, name="Transitions", sender_id=self.sender_id, zone="America/New_York",
                opening_hours=world.ALWAYS, is_default=True,
            )  # fmt: skip
            self.nurse_id = self._colleague(uow, NURSE, "Nora Hart", "lead")
            self.sam_id = self._colleague(uow, OTHER_NURSE, "Sam Keller", "nurse")
            staff.add_shift(
                uow, team_id=self.team_id, staff_id=self.nurse_id,
                starts_at=uow.now - timedelta(days=9), ends_at=uow.now + timedelta(days=30),
            )  # fmt: skip
            staff.add_shift(
                uow, team_id=self.team_id, staff_id=self.sam_id, rank=2,
                starts_at=uow.now - timedelta(days=9), ends_at=uow.now + timedelta(days=30),
            )  # fmt: skip

    def again(self, services: Services, clock: FrozenClock) -> Morning:
        """Return the verbs of the same clinic for another test, which has its rows."""
        other = copy.copy(self)
        other.services, other.clock = services, clock
        return other

    def begin(self, actor: Actor = SYSTEM) -> Any:
        return self.services.transactions.begin(actor=actor)

    def person(self, last: int, name: str, **more: Any) -> UUID:
        with self.begin() as uow:
            return world.person(
                uow, team_id=self.team_id, e164=self.e164(last), name=name,
                **{"preferred": name.split()[0]} | more,
            )  # fmt: skip

    def e164(self, last: int) -> str:
        return f"+120255501{last:02d}"

    def phone_id(self, last: int) -> UUID:
        with self.begin() as uow:
            return patients.phone_for(uow, phone=phone.parse(self.e164(last)))

    def says(self, last: int, body: str, *, read_after: timedelta = timedelta(0)) -> None:
        """Have a phone write; it is read, and maybe answered, after a while on the clock."""
        self.number += 1
        posted = {"From": self.e164(last), "To": OURS, "Body": body, "NumMedia": "0"}
        with self.begin(PATIENT) as uow:
            inbound.receive(uow, sid=f"SM{self.number:032x}", account_sid="AC1", params=posted, how="webhook")
        self.clock.at += read_after
        self.services.relay.drain(seconds=10)

    def conversation(self, last: int, patient_id: UUID | None = None) -> UUID:
        phone_id = self.phone_id(last)
        with self.begin() as uow:
            return conversations.ensure(uow, phone_id=phone_id, team_id=self.team_id, patient_id=patient_id)

    def sends(
        self, last: int, patient_id: UUID, body: str, *, kind: str = "program", state: str = "delivered",
        error: int | None = None, language: str = "en",
    ) -> UUID:  # fmt: skip
        conversation_id, phone_id = self.conversation(last, patient_id), self.phone_id(last)
        with self.begin() as uow:
            outcome = messaging.queue(
                uow,
                TextRequest(
                    phone_id=phone_id, sender_id=self.sender_id, team_id=self.team_id, body=body,
                    author_kind=kind, about_patient=patient_id, purpose="care", kind=kind,
                    source_kind="touchpoint", source_id=uow.new_id(), key=f"touchpoint:{uow.new_id()}",
                    language=language, conversation_id=conversation_id, free=True,
                ),
            )  # fmt: skip
        assert hasattr(outcome, "message_id"), outcome
        self._became(outcome.message_id, state, error)
        with self.begin() as uow:
            conversations.sent(uow, message_id=outcome.message_id)
            conversations.trouble(uow, message_id=outcome.message_id, up=state in ("failed", "undelivered"))
        self.services.relay.drain(seconds=10)
        return outcome.message_id

    def replies(self, last: int, body: str, *, by: UUID | None = None, state: str = "delivered") -> None:
        conversation_id = self.conversation(last)
        staff_id = by or self.nurse_id
        with self.begin(Actor(kind="staff", id=staff_id)) as uow:
            outcome = conversations.reply(
                uow,
                conversation_id=conversation_id,
                staff_id=staff_id,
                body=body,
                draft_key=str(uow.new_id()),
            )
        assert hasattr(outcome, "message_id"), outcome
        self._became(outcome.message_id, state, None)
        self.services.relay.drain(seconds=10)

    def _became(self, message_id: UUID, state: str, error: int | None) -> None:
        with self.begin() as uow:
            uow.session.execute(
                text("UPDATE message SET state = :s, error_code = :e WHERE id = :id"),
                {"s": state, "e": error, "id": message_id},
            )

    def _colleague(self, uow: Any, email: str, name: str, role: str) -> UUID:
        staff_id = staff.add_staff(uow, email=email, name=name, password=PASSWORD)
        staff.join_team(uow, staff_id=staff_id, team_id=self.team_id, role=role)
        return staff_id


def fill(services: Services, clock: FrozenClock) -> Morning:
    """Make the morning. The clock ends at 10:00 on Tuesday in New York."""
    clock.at = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)
    m = Morning(services, clock)
    _maria(m)
    _dolores(m)
    clock.at = datetime(2026, 3, 10, 13, 2, tzinfo=UTC)
    _others(m)
    _walter(m)
    clock.at = TEN
    return m


def _maria(m: Morning) -> None:
    maria = m.person(43, "Maria Delgado")
    with m.begin() as uow:
        patients.add_identifier(uow, patient_id=maria, system="Riverside EHR", kind="mrn", value="00481516")
        patients.update(uow, patient_id=maria, birth_date=date(1952, 5, 14), risk_tier="high")
        source = {"patient_id": maria, "source_system": "ehr"}
        care.put_condition(
            uow, **source, source_id="c1", status="active", detail={"text": "Heart failure, reduced EF"}
        )
        care.put_condition(uow, **source, source_id="c2", status="active", detail={"text": "Hypertension"})
        care.put_appointment(
            uow, **source, source_id="a1", status="booked", source_status="booked",
            starts_at=uow.now + timedelta(days=4), minutes=20, detail={"text": "Follow-up, Dr. Chen"},
        )  # fmt: skip
        care.put_medication(
            uow, **source, source_id="m1", status="active", supplied_on=date(2026, 3, 4), days=14,
            detail={"text": "Furosemide 40 mg"},
        )  # fmt: skip
    m.sends(43, maria, "Riverside: Hi Maria, this is your care team. How are you feeling today? "
            "Reply 1 if better, 2 if the same, 3 if worse.")  # fmt: skip
    m.clock.move(minutes=14)
    m.says(43, "1")
    m.clock.at = datetime(2026, 3, 10, 13, 4, tzinfo=UTC)
    m.sends(43, maria, "Riverside: Good morning Maria. Have you weighed yourself today? "
            "Reply with the number.")  # fmt: skip
    m.clock.move(minutes=9)
    m.says(43, "184 and my ankles look puffy this morning, should I be worried?")
    m.clock.move(minutes=6)
    m.replies(43, "Thank you for telling us, Maria. Is the swelling new since yesterday, and are you short "
              "of breath lying down?")  # fmt: skip
    with m.begin(Actor(kind="staff", id=m.nurse_id)) as uow:
        conversations.note(
            uow, conversation_id=m.conversation(43), staff_id=m.nurse_id,
            body="Up 3 lb since discharge. If she says yes to breathless, call Dr. Chen's desk.",
        )  # fmt: skip
    m.clock.move(minutes=4)
    m.says(43, "New since last night. No, breathing is fine")
    m.clock.at = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)


def _dolores(m: Morning) -> None:
    dolores = m.person(44, "Dolores Ibarra", language="es", zone="America/Chicago")
    m.sends(44, dolores, "Riverside: Hola Dolores, ¿cómo va la herida? Responda 1 bien, 2 igual, 3 peor.",
            language="es")  # fmt: skip
    m.clock.move(minutes=30)
    m.says(44, "3, está roja y caliente")


def _others(m: Morning) -> None:
    henry = m.person(45, "Henry Osei")
    m.sends(45, henry, "Riverside: Hi Henry, did you get your new prescription? Reply 1 yes, 2 not yet.")
    m.clock.move(minutes=8)
    m.says(45, "Not yet, the pharmacy says insurance won't cover it")
    june = m.person(46, "June Park")
    m.sends(46, june, "Riverside: Your visit is Thursday at 2:30 pm. Reply 1 to confirm or 2 to change.",
            kind="reminder", state="undelivered", error=30006)  # fmt: skip
    m.clock.move(minutes=5)
    m.says(47, "Hi is this the hospital? My dad just got home and I have a question about his pills")
    theo = m.person(48, "Theo Brandt")
    m.sends(48, theo, "Riverside: Hi Theo, this is your care team after your hospital stay.")
    m.clock.move(minutes=2)
    m.says(48, "STOP")
    ruth = m.person(49, "Ruth Abrams")
    m.says(49, "Can I shower with the bandage on?")
    m.clock.move(minutes=3)
    m.replies(49, "Yes, pat it dry afterwards. Call us if the edges lift.", by=m.sam_id)
    assert ruth


def _walter(m: Morning) -> None:
    walter = m.person(50, "Walter Nkemelu")
    m.sends(50, walter, "Riverside: Hi Walter, how is your breathing today? Reply 1 good, 2 same, 3 worse.")
    m.clock.move(minutes=11)
    m.says(50, "cant breathe well and my chest feels tight")
