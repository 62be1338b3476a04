"""A clinic with one sender, people on phones, texts coming in, and the relay turned by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import queries as escalations
from outreach.inbound import commands as inbound
from outreach.kernel import phone
from outreach.kernel.unit_of_work import PATIENT, SYSTEM, UnitOfWork
from outreach.services import Services
from tests import world

ANA, LUIS, STRANGER = "+12025550143", "+12025550144", "+12025550190"
OURS = "+12025550100"
PAGES = "+12025550105"

MOOD = {
    "key": "mood",
    "kind": "choice",
    "options": [
        {"word": "1", "means": "better", "labels": {"en": ["better"], "es": ["mejor"]}},
        {"word": "2", "means": "same", "labels": {"en": ["same"], "es": ["igual"]}},
        {"word": "3", "means": "worse", "labels": {"en": ["worse"], "es": ["peor"]}},
    ],
}
LETTERED = {**MOOD, "options": [{**one, "word": w} for w, one in zip("ABC", MOOD["options"], strict=True)]}
VISIT = {
    "key": "appointment",
    "kind": "choice",
    "about_appointment": True,
    "options": [
        {"word": "1", "means": "confirm", "labels": {"en": ["confirm", "yes"]}},
        {"word": "2", "means": "decline", "labels": {"en": ["can't come", "no"]}},
        {"word": "3", "means": "reschedule", "labels": {"en": ["change"]}},
    ],
}


@dataclass
class Desk:
    """One test's clinic. Every verb opens its own transaction, as the product does."""

    services: Services
    team_id: UUID = field(init=False)
    sender_id: UUID = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        made = world.clinic(self.services)
        self.team_id, self.sender_id = made.team_id, made.sender_id

    def begin(self, actor: Any = SYSTEM) -> Any:
        return self.services.transactions.begin(actor=actor)

    def patient(
        self, e164: str = ANA, *, name: str = "Ana Ruiz", preferred: str | None = "Ana", **more: Any
    ) -> UUID:
        with self.begin() as uow:
            return world.person(uow, team_id=self.team_id, e164=e164, name=name, preferred=preferred, **more)

    def arrives(self, body: str, *, origin: str = ANA, sid: str | None = None, **params: str) -> bool:
        """A text comes in and is stored; nobody has read it yet."""
        self.number += 1
        posted = {"From": origin, "To": OURS, "Body": body, "NumMedia": "0"} | params
        with self.begin(PATIENT) as uow:
            return inbound.receive(
                uow, sid=sid or f"SM{self.number:032x}", account_sid="AC1", params=posted, how="webhook"
            )

    def turn(self) -> int:
        """Hand out all facts; none may be parked."""
        handled = self.services.relay.drain(seconds=30)
        assert self.scalar("SELECT count(*) FROM outbox") == 0, "a handler failed"
        return handled

    def says(self, body: str, **more: Any) -> None:
        """A text comes in and is read."""
        assert self.arrives(body, **more)
        self.turn()

    def phone_id(self, e164: str = ANA) -> UUID:
        with self.begin() as uow:
            found = talk_phone(uow, e164)
        assert found is not None
        return found

    def asks(
        self,
        patient_id: UUID,
        question: dict[str, Any] = MOOD,
        *,
        e164: str = ANA,
        hours: int = 24,
        kind: str = "program",
    ) -> UUID:
        """A question is opened on a phone."""
        with self.begin() as uow:
            made = conversations.open_prompt(
                uow,
                phone_id=talk_phone(uow, e164),
                sender_id=self.sender_id,
                patient_id=patient_id,
                source_kind=kind,
                source_id=uow.new_id(),
                message_id=None,
                question=question,
                expires_at=uow.now + _hours(hours),
            )
        assert made is not None
        return made

    def thread(self, e164: str = ANA) -> talk.ThreadView:
        with self.begin() as uow:
            found = talk.find(uow, phone_id=talk_phone(uow, e164), team_id=self.team_id)
            assert found is not None, "the text is in no thread"
            view = talk.thread(uow, conversation_id=found.id, team_ids=[self.team_id])
            return view.with_bands(escalations.for_conversation(uow, conversation_id=found.id))

    def texts_out(self) -> list[tuple[str, str]]:
        """Kind and body of everything queued, oldest first."""
        with self.begin() as uow:
            rows = uow.session.execute(
                text("SELECT id, kind, body_enc FROM message WHERE direction = 'out' ORDER BY at, id")
            ).all()
            return [(row.kind, uow.vault.open("message.body", row.id, row.body_enc)) for row in rows]

    def scalar(self, statement: str, **values: Any) -> Any:
        with self.services.transactions.engine.connect() as connection:
            return connection.execute(text(statement), values).scalar()

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.services.transactions.engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def answers(self) -> list[tuple[str, str, bool]]:
        """What was bound: value, by whom, late."""
        with self.begin() as uow:
            rows = uow.session.execute(text("SELECT id FROM answer ORDER BY at, id")).all()
            found = [talk.answer(uow, answer_id=row.id) for row in rows]
            return [(one.word or str(one.number), one.by, one.late) for one in found if one]

    def opted_out(self, e164: str = ANA) -> bool:
        return bool(
            self.scalar(
                "SELECT opted_out_at IS NOT NULL FROM phone_opt_out WHERE phone_id = :id",
                id=self.phone_id(e164),
            )
        )


def talk_phone(uow: UnitOfWork, e164: str) -> Any:
    from outreach.patients import commands as patients

    return patients.phone_for(uow, phone=phone.parse(e164))


def _hours(count: int) -> Any:
    from datetime import timedelta

    return timedelta(hours=count)
