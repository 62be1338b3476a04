"""The one-statement way of publishing writes what the ordinary way writes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text

from outreach.kernel import outbox
from outreach.kernel.db import at_once
from outreach.kernel.facts import Fact
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, NotAlone

INSERT = "INSERT INTO stored (sid) VALUES (%(sid)s) ON CONFLICT (sid) DO NOTHING"


@dataclass(frozen=True, kw_only=True)
class Stored(Fact):
    """A fact of this test, on a stream it names."""

    key: str

    @property
    def stream(self) -> str:
        return self.key


@pytest.fixture
def transactions(services: Any) -> Transactions:
    with services.transactions.engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS stored (sid text PRIMARY KEY)"))
        connection.execute(text("TRUNCATE stored"))
    return replace(services.transactions, subscribers={"Stored": ("test.first", "test.second")})


def plumbing(transactions: Transactions) -> tuple[list[Any], list[Any]]:
    with transactions.engine.begin() as connection:
        streams = connection.execute(
            text("DELETE FROM stream RETURNING key, last_seq, done_seq, lease_no, tries, ready_at IS NULL")
        ).all()
        rows = connection.execute(text("DELETE FROM outbox RETURNING stream, seq, handler, payload"))
        return sorted(streams), sorted((row.stream, row.seq, row.handler, str(row.payload)) for row in rows)


def beside(transactions: Transactions, sid: str, *facts: Fact) -> bool:
    with transactions.begin(actor=SYSTEM) as uow:
        return uow.publish_beside(INSERT, {"sid": sid}, *facts)


def test_the_outbox_holds_what_publish_would_have_written(transactions: Transactions) -> None:
    told = (Stored(key="b"), Stored(key="a"), Stored(key="b"))
    with transactions.begin(actor=SYSTEM) as uow:
        for fact in told:
            uow.publish(fact)
    with transactions.begin(actor=SYSTEM) as uow:
        uow.publish(Stored(key="b"))
    ordinary = plumbing(transactions)

    beside(transactions, "SM1", *told)
    beside(transactions, "SM2", Stored(key="b"))

    assert plumbing(transactions) == ordinary
    assert len(ordinary[1]) == 8


def test_a_row_that_exists_tells_nothing(transactions: Transactions) -> None:
    first = beside(transactions, "SM1", Stored(key="a"))
    plumbing(transactions)

    second = beside(transactions, "SM1", Stored(key="a"))

    assert (first, second) == (True, False)
    assert plumbing(transactions) == ([], [])


def test_workers_are_woken_for_a_new_row_only(transactions: Transactions) -> None:
    woken: list[str] = []
    transactions = replace(transactions, wake=woken.append)

    beside(transactions, "SM1", Stored(key="a"))
    beside(transactions, "SM1", Stored(key="a"))

    assert woken == ["relay_facts"]


def test_it_must_stand_alone(transactions: Transactions) -> None:
    with transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(text("SELECT 1"))
        with pytest.raises(NotAlone):
            uow.publish_beside(INSERT, {"sid": "SM1"}, Stored(key="a"))
    with transactions.begin(actor=SYSTEM) as uow:
        uow.publish(Stored(key="b"))
        with pytest.raises(NotAlone):
            uow.publish_beside(INSERT, {"sid": "SM1"}, Stored(key="a"))

    assert [row[0] for row in plumbing(transactions)[1]] == ["b", "b"]


def test_a_connection_the_server_hung_up_on_is_replaced_unseen(transactions: Transactions) -> None:
    with transactions.engine.connect() as first, transactions.engine.connect() as second:
        pids = [one.execute(text("SELECT pg_backend_pid()")).scalar() for one in (first, second)]
    with transactions.engine.connect() as killer:
        for pid in pids:
            if pid != killer.execute(text("SELECT pg_backend_pid()")).scalar():
                killer.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    with transactions.engine.connect() as third, transactions.engine.connect() as fourth:
        found = {one.execute(text("SELECT pg_backend_pid()")).scalar() for one in (third, fourth)}

    assert len(found) == 2
    assert set(pids) - found


def test_only_streams_that_are_done_are_forgotten(transactions: Transactions) -> None:
    for key in ("once:done", "once:waiting", "other:done"):
        beside(transactions, key, Stored(key=key))
    with transactions.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox WHERE stream LIKE '%done'"))
        connection.execute(
            text("UPDATE stream SET done_seq = last_seq, ready_at = NULL WHERE key LIKE '%done'")
        )

    with transactions.begin(actor=SYSTEM) as uow:
        forgotten = outbox.forget_idle(uow.session, prefix="once")

    assert forgotten == 1
    assert [row[0] for row in plumbing(transactions)[0]] == ["once:waiting", "other:done"]


def test_a_forgotten_stream_starts_anew(transactions: Transactions) -> None:
    beside(transactions, "SM1", Stored(key="once:1"))
    with transactions.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))
        connection.execute(text("UPDATE stream SET done_seq = last_seq, ready_at = NULL"))
    with transactions.begin(actor=SYSTEM) as uow:
        outbox.forget_idle(uow.session, prefix="once")

    beside(transactions, "SM2", Stored(key="once:1"))

    assert [(row[0], row[1]) for row in plumbing(transactions)[1]] == [("once:1", 1), ("once:1", 2)]


def test_a_statement_that_fails_leaves_no_connection_behind_that_commits_by_itself(
    transactions: Transactions,
) -> None:
    with pytest.raises(UnicodeEncodeError):  # of the driver's own making, none of its errors
        at_once(transactions.engine, INSERT, {"sid": "\ud800"})

    for _ in range(3):
        with transactions.engine.connect() as connection:
            connection.execute(text("INSERT INTO stored (sid) VALUES ('never')"))
            connection.rollback()
    with transactions.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM stored")).scalar_one() == 0
