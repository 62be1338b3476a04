"""The relay: nothing lost, nothing doubled, order kept, a poisoned fact stands alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from outreach.kernel import leases, outbox, relay
from outreach.kernel.facts import Fact
from outreach.kernel.relay import Relay
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Counted(Fact):
    """A fact of this test: number `number` of stream `key`."""

    key: str
    number: int
    about: UUID | None = None

    @property
    def stream(self) -> str:
        return self.key if ":" in self.key else f"test:{self.key}"


@pytest.fixture
def transactions(services: Any) -> Transactions:
    with services.transactions.engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS seen (key text, number int, at serial)"))
        connection.execute(text("TRUNCATE seen"))
    return replace(services.transactions, subscribers={"Counted": ("test.note",)})


def note(uow: UnitOfWork, fact: Counted) -> None:
    uow.session.execute(text("INSERT INTO seen VALUES (:k, :n)"), {"k": fact.key, "n": fact.number})


def publish(transactions: Transactions, *facts: Counted) -> None:
    with transactions.begin(actor=SYSTEM) as uow:
        for fact in facts:
            uow.publish(fact)


def seen(transactions: Transactions, key: str) -> list[int]:
    with transactions.engine.connect() as connection:
        rows = connection.execute(text("SELECT number FROM seen WHERE key = :k ORDER BY at"), {"k": key})
        return [row.number for row in rows]


def make_due(transactions: Transactions) -> None:
    """Let back-offs and leases run out now instead of waiting for them."""
    with transactions.engine.begin() as connection:
        connection.execute(text("UPDATE stream SET ready_at = clock_timestamp() WHERE ready_at IS NOT NULL"))


def test_facts_of_a_stream_are_handled_once_and_in_order(transactions: Transactions) -> None:
    publish(transactions, *(Counted(key="a", number=n) for n in range(5)))
    publish(transactions, *(Counted(key="a", number=n) for n in range(5, 9)))

    handled = Relay(transactions=transactions, handlers={"test.note": note}).drain()

    assert handled == 9
    assert seen(transactions, "a") == list(range(9))


def test_a_fact_that_comes_while_another_is_handled_is_handled_next(transactions: Transactions) -> None:
    def during(uow: UnitOfWork, fact: Counted) -> None:
        note(uow, fact)
        if fact.number == 0:
            publish(transactions, Counted(key="a", number=1))

    publish(transactions, Counted(key="a", number=0))

    assert Relay(transactions=transactions, handlers={"test.note": during}).drain() == 2
    assert seen(transactions, "a") == [0, 1]


def test_a_stream_s_only_fact_is_asked_for_once_and_the_stream_let_go_of_with_it(
    transactions: Transactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    at_once = leases.at_once

    def noted(engine: Engine, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        asked.append(statement)
        return at_once(engine, statement, values)

    monkeypatch.setattr(leases, "at_once", noted)
    publish(transactions, Counted(key="a", number=0))

    Relay(transactions=transactions, handlers={"test.note": note}).drain()

    assert asked == [leases.CLAIM, leases.START, leases.CLAIM]
    with transactions.engine.connect() as connection:
        stream = connection.execute(text("SELECT ready_at, done_seq, last_seq, tries FROM stream")).one()
    assert tuple(stream) == (None, 1, 1, 0)
    publish(transactions, Counted(key="a", number=1))
    assert Relay(transactions=transactions, handlers={"test.note": note}).drain() == 1


def test_a_rolled_back_transaction_publishes_nothing(transactions: Transactions) -> None:
    def fail_late() -> None:
        with transactions.begin(actor=SYSTEM) as uow:
            uow.publish(Counted(key="a", number=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()

    assert Relay(transactions=transactions, handlers={"test.note": note}).drain() == 0


def test_ids_survive_the_way_through_the_outbox() -> None:
    fact = Counted(key="a", number=3, about=UUID(int=9))

    assert Fact.load(fact.payload()) == fact


def test_a_poisoned_fact_is_parked_and_its_stream_and_others_go_on(transactions: Transactions) -> None:
    def poisoned(uow: UnitOfWork, fact: Counted) -> None:
        if fact.number == 1:
            raise ValueError("always")
        note(uow, fact)

    publish(transactions, *(Counted(key=key, number=n) for key in "ab" for n in (0, 1, 2)))
    worker = Relay(transactions=transactions, handlers={"test.note": poisoned})

    for _ in range(relay.TRIES + 3):
        worker.drain()
        make_due(transactions)

    assert seen(transactions, "a") == seen(transactions, "b") == [0, 2]
    with transactions.engine.connect() as connection:
        parked = connection.execute(text("SELECT stream, handler FROM parked ORDER BY stream")).all()
    assert [tuple(row) for row in parked] == [("test:a", "test.note"), ("test:b", "test.note")]


def test_a_worker_stopped_past_its_lease_does_nothing_twice(transactions: Transactions) -> None:
    """It wakes up in the middle of a handler after another worker has taken its stream over."""
    entered, go_on = threading.Event(), threading.Event()

    def slow(uow: UnitOfWork, fact: Counted) -> None:
        note(uow, fact)
        entered.set()
        go_on.wait(20)

    publish(transactions, *(Counted(key="a", number=n) for n in range(3)))
    sleeper = threading.Thread(
        target=Relay(transactions=transactions, handlers={"test.note": slow}).drain, kwargs={"seconds": 1}
    )
    sleeper.start()
    entered.wait(20)
    make_due(transactions)

    Relay(transactions=transactions, handlers={"test.note": note}).drain()
    go_on.set()
    sleeper.join()

    assert seen(transactions, "a") == [0, 1, 2]


CHILD = textwrap.dedent(
    """
    import json, sys, time
    sys.path.insert(0, {root!r})
    from dataclasses import replace
    from tests.kernel import test_relay as t
    from outreach.kernel.clock import SystemClock
    from outreach.kernel import db, ids
    from outreach.kernel.crypto import KeyRing, Vault
    from outreach.kernel.relay import Relay
    from outreach.kernel.transactions import Transactions
    vault = Vault(ring=KeyRing({{1: b"k" * 32}}), index_keys={{1: b"i" * 32}})
    transactions = Transactions(engine=db.connect(sys.stdin.readline().strip()), vault=vault,
        product_clock=SystemClock(), machine_clock=SystemClock(), new_id=ids.uuid7,
        subscribers={{"Counted": ("test.note",)}}, wake=lambda _: None)
    def handler(uow, fact):
        t.note(uow, fact)
        time.sleep(0.002)
    def together(uow, facts):
        for fact in facts:
            handler(uow, fact)
        return []
    worker = Relay(
        transactions=transactions, handlers={{"test.note": handler}}, together={{"test.note": together}}
    )
    while True:
        worker.drain()
        time.sleep(0.02)
    """
)


def test_workers_killed_at_random_lose_and_double_nothing(
    transactions: Transactions, settings: Any, request: pytest.FixtureRequest
) -> None:
    streams, each = 12, 25
    keys = [f"inbound:{s}" if s % 2 else f"s{s}" for s in range(streams)]
    for number in range(each):
        publish(transactions, *(Counted(key=key, number=number) for key in keys))

    until = time.monotonic() + 60
    workers = [_start(settings.database_url, request.config.rootpath) for _ in range(2)]
    try:
        for turn in range(4):
            time.sleep(0.7)
            victim = workers.pop(0)
            victim.send_signal(signal.SIGKILL)
            victim.wait()
            workers.append(_start(settings.database_url, request.config.rootpath))
            make_due(transactions)  # spares the test the ten seconds of the dead worker's lease
            assert turn < 4
        while _left(transactions) and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()

    assert {key: seen(transactions, key) for key in keys} == {key: list(range(each)) for key in keys}


def _start(database_url: str, root: Any) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(root=str(root))],
        stdin=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert child.stdin is not None
    child.stdin.write(database_url + "\n")
    child.stdin.flush()
    return child


def _left(transactions: Transactions) -> int:
    with transactions.engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def test_what_was_published_in_one_transaction_keeps_its_order_across_streams(
    transactions: Transactions,
) -> None:
    """Two transactions writing the same streams in opposite order wait for each other, never in a circle."""
    errors: list[BaseException] = []

    def many(keys: str) -> None:
        try:
            for number in range(40):
                publish(transactions, *(Counted(key=key, number=number) for key in keys))
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            errors.append(error)

    threads = [threading.Thread(target=many, args=(keys,)) for keys in ("abc", "cba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors
    assert outbox.Stream.__tablename__ == "stream"
    assert _left(transactions) == 240


@dataclass(frozen=True, kw_only=True)
class Danger(Fact):
    """A fact on a stream that overtakes."""

    number: int

    @property
    def stream(self) -> str:
        return f"safety:{self.number}"


def test_danger_overtakes_5000_waiting_facts_and_does_not_starve_them(transactions: Transactions) -> None:
    order: list[str] = []
    handlers = {
        "test.note": lambda _uow, fact: order.append(fact.stream),
        "test.danger": lambda _uow, fact: order.append(fact.stream),
    }
    ready = replace(transactions, subscribers={"Counted": ("test.note",), "Danger": ("test.danger",)})
    with ready.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO stream (key, last_seq, done_seq, ready_at, lease_no, tries) "
                "SELECT 'bulk:' || n, 1, 0, clock_timestamp() - interval '1 hour', 0, 0 "
                "FROM generate_series(1, 5000) AS n"
            )
        )
        connection.execute(
            text(
                "INSERT INTO outbox (stream, seq, handler, payload, happened_at) "
                "SELECT 'bulk:' || n, 1, 'test.note', CAST(:payload AS jsonb) "
                "|| jsonb_build_object('number', n), now() FROM generate_series(1, 5000) AS n"
            ),
            {"payload": json.dumps(Counted(key="x", number=0).payload())},
        )
    for number in range(40):
        with ready.begin(actor=SYSTEM) as uow:
            uow.publish(Danger(number=number))

    turned = Relay(transactions=ready, handlers=handlers)
    for _ in range(2):
        turned._turn(leases.claim(ready.engine), time.monotonic() + 10)

    places = [place for place, stream in enumerate(order) if stream.startswith("safety:")]
    first = leases.MOST_URGENT
    second = first + leases.BATCH
    assert places == [*range(first), *range(second, second + 40 - first)], "those of a claim come first"
    assert len(order) == 40 + 2 * leases.BATCH, "the others went on"
    with ready.engine.begin() as connection:
        connection.execute(text("TRUNCATE stream, outbox"))
