"""A stage on which days pass in seconds: the product's own commands, relay and planner on a clock that is
set.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from outreach.config import Settings
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.escalations import queries as raised
from outreach.inbound import commands as inbound
from outreach.kernel.clock import FrozenClock
from outreach.kernel.relay import Relay
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, Actor
from outreach.messaging import commands as messaging
from outreach.messaging.ports import Accepted, OutboundText, ProviderMessage, SendResult
from outreach.programs.commands import send as program_texts
from outreach.reminders import commands as reminder_texts
from outreach.touchpoints import commands as touchpoints
from outreach.touchpoints import queries as planned

_SOURCES: Mapping[str, touchpoints.Source] = {
    "program": program_texts.SOURCE,
    "activity": program_texts.SOURCE,
    "appointment": reminder_texts.SOURCE,
    "refill": reminder_texts.SOURCE,
}
TCM_CALL = "tcm_call"
ANSWERED_AFTER = timedelta(seconds=2)
_ROUNDS = 6
"""A text's answer may queue a text, whose sending tells a fact, ...: this many times at most in one moment.
"""


class Product(Protocol):
    """What the sample people need of the product: `Services` is one."""

    @property
    def transactions(self) -> Transactions:
        """Where everything is written."""
        ...

    @property
    def relay(self) -> Relay:
        """Knows who hears which fact."""
        ...

    @property
    def settings(self) -> Settings:
        """Whose account and number we text from."""
        ...


@dataclass(frozen=True, kw_only=True)
class Said:
    """One text of the past, for the handsets of the simulator."""

    phone: str
    ours: str
    """Our number, at the other end."""
    inward: bool
    """It reached the phone."""
    body: str = field(repr=False)
    sid: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Texted:
    """A planned contact that has just gone out."""

    patient_id: UUID
    step: str
    """Its step and day: "check@6"."""
    at: datetime


@dataclass
class Delivered:
    """Stands where the provider is while the past is played: takes every text, and remembers it."""

    clock: FrozenClock
    undeliverable: Mapping[str, int]
    fresh: list[tuple[OutboundText, str]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def send(self, text: OutboundText) -> SendResult:
        """Take a text under a sid of its own."""
        sid = f"SM{text.attempt_id.hex}"
        self.fresh.append((text, sid))
        if text.to not in self.undeliverable:
            self.said.append(
                Said(
                    phone=text.to,
                    ours=text.sender_address,
                    inward=True,
                    body=text.body,
                    sid=sid,
                    at=self.clock.now(),
                )
            )
        return Accepted(sid=sid, status="queued", sent_from=text.sender_address)

    def fetch(self, sid: str) -> ProviderMessage | None:
        """Know nothing: in the past nothing is in doubt."""
        del sid
        return None

    def list_sent(self, *, since: datetime, most: int | None = None) -> Iterable[ProviderMessage]:
        """List nothing."""
        del since
        return ()

    def list_received(self, *, at_address: str, since: datetime) -> Iterable[ProviderMessage]:
        """List nothing."""
        del at_address, since
        return ()

    def redact(self, sid: str) -> None:
        """Redact nothing."""
        del sid

    def fetch_media(self, url: str) -> tuple[str, bytes]:
        """Give an empty file: nobody of the cast sends pictures."""
        del url
        return "application/octet-stream", b""

    def delete_media(self, url: str) -> None:
        """Delete nothing."""
        del url

    def list_deactivated(self, *, day: date) -> Iterable[str]:
        """List nothing."""
        del day
        return ()

    def line_type(self, number: str) -> str:
        """Call every line a mobile."""
        del number
        return "mobile"


class Stage:
    """Plays what happened, from `start` on. Nothing here waits: a day costs as long as its texts."""

    def __init__(
        self, services: Product, *, start: datetime, address: str, undeliverable: Mapping[str, int]
    ) -> None:
        self.clock = FrozenClock(start)
        self.transactions: Transactions = dataclasses.replace(
            services.transactions,
            product_clock=self.clock,
            machine_clock=self.clock,
            wake=lambda _: None,
        )
        self.provider = Delivered(self.clock, undeliverable)
        self._relay = Relay(transactions=self.transactions, handlers=services.relay.handlers)
        self._account = services.settings.twilio_account_sid
        self._address = address

    def until(self, moment: datetime) -> list[Texted]:
        """Let time pass, sending what falls due, until `moment` or until a planned contact was texted.

        Return the contacts texted just now.
        """
        while True:
            with self.transactions.begin(actor=SYSTEM) as uow:
                due = planned.next_due(uow)
            if due is None or due > moment:
                self.clock.at = max(self.clock.at, moment)
                return self.work()
            self.clock.at = max(self.clock.at, due)
            if sent := self.work():
                return sent

    def work(self) -> list[Texted]:
        """Do what workers would do now, until nothing is left to do."""
        sent: list[Texted] = []
        with self.transactions.begin(actor=SYSTEM) as uow:
            conversations.expire_prompts(uow)
        for number in range(_ROUNDS):
            stirred = self._relay.drain() + self._send_due() + self._climb()
            if number and not stirred:
                break
            messaging.deliver(self.transactions, self.provider, worker_seconds=2.0, threads=2)
            sent += self._report()
        return sent

    def says(self, phone: str, body: str) -> None:
        """Let a phone text the clinic, as the provider would post it."""
        with self.transactions.begin(actor=SYSTEM) as uow:
            sid = f"SM{uow.new_id().hex}"
            params = {
                "MessageSid": sid,
                "SmsMessageSid": sid,
                "AccountSid": self._account,
                "From": phone,
                "To": self._address,
                "Body": body,
                "NumMedia": "0",
                "NumSegments": "1",
            }
            inbound.receive(uow, sid=sid, account_sid=self._account, params=params, how="webhook")
        self.provider.said.append(
            Said(phone=phone, ours=self._address, inward=False, body=body, sid=sid, at=self.clock.now())
        )
        # It is read and answered a moment later, never at the same time.
        self.clock.at += ANSWERED_AFTER

    def staff(self, conversation_id: UUID, *, staff_id: UUID, body: str) -> None:
        """Let a colleague answer; the text leaves once it can't be taken back any more."""
        with self.transactions.begin(actor=_actor(staff_id)) as uow:
            conversations.mark_read(uow, conversation_id=conversation_id)
            key = str(uow.new_id())
            conversations.reply(
                uow, conversation_id=conversation_id, staff_id=staff_id, body=body, draft_key=key
            )
        self.work()
        self.clock.at += timedelta(seconds=7)

    def resolve(self, conversation_id: UUID, *, staff_id: UUID, note: str) -> None:
        """Let a colleague close what is open in a conversation, saying what came of it."""
        with self.transactions.begin(actor=_actor(staff_id)) as uow:
            conversations.mark_read(uow, conversation_id=conversation_id)
            conversations.needs_nobody(uow, conversation_id=conversation_id)
            for one in raised.for_conversation(uow, conversation_id=conversation_id):
                if one.resolved_at is None:
                    escalations.resolve(
                        uow, escalation_id=one.id, staff_id=staff_id, outcome="reached_patient", note=note
                    )

    def read_all(self, *, team_id: UUID, staff_id: UUID) -> None:
        """Let a colleague read every conversation that waits and in which nothing is urgent."""
        with self.transactions.begin(actor=_actor(staff_id)) as uow:
            found = talk.inbox(uow, staff_id=staff_id, team_ids=[team_id], view="all", limit=100)
            for row in found.rows:
                if row.waiting_since is not None and row.urgent_due_at is None:
                    conversations.needs_nobody(uow, conversation_id=row.conversation_id)

    def close(self, conversation_id: UUID, *, staff_id: UUID, reason: str) -> None:
        """Let a colleague close a conversation."""
        with self.transactions.begin(actor=_actor(staff_id)) as uow:
            conversations.close(uow, conversation_id=conversation_id, reason=reason)

    def note(
        self, conversation_id: UUID, *, staff_id: UUID, body: str, mentions: Collection[UUID] = ()
    ) -> None:
        """Let a colleague write a note, naming others."""
        with self.transactions.begin(actor=_actor(staff_id)) as uow:
            conversations.note(
                uow, conversation_id=conversation_id, staff_id=staff_id, body=body, mentions=mentions
            )

    def call_made(self, *, team_id: UUID, patient_id: UUID, staff_id: UUID, outcome: str) -> None:
        """Let a colleague make the call that is due after a discharge, and write down what came of it."""
        with self.transactions.begin(actor=_actor(staff_id)) as uow:
            due = raised.tasks(uow, team_ids=[team_id], patient_id=patient_id, kinds=[TCM_CALL])
            for one in due.rows:
                escalations.finish_task(uow, task_id=one.task_id, staff_id=staff_id, outcome=outcome)

    def _send_due(self) -> int:
        with self.transactions.begin(actor=SYSTEM) as uow:
            due = planned.due(uow)
        for one in due:
            with self.transactions.begin(actor=SYSTEM) as uow:
                touchpoints.take_turn(uow, touchpoint_id=one.id, sources=_SOURCES)
        return len(due)

    def _report(self) -> list[Texted]:
        """Report every text just sent as delivered or not, as the provider's callbacks would."""
        fresh, self.provider.fresh = self.provider.fresh, []
        sent = []
        for text, sid in fresh:
            code = self.provider.undeliverable.get(text.to)
            with self.transactions.begin(actor=SYSTEM) as uow:
                messaging.record_status(
                    uow,
                    sid=sid,
                    status="undelivered" if code else "delivered",
                    error_code=code,
                    message_id=text.message_id,
                    attempt_id=text.attempt_id,
                    to=text.to,
                )
                found = planned.of_message(uow, message_id=text.message_id)
            if found:
                step = f"{found.step}@{found.occurrence}"
                sent.append(Texted(patient_id=found.patient_id, step=step, at=self.clock.now()))
        return sent

    def _climb(self) -> int:
        with self.transactions.begin(actor=SYSTEM) as uow:
            due = raised.due_steps(uow)
            for one in due:
                escalations.climb(uow, escalation_id=one)
        return len(due)


def _actor(staff_id: UUID) -> Actor:
    return Actor(kind="staff", id=staff_id)
