"""Status callbacks: late, twice, out of order, unknown, forged."""

from __future__ import annotations

import itertools
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands, queries
from outreach.messaging.commands import claiming, recording
from outreach.messaging.ports import Accepted, OutboundText, Unknown
from outreach.messaging.rules import Queued
from tests.messaging import make

SID = "SM" + "1" * 32
OTHER_SID = "SM" + "2" * 32


class Sent:
    """A text that has been claimed and handed over, answer not yet recorded."""

    def __init__(self, services, clinic, who, **changes) -> None:
        self.transactions = services.transactions
        with self.transactions.begin(actor=SYSTEM) as uow:
            queued = commands.queue(uow, make.request(clinic, who, **changes))
        assert isinstance(queued, Queued)
        self.message_id = queued.message_id
        with self.transactions.begin(actor=SYSTEM) as uow:
            claimed = claiming.claim(uow, sender_id=clinic.sender_id, room=10)
        self.text: OutboundText = claimed.texts[0]
        self.sender_id = clinic.sender_id

    def accepted(self, sid: str = SID) -> None:
        self.record(Accepted(sid=sid, status="queued", sent_from="+12025550100"))

    def record(self, result) -> None:
        with self.transactions.begin(actor=SYSTEM) as uow:
            recording.record(uow, [recording.Posted(sender_id=self.sender_id, text=self.text, result=result)])

    def hears(self, status: str, *, sid: str = SID, code: int | None = None, **changes) -> str:
        values = {"message_id": self.message_id, "attempt_id": self.text.attempt_id, "to": self.text.to}
        with self.transactions.begin(actor=SYSTEM) as uow:
            return commands.record_status(uow, sid=sid, status=status, error_code=code, **(values | changes))

    @property
    def state(self) -> str:
        with self.transactions.begin(actor=SYSTEM) as uow:
            return queries.message(uow, message_id=self.message_id).state


@pytest.fixture
def sent(services, clinic, anna) -> Sent:
    return Sent(services, clinic, anna)


@pytest.mark.parametrize("order", list(itertools.permutations(["queued", "sent", "delivered"])))
def test_in_any_order_the_furthest_state_stays(sent: Sent, order: tuple[str, ...]) -> None:
    sent.accepted()

    for status in order:
        sent.hears(status)

    assert sent.state == "delivered"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_callback_may_come_before_the_answer_it_is_about(sent: Sent, place: int) -> None:
    for n, status in enumerate(["sent", "delivered"]):
        if n == place:
            sent.accepted()
        sent.hears(status)
    if place == 2:
        sent.accepted()

    assert sent.state == "delivered"


def test_the_same_callback_twice_is_one_event(sent: Sent, services) -> None:
    sent.accepted()

    assert sent.hears("delivered") == "recorded"
    assert sent.hears("delivered") == "repeated"

    with services.transactions.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM delivery_event")) == 1


def test_a_callback_settles_a_lost_answer(sent: Sent) -> None:
    sent.record(Unknown(reason="read_timeout"))
    assert sent.state == "in_doubt"

    sent.hears("sent")

    assert sent.state == "sent"


def test_a_failure_before_the_answer_is_not_undone_by_the_answer(sent: Sent) -> None:
    sent.hears("undelivered", code=30005)
    sent.accepted()

    assert sent.state == "undelivered"


def test_a_retry_already_due_is_not_undone_by_a_late_answer(sent: Sent) -> None:
    sent.hears("undelivered", code=30003)

    sent.accepted()

    assert sent.state == "queued"


def declared_absent(services) -> None:
    with services.transactions.engine.begin() as connection:
        connection.execute(text("UPDATE attempt SET state = 'absent', settled_at = now()"))
        connection.execute(text("UPDATE message SET state = 'queued'"))


def test_an_answer_after_we_gave_up_waiting_stops_the_second_send(sent: Sent, services) -> None:
    declared_absent(services)

    sent.accepted()

    assert sent.state == "accepted"


