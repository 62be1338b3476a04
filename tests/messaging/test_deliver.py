"""What leaves, when, in which order, and what is held back, counted on the phones."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from outreach.consent import commands as consent
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.patients import commands as patients
from outreach.policy import commands as policy
from tests.messaging import make
from tests.messaging.way import Way
from tests.provider import until

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


def test_the_provider_is_told_to_drop_it_at_the_end_of_its_time(way: Way, clinic, anna, clock) -> None:
    way.queue(make.request(clinic, anna, not_after=clock.now() + timedelta(minutes=10)))
    clock.move(minutes=4)

    assert way.deliver(0.5) == 1

    (sent,) = way.beside.world.store.messages.values()
    assert sent.validity == 360.0


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
