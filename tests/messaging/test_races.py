"""Two things at once, put in the worst order on purpose."""

from __future__ import annotations

import threading
import time

from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands, queries
from tests.messaging import make
from tests.provider import Provider, until


def queued(beside: Provider, clinic, anna, **changes):
    with beside.services.transactions.begin(actor=SYSTEM) as uow:
        return commands.queue(uow, make.request(clinic, anna, **changes)).message_id


def deliver(beside: Provider, *, seconds: float = 1.0, **more) -> int:
    return commands.deliver(
        beside.services.transactions, beside.services.gateway, worker_seconds=seconds, threads=4, **more
    )


def state(beside: Provider, message_id) -> str:
    with beside.services.transactions.begin(actor=SYSTEM) as uow:
        return queries.message(uow, message_id=message_id).state


def test_a_claim_passes_by_a_phone_whose_stop_is_being_written(beside: Provider, clinic, anna) -> None:
    message_id = queued(beside, clinic, anna)

    with beside.services.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=anna.phone_id, how="text")
        assert deliver(beside, seconds=0.3) == 0
        assert state(beside, message_id) == "queued"
    deliver(beside, seconds=0.3)

    assert state(beside, message_id) == "canceled"
    assert beside.texts(anna.number) == []


def test_a_stop_waits_for_the_claim_that_came_first(beside: Provider, clinic, anna) -> None:
    message_id = queued(beside, clinic, anna)
    order: list[str] = []
    started = threading.Event()

    def stop() -> None:
        started.wait(5)
        with beside.services.transactions.begin(actor=SYSTEM) as uow:
            consent.opt_out(uow, phone_id=anna.phone_id, how="text")
        order.append("stop committed")

    def passed(point: str) -> None:
        if point == "claiming":
            started.set()
            time.sleep(0.4)
            order.append("claim commits")

    stopping = threading.Thread(target=stop)
    stopping.start()
    deliver(beside, checkpoint=passed)
    stopping.join()

    assert order[:2] == ["claim commits", "stop committed"]
    until(lambda: state(beside, message_id) == "delivered")


def test_a_worker_that_slept_after_its_claim_posts_nothing(beside: Provider, clinic, anna) -> None:
    message_id = queued(beside, clinic, anna)
    slept: list[str] = []

    def passed(point: str) -> None:
        if point == "claimed" and not slept:
            slept.append(point)
            time.sleep(2.2)

    deliver(beside, seconds=0.1, checkpoint=passed)
    assert beside.texts(anna.number) == []
    assert state(beside, message_id) == "queued"

    deliver(beside)
    until(lambda: beside.texts(anna.number) == ["How are you today?"])


def test_two_claims_at_once_take_one_text_of_a_phone(beside: Provider, clinic, anna) -> None:
    for n in range(4):
        queued(beside, clinic, anna, body=f"Text {n}")
    together = threading.Barrier(3)

    def work() -> None:
        together.wait(5)
        deliver(beside, seconds=2.0)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    def all_arrived() -> bool:
        deliver(beside, seconds=0.2)  # the machine may have left the three no time for all of them
        return sorted(beside.texts(anna.number)) == [f"Text {n}" for n in range(4)]

    until(all_arrived, within=30)
    with beside.services.transactions.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM attempt")) == 4


def test_the_same_text_asked_for_by_many_at_once_is_one_text(beside: Provider, clinic, anna) -> None:
    request = make.request(clinic, anna)
    found: list[object] = []

    def ask() -> None:
        with beside.services.transactions.begin(actor=SYSTEM) as uow:
            found.append(commands.queue(uow, request))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(set(found)) == 1
    deliver(beside)
    until(lambda: len(beside.texts(anna.number)) == 1)


def test_many_programs_in_one_second_stay_within_the_phone_s_budget(beside: Provider, clinic, anna) -> None:
    with beside.services.transactions.engine.begin() as connection:
        connection.execute(text("UPDATE organization SET settings = settings - 'budget'"))
    outcomes: list[object] = []

    def ask(kind: str) -> None:
        with beside.services.transactions.begin(actor=SYSTEM) as uow:
            outcomes.append(commands.queue(uow, make.request(clinic, anna, kind=kind)))

    kinds = ["program"] * 20 + ["reminder"] * 3 + ["broadcast"]
    threads = [threading.Thread(target=ask, args=(kind,)) for kind in kinds]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    names = [type(one).__name__ for one in outcomes]
    assert names.count("Queued") == 1
    assert len({one.decision_id for one in outcomes}) == 24
    with beside.services.transactions.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM decision")) == 24
