"""The whole way of one text: queued, handed over, called back about."""

from __future__ import annotations

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands, queries
from outreach.messaging.rules import Queued
from tests.messaging import make
from tests.provider import Provider, until


def queue(beside: Provider, request) -> Queued:
    with beside.services.transactions.begin(actor=SYSTEM) as uow:
        found = commands.queue(uow, request)
    assert isinstance(found, Queued), found
    return found


def deliver(beside: Provider, seconds: float = 5.0) -> int:
    return commands.deliver(
        beside.services.transactions, beside.services.gateway, worker_seconds=seconds, threads=8
    )


def message(beside: Provider, message_id) -> queries.MessageView:
    with beside.services.transactions.begin(actor=SYSTEM) as uow:
        return queries.message(uow, message_id=message_id)


def test_a_text_is_queued_sent_and_called_back_about(beside: Provider, clinic, anna) -> None:
    queued = queue(beside, make.request(clinic, anna, "How are you today?"))

    sent = deliver(beside)

    assert sent == 1
    until(lambda: message(beside, queued.message_id).state == "delivered")
    assert beside.texts(anna.number) == ["How are you today?"]


def test_the_same_key_is_the_same_text(beside: Provider, clinic, anna) -> None:
    request = make.request(clinic, anna)

    first, second = queue(beside, request), queue(beside, request)

    assert first == second
    deliver(beside)
    until(lambda: len(beside.texts(anna.number)) == 1)
    assert deliver(beside, 0.2) == 0
