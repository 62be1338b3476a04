"""Facts of several streams in one transaction: order kept, trouble nobody else's, a lost lease harmless."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from outreach.kernel import relay
from outreach.kernel.relay import Relay
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import UnitOfWork
from tests.kernel.test_relay import Counted, make_due, note, publish, seen
from tests.kernel.test_relay import transactions as transactions

FOUR = ("inbound:a", "inbound:b", "inbound:c", "inbound:d")
"""Streams of texts, which are taken by the handful."""


def notes(uow: UnitOfWork, facts: Any) -> list[Counted]:
    """Take a handful, leave facts of 7 alone, and stumble over facts of 13."""
    for fact in facts:
        if fact.number == 13:
            raise ValueError("always")
    left = [fact for fact in facts if fact.number == 7]
    for fact in facts:
        if fact not in left:
            note(uow, fact)
    return left


def by_the_handful(transactions: Transactions, sizes: list[int], handler: Any = note) -> Relay:
    def together(uow: UnitOfWork, facts: Any) -> list[Counted]:
        sizes.append(len(facts))
        return notes(uow, facts)

    return Relay(transactions=transactions, handlers={"test.note": handler}, together={"test.note": together})


def test_a_handful_of_streams_is_handled_in_one_transaction_and_each_keeps_its_order(
    transactions: Transactions,
) -> None:
    for number in range(3):
        publish(transactions, *(Counted(key=key, number=number) for key in FOUR))
    sizes: list[int] = []

    handled = by_the_handful(transactions, sizes).drain()

    assert (handled, sizes) == (12, [4, 4, 4])
    assert all(seen(transactions, key) == [0, 1, 2] for key in FOUR)
    with transactions.engine.connect() as connection:
        streams = connection.execute(text("SELECT DISTINCT ready_at, done_seq, tries FROM stream")).all()
    assert [tuple(one) for one in streams] == [(None, 3, 0)]


def test_what_a_handful_leaves_alone_is_handled_alone(transactions: Transactions) -> None:
    publish(transactions, *(Counted(key=key, number=7 if key == FOUR[1] else 1) for key in FOUR[:3]))
    alone: list[str] = []

    def handler(uow: UnitOfWork, fact: Counted) -> None:
        alone.append(fact.key)
        note(uow, fact)

    handled = by_the_handful(transactions, [], handler).drain()

    assert (handled, alone) == (3, [FOUR[1]])
    assert [seen(transactions, key) for key in FOUR[:3]] == [[1], [7], [1]]


def test_a_handful_that_fails_is_handled_one_by_one_and_only_the_culprit_parked(
    transactions: Transactions,
) -> None:
    publish(transactions, *(Counted(key=key, number=13 if key == FOUR[1] else 1) for key in FOUR[:3]))

    def handler(uow: UnitOfWork, fact: Counted) -> None:
        notes(uow, [fact])

    worker = by_the_handful(transactions, [], handler)
    worker.drain()

    assert [seen(transactions, key) for key in FOUR[:3]] == [[1], [], [1]]
    for _ in range(relay.TRIES + 1):
        publish(transactions, Counted(key=FOUR[0], number=2), Counted(key=FOUR[2], number=2))
        make_due(transactions)
        worker.drain()
    with transactions.engine.connect() as connection:
        assert connection.execute(text("SELECT stream FROM parked")).scalars().all() == [FOUR[1]]
        assert connection.execute(text("SELECT count(*) FROM outbox")).scalar_one() == 0


def test_a_handful_of_which_one_is_lost_meanwhile_does_nothing_twice(transactions: Transactions) -> None:
    publish(transactions, *(Counted(key=key, number=1) for key in FOUR[:3]))

    def slow(uow: UnitOfWork, facts: Any) -> list[Counted]:
        found = notes(uow, facts)
        with transactions.engine.begin() as other:
            other.execute(text("UPDATE stream SET lease_no = lease_no + 1 WHERE key = 'inbound:b'"))
        return found

    first = Relay(transactions=transactions, handlers={"test.note": note}, together={"test.note": slow})
    assert first.drain(seconds=1) == 2, "one belongs to somebody else now"
    make_due(transactions)
    by_the_handful(transactions, []).drain()

    assert [seen(transactions, key) for key in FOUR[:3]] == [[1], [1], [1]]
