"""Texts the provider took and nobody told the end of: asked about, until nothing more will come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outreach.messaging import commands
from outreach.messaging.rules import following
from tests.messaging import make
from tests.messaging.way import Way
from tests.provider import until

BEGAN = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "again"), [(0.2, 4), (3.9, 4), (4, 37), (36.9, 37), (37, None), (100, None)]
)
def test_it_is_asked_again_ever_later_and_then_no_more(after: float, again: float | None) -> None:
    found = following.next_ask(started_at=BEGAN, now=BEGAN + timedelta(hours=after))

    assert found == (BEGAN + timedelta(hours=again) if again else None)


def ask(way: Way) -> int:
    """Let it be time to ask, and ask."""
    way.sql("UPDATE message SET ask_at = clock_timestamp() WHERE ask_at IS NOT NULL")
    return commands.ask_after(way.transactions, way.gateway)


def becomes(way: Way, message_id: UUID, *states: str) -> None:
    until(lambda: ask(way) >= 0 and way.message(message_id).state in states)


def test_a_text_whose_callbacks_were_lost_is_asked_about(way: Way, clinic, anna) -> None:
    way.beside.faults(callbacks_lost=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    assert way.message(message_id).state == "accepted"
    assert commands.ask_after(way.transactions, way.gateway) == 0, "a callback may still come"

    becomes(way, message_id, "delivered")

    assert ask(way) == 0


def test_an_undelivered_text_nobody_told_of_comes_to_light(way: Way, clinic, anna) -> None:
    way.beside.faults(callbacks_lost=1.0, carrier_errors={30006: 1.0})
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)

    becomes(way, message_id, "undelivered", "failed")

    assert way.message(message_id).error_code == 30006


def test_a_text_without_a_receipt_is_over_in_the_end(way: Way, clinic, anna) -> None:
    way.beside.faults(receipts_lost=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    way.becomes(message_id, "sent")
    way.sql("UPDATE attempt SET started_at = started_at - interval '2 days'")

    assert ask(way) == 1

    assert way.message(message_id).state == "sent"
    assert tuple(way.sql("SELECT settled_at IS NULL, ask_at IS NULL FROM message")[0]) == (False, True)


def test_a_provider_in_trouble_is_asked_again_soon(way: Way, clinic, anna) -> None:
    way.beside.faults(callbacks_lost=1.0)
    message_id = way.queue(make.request(clinic, anna))
    way.deliver(0.5)
    way.beside.faults(rate_429=1.0)

    assert ask(way) == 1

    assert way.message(message_id).state == "accepted"
    way.beside.faults(rate_429=0.0)
    becomes(way, message_id, "delivered")
