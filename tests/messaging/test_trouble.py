"""A provider in trouble and a provider that refuses, counted on the phones."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging.commands import failing
from outreach.messaging.events import MessageFailed
from outreach.patients import commands as patients
from outreach.staff import queries as staff
from tests.messaging import make
from tests.messaging.way import Way
from tests.provider import until

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


def test_a_list_that_misses_later_texts_proves_no_absence(way: Way, clinic, anna) -> None:
    with way.transactions.begin(actor=SYSTEM) as uow:
        ben = make.someone(uow, clinic, last=77)
    way.beside.faults(error_500_before=1.0)
    lost = way.queue(make.request(clinic, anna))
    until(lambda: way.deliver(0.1))
    way.beside.faults(error_500_before=0.0, list_lag_seconds=1.5)
    way.at_once()
    way.queue(make.request(clinic, ben))
    way.deliver(0.3)
    until(lambda: way.beside.texts(ben.number))
    taken = time.monotonic()

    until(lambda: way.reconcile().sent_again, within=20)

    assert time.monotonic() - taken > 1.0, "looks and time were enough long before"
    assert way.attempts(lost) == ["absent"]


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


def test_safety_texts_end_when_their_sender_stops_and_others_wait(way: Way, clinic, anna) -> None:
    """An operator may come in the morning: until then somebody must call, and the band says so."""
    with way.transactions.begin(actor=SYSTEM) as uow:
        bert = make.someone(uow, clinic, last=44)
    first, second = (
        way.queue(make.request(clinic, who, kind="safety", key=f"safety:{who.number}"))
        for who in (anna, bert)
    )
    waits = way.queue(make.request(clinic, anna))

    with way.transactions.begin(actor=SYSTEM) as uow:
        patients.lock_phone(uow, phone_id=anna.phone_id)
        failing.failed(uow, message_id=first, code=20003, state="failed")
        told = [fact.message_id for fact in uow.facts if isinstance(fact, MessageFailed)]

    assert [way.message(one).state for one in (first, second, waits)] == ["failed", "failed", "queued"]
    assert sorted(told) == sorted((first, second))