def test_an_answer_to_an_older_try_says_nothing_of_the_newer(sent: Sent, services) -> None:
    declared_absent(services)
    with services.transactions.begin(actor=SYSTEM) as uow:
        assert len(claiming.claim(uow, sender_id=sent.sender_id, room=10).texts) == 1

    sent.accepted()

    assert sent.state == "sending"


def test_a_final_state_stays(sent: Sent) -> None:
    sent.accepted()
    sent.hears("delivered")

    sent.hears("failed", code=30008)
    sent.hears("sent")

    assert sent.state == "delivered"


def test_a_text_we_never_sent_is_noted_and_harmless(sent: Sent) -> None:
    sent.accepted()

    found = sent.hears("delivered", sid=OTHER_SID, message_id=uuid4(), attempt_id=uuid4())

    assert found == "unknown"
    assert sent.state == "accepted"


@pytest.mark.parametrize(
    "forged",
    [
        {"message_id": UUID(int=5)},
        {"attempt_id": UUID(int=5)},
        {"message_id": None},
        {"attempt_id": None},
        {"to": "+12025550199"},
    ],
    ids=["another message", "another attempt", "no message", "no attempt", "another phone"],
)
def test_forged_ids_adopt_nothing(sent: Sent, forged: dict) -> None:
    sent.record(Unknown(reason="read_timeout"))

    assert sent.hears("delivered", sid=OTHER_SID, **forged) == "unknown"
    assert sent.state == "in_doubt"


def test_a_known_sid_wins_over_the_ids_in_the_address(services, clinic, anna) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        bert = make.someone(uow, clinic, last=44)
    first, second = Sent(services, clinic, anna), Sent(services, clinic, bert)
    first.accepted()
    second.accepted(OTHER_SID)

    second.hears("delivered", sid=SID)

    assert (first.state, second.state) == ("delivered", "accepted")


def test_an_attempt_with_a_sid_takes_no_second_one(sent: Sent) -> None:
    sent.accepted()

    assert sent.hears("delivered", sid=OTHER_SID) == "unknown"
    assert sent.state == "accepted"


def test_a_status_nobody_knows_changes_nothing(sent: Sent) -> None:
    sent.accepted()

    sent.hears("teleported")

    assert sent.state == "accepted"


def test_one_declared_absent_that_turns_up_is_not_sent_again(sent: Sent, services) -> None:
    sent.record(Unknown(reason="read_timeout"))
    declared_absent(services)

    sent.hears("sent")

    assert sent.state == "sent"
    with services.transactions.begin(actor=SYSTEM) as uow:
        assert claiming.claim(uow, sender_id=sent.sender_id, room=10).texts == ()


def test_a_stop_at_the_provider_heard_by_callback_blocks_the_pair(sent: Sent, services) -> None:
    sent.accepted()

    sent.hears("failed", code=21610)

    assert sent.state == "failed"
    with services.transactions.engine.connect() as connection:
        blocked = connection.scalar(text("SELECT count(*) FROM provider_block WHERE blocked_at IS NOT NULL"))
    assert blocked == 1


def test_what_was_in_flight_when_the_stop_came_crossed(sent: Sent, services, clinic, anna) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        waiting = commands.queue(uow, make.request(clinic, anna, "Later"))
        consent.opt_out(uow, phone_id=anna.phone_id, how="text")

    services.relay.drain(seconds=5)

    with services.transactions.begin(actor=SYSTEM) as uow:
        assert queries.message(uow, message_id=sent.message_id).crossed
        assert queries.message(uow, message_id=waiting.message_id).state == "canceled"
        assert not queries.message(uow, message_id=waiting.message_id).crossed


def test_what_went_out_before_did_not_cross(sent: Sent, services, anna) -> None:
    sent.accepted()
    sent.hears("delivered")
    with services.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=anna.phone_id, how="text")

    services.relay.drain(seconds=5)

    with services.transactions.begin(actor=SYSTEM) as uow:
        assert not queries.message(uow, message_id=sent.message_id).crossed
