"""Delivering against a provider that misbehaves, counted on the phones."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands, queries
from outreach.messaging.rules import Queued, Settling, SettlingRules, TextRequest
from outreach.patients import commands as patients
from outreach.policy import commands as policy
from outreach.staff import queries as staff
from tests.messaging import make
from tests.provider import Provider, until

SOON = SettlingRules(
    safety=Settling(looks=2, seconds=0.2, sends=4), others=Settling(looks=3, seconds=0.5, sends=2)
)


class Way:
    """The verbs of these tests."""

    def __init__(self, beside: Provider) -> None:
        self.beside = beside
        self.transactions = beside.services.transactions
        self.gateway = beside.services.gateway

    def queue(self, request: TextRequest) -> UUID:
        with self.transactions.begin(actor=SYSTEM) as uow:
            found = commands.queue(uow, request)
        assert isinstance(found, Queued), found
        return found.message_id

    def deliver(self, seconds: float = 3.0, threads: int = 8) -> int:
        return commands.deliver(self.transactions, self.gateway, worker_seconds=seconds, threads=threads)

    def reconcile(self, rules: SettlingRules = SOON) -> commands.Reconciled:
        self.sql("UPDATE attempt SET look_at = clock_timestamp() WHERE settled_at IS NULL")
        return commands.reconcile(self.transactions, self.gateway, rules=rules)

    def message(self, message_id: UUID) -> queries.MessageView:
        with self.transactions.begin(actor=SYSTEM) as uow:
            return queries.message(uow, message_id=message_id)

    def attempts(self, message_id: UUID) -> list[str]:
        with self.transactions.begin(actor=SYSTEM) as uow:
            return [one.state for one in queries.attempts(uow, message_id=message_id)]

    def sql(self, statement: str, **values) -> list:
        with self.transactions.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def at_once(self) -> None:
        """Let back-offs be over."""
        self.sql("UPDATE message SET retry_at = NULL")
        self.sql("UPDATE sender_spend SET held_until = NULL")

    def becomes(self, message_id: UUID, state: str) -> None:
        until(lambda: self.message(message_id).state == state)


@pytest.fixture
def way(beside: Provider) -> Way:
    return Way(beside)


# -- what holds a text back at the last moment


def test_a_text_queued_before_a_stop_never_leaves(way: Way, clinic, anna) -> None:
    message_id = way.queue(make.request(clinic, anna))
    with way.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=anna.phone_id, how="text")

    assert way.deliver(0.5) == 0

    assert way.beside.texts(anna.number) == []
    assert way.message(message_id).state == "canceled"
    assert way.sql("SELECT count(*) FROM contact") == [(0,)]


def test_even_a_safety_text_stays_after_a_stop_and_a_confirmation_goes(way: Way, clinic, anna) -> None:
    safety = way.queue(make.request(clinic, anna, "Call 911.", kind="safety"))
    with way.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=anna.phone_id, how="text")
    way.queue(make.request(clinic, anna, "You will get no more texts.", kind="confirmation"))

    way.deliver(1.0)

    until(lambda: way.beside.texts(anna.number) == ["You will get no more texts."])
    assert way.message(safety).state == "canceled"


def test_a_text_for_the_last_holder_of_a_number_never_reaches_the_next(way: Way, clinic, anna) -> None:
    message_id = way.queue(make.request(clinic, anna))
    with way.transactions.begin(actor=SYSTEM) as uow:
        patients.new_holder(uow, phone_id=anna.phone_id, how="reassigned")

    assert way.deliver(0.5) == 0
    assert way.message(message_id).state == "canceled"


def test_an_expired_text_never_leaves(way: Way, clinic, anna, clock) -> None:
    message_id = way.queue(make.request(clinic, anna, not_after=clock.now() + timedelta(minutes=5)))
    clock.move(minutes=6)

    assert way.deliver(0.5) == 0
    assert way.message(message_id).state == "expired"


def test_a_text_nobody_has_read_holds_programs_and_not_people(way: Way, clinic, anna, services) -> None:
    held = way.queue(make.request(clinic, anna, "Program"))
    way.sql(
        "INSERT INTO inbound_receipt (id, sid, from_index, raw_enc, how, received_at) "
        "VALUES (:id, 'SMx', :index, '', 'webhook', now())",
        id=uuid4(),
        index=services.transactions.vault.index("phone", anna.number),
    )
    way.queue(make.request(clinic, anna, "Staff", kind="staff"))

    way.deliver(1.0)
    until(lambda: way.beside.texts(anna.number) == ["Staff"])
    assert way.message(held).state == "queued"

    way.sql("UPDATE inbound_receipt SET interpreted_at = now()")
    way.at_once()
    way.deliver(1.0)
    until(lambda: way.beside.texts(anna.number) == ["Staff", "Program"])


def test_a_pause_holds_what_is_queued_and_lets_people_through(way: Way, clinic, anna) -> None:
    held = way.queue(make.request(clinic, anna, "Program"))
    way.queue(make.request(clinic, anna, "Staff", kind="staff"))
    with way.transactions.begin(actor=SYSTEM) as uow:
        policy.pause(uow, scope="team", scope_id=str(clinic.team_id), reason="trial")

    way.deliver(1.0)
    until(lambda: way.beside.texts(anna.number) == ["Staff"])
    assert way.message(held).state == "queued"

    with way.transactions.begin(actor=SYSTEM) as uow:
        policy.resume(uow, scope="team", scope_id=str(clinic.team_id))
    way.deliver(1.0)
    until(lambda: way.beside.texts(anna.number) == ["Staff", "Program"])


def test_a_taken_back_text_never_leaves_and_one_on_its_way_can_not_be(way: Way, clinic, anna) -> None:
    first = way.queue(make.request(clinic, anna, kind="staff"))
    with way.transactions.begin(actor=SYSTEM) as uow:
        commands.cancel(uow, message_id=first)
    second = way.queue(make.request(clinic, anna, "Second", kind="staff"))

    way.deliver(1.0)

    until(lambda: way.beside.texts(anna.number) == ["Second"])
    with pytest.raises(commands.AlreadyOnItsWay), way.transactions.begin(actor=SYSTEM) as uow:
        commands.cancel(uow, message_id=second)


def test_a_scheduled_text_waits_for_its_time(way: Way, clinic, anna, clock) -> None:
    way.queue(make.request(clinic, anna, "Later", kind="staff", send_at=clock.now() + timedelta(minutes=3)))

    assert way.deliver(0.3) == 0
    clock.move(minutes=4)
    assert way.deliver(1.0) == 1


# -- order and pace


def test_the_most_urgent_goes_first(way: Way, clinic) -> None:
    kinds = ["broadcast", "program", "reminder", "reply", "staff", "safety"]
    with way.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=n) for n in range(len(kinds))]
    for who, kind in zip(people, kinds, strict=True):
        way.queue(make.request(clinic, who, kind, kind=kind))

    way.deliver(3.0, threads=1)

    rows = way.sql(
        "SELECT m.kind FROM attempt a JOIN message m ON m.id = a.message_id ORDER BY a.started_at, a.id"
    )
    assert [row.kind for row in rows] == kinds[::-1]


def test_a_sender_keeps_to_its_segments_per_second(way: Way, clinic) -> None:
    way.sql("UPDATE sender SET segments_per_second = 5")
    with way.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=n) for n in range(12)]
    for who in people:
        way.queue(make.request(clinic, who))

    started = time.monotonic()
    sent = way.deliver(6.0)
    seconds = time.monotonic() - started

    assert sent == 12
    assert seconds >= (12 - 5 - 1) / 5


# -- a provider in trouble


def test_too_many_requests_are_tried_again_and_sent_once(way: Way, clinic, anna) -> None:
    way.beside.faults(rate_429=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    assert way.message(message_id).state == "queued"
    assert way.attempts(message_id)[0] == "absent"

    way.beside.faults(rate_429=0.0)
    way.at_once()
    way.deliver(1.0)

    way.becomes(message_id, "delivered")
    assert len(way.beside.texts(anna.number)) == 1


def test_an_error_after_accepting_is_in_doubt_until_a_callback_tells(way: Way, clinic, anna) -> None:
    way.beside.faults(error_500_after_accept=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)

    way.becomes(message_id, "delivered")
    assert way.attempts(message_id) == ["accepted"]
    assert len(way.beside.texts(anna.number)) == 1


def test_without_callbacks_the_list_settles_the_doubt(way: Way, clinic, anna) -> None:
    way.beside.faults(error_500_after_accept=1.0, callbacks_lost=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    assert way.message(message_id).state == "in_doubt"
    until(lambda: way.beside.texts(anna.number))

    assert way.reconcile().found == 1

    assert way.message(message_id).state in ("accepted", "sent", "delivered")
    assert way.deliver(0.3) == 0
    assert len(way.beside.texts(anna.number)) == 1


def test_what_never_arrived_is_sent_again_after_proved_absence_once(way: Way, clinic, anna) -> None:
    way.beside.faults(error_500_before=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    assert way.message(message_id).state == "in_doubt"

    outcomes = Counter[str]()
    way.beside.faults(error_500_before=0.0)
    for _ in range(6):
        found = way.reconcile()
        outcomes.update(wait=found.waiting, again=found.sent_again)
        time.sleep(0.12)
    way.at_once()
    way.deliver(1.0)

    assert outcomes["again"] == 1
    assert outcomes["wait"] >= 2
    way.becomes(message_id, "delivered")
    assert len(way.beside.texts(anna.number)) == 1
    assert way.attempts(message_id) == ["absent", "accepted"]


def test_twice_unsettled_goes_to_staff_and_holds_up_no_other_text(way: Way, clinic, anna) -> None:
    message_id = way.queue(make.request(clinic, anna))
    for _ in range(14):
        way.at_once()
        way.beside.faults(error_500_before=1.0)
        way.deliver(0.05)
        way.beside.faults(error_500_before=0.0)
        way.reconcile()
        time.sleep(0.1)

    assert way.message(message_id).state == "in_doubt"
    assert way.sql("SELECT count(*) FROM attempt WHERE settled_at IS NULL") == [(0,)]
    assert len(way.attempts(message_id)) == 2
    way.at_once()
    way.queue(make.request(clinic, anna, "Another"))
    way.deliver(1.0)
    until(lambda: way.beside.texts(anna.number) == ["Another"])


def test_a_second_text_to_a_phone_waits_while_the_first_is_in_doubt(way: Way, clinic, anna) -> None:
    way.beside.faults(error_500_before=1.0)
    way.queue(make.request(clinic, anna, "First"))
    way.deliver(0.3)
    way.beside.faults(error_500_before=0.0)
    way.at_once()

    second = way.queue(make.request(clinic, anna, "Second"))
    safety = way.queue(make.request(clinic, anna, "Call 911 now.", kind="safety"))
    way.deliver(0.5)

    until(lambda: way.beside.texts(anna.number) == ["Call 911 now."])
    assert way.message(second).state == "queued"
    way.becomes(safety, "delivered")


def test_a_dead_provider_is_waited_for_and_nothing_is_lost(way: Way, clinic, anna, monkeypatch) -> None:
    base = way.gateway._client.api.base_url
    monkeypatch.setattr(way.gateway._client.api, "base_url", "http://127.0.0.1:9")
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    assert way.message(message_id).state == "queued"
    assert way.sql("SELECT troubles > 0 FROM sender_spend") == [(True,)]

    monkeypatch.setattr(way.gateway._client.api, "base_url", base)
    way.at_once()
    way.deliver(1.0)
    way.becomes(message_id, "delivered")


# -- refusals


def test_an_account_error_stops_the_sender_and_keeps_its_texts(way: Way, clinic, anna) -> None:
    message_id = way.queue(make.request(clinic, anna))
    way.sql("UPDATE sender SET address = '+12025550177'")  # a number the account does not have: 21606

    way.deliver(0.5)

    assert way.message(message_id).state == "queued"
    with way.transactions.begin(actor=SYSTEM) as uow:
        assert staff.sender(uow, clinic.sender_id).stopped_reason == "error_21606"
    way.at_once()
    assert way.deliver(0.3) == 0


def test_an_opt_out_at_the_provider_becomes_ours(way: Way, clinic, anna) -> None:
    way.beside.world.store.block(way.beside.world.store.block_key("+12025550100"), anna.number)
    message_id = way.queue(make.request(clinic, anna))

    way.deliver(0.5)

    found = way.message(message_id)
    assert (found.state, found.error_code, found.error_class) == ("failed", 21610, "consent")
    assert way.sql("SELECT count(*) FROM provider_block WHERE blocked_at IS NOT NULL") == [(1,)]


@pytest.mark.parametrize(
    ("code", "state", "phone"),
    [(30005, "undelivered", "invalid"), (30006, "undelivered", "invalid"), (30007, "undelivered", "usable")],
)
def test_a_carrier_s_refusal_is_final_and_marks_the_phone_if_it_is_the_phone(
    way: Way, clinic, anna, code: int, state: str, phone: str
) -> None:
    way.beside.faults(phone_errors={anna.number: code})
    message_id = way.queue(make.request(clinic, anna))

    way.deliver(0.5)

    way.becomes(message_id, state)
    assert way.message(message_id).error_words
    assert way.sql("SELECT state FROM phone") == [(phone,)]
    way.at_once()
    assert way.deliver(0.3) == 0


def test_a_handset_out_of_reach_is_tried_twice_more(way: Way, clinic, anna) -> None:
    way.beside.faults(phone_errors={anna.number: 30003})
    message_id = way.queue(make.request(clinic, anna))
    for n in range(1, 4):
        way.at_once()
        way.deliver(0.4)
        until(lambda n=n: way.sql("SELECT failures FROM message") == [(n,)])

    assert way.message(message_id).state == "undelivered"
    assert len(way.attempts(message_id)) == 3


# -- many at once


def test_four_workers_send_each_text_once(way: Way, clinic) -> None:
    with way.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=n) for n in range(40)]
    for who in people:
        for n in range(3):
            way.queue(make.request(clinic, who, f"Text {n}"))
    way.beside.faults(callbacks_doubled=0.3, callbacks_reordered=0.3, error_500_after_accept=0.1)

    workers = [threading.Thread(target=way.deliver, args=(6.0,)) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    way.beside.faults(error_500_after_accept=0.0)
    end = time.monotonic() + 10
    while way.beside.states() != {"delivered": 120} and time.monotonic() < end:
        way.at_once()
        way.deliver(0.2)
    for who in people:
        assert Counter(way.beside.texts(who.number)) == Counter(["Text 0", "Text 1", "Text 2"])


def test_no_send_is_claimed_after_a_stop_has_committed(way: Way, clinic) -> None:
    with way.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=n) for n in range(60)]
    for who in people:
        way.queue(make.request(clinic, who))

    def stop_all() -> None:
        for who in people:
            with way.transactions.begin(actor=SYSTEM) as uow:
                consent.opt_out(uow, phone_id=who.phone_id, how="text")
            stopped[who.phone_id] = way.sql("SELECT clock_timestamp() AS at")[0].at

    stopped: dict[UUID, object] = {}
    stopping = threading.Thread(target=stop_all)
    stopping.start()
    while stopping.is_alive():
        way.deliver(0.2, threads=2)
    stopping.join()
    way.deliver(0.5)

    started = {row.phone_id: row.started_at for row in way.sql("SELECT phone_id, started_at FROM attempt")}
    assert all(started[phone] <= stopped[phone] for phone in started)
    assert 0 < len(started) < 60
