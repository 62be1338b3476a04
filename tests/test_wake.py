"""Pokes through a real broker: many fold into few, and the last of them is never left out."""

from __future__ import annotations

import time
from typing import Any

import pytest
import redis

from outreach import wake

QUEUE = "celery"


@pytest.fixture
def broker(services: Any) -> tuple[str, redis.Redis]:
    url = services.settings.redis_url
    found = redis.Redis.from_url(url)
    found.delete(QUEUE)
    return url, found


def waiting(broker: redis.Redis, least: int) -> int:
    """Return how many pokes wait, once there are so many and no more come."""
    until = time.monotonic() + 10
    while broker.llen(QUEUE) < least and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(2 * wake.REST_SECONDS)
    return int(broker.llen(QUEUE))


def test_a_hundred_pokes_become_few(broker: tuple[str, redis.Redis], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wake, "REST_SECONDS", 0.3)
    url, queue = broker
    poke = wake.Waker(url)

    began = time.monotonic()

    for _ in range(100):
        poke("relay_facts")
        time.sleep(0.002)

    most = 3 + (time.monotonic() - began) / wake.REST_SECONDS
    assert 1 <= waiting(queue, 1) <= most


def test_a_poke_while_the_waker_rests_is_sent_after_it(broker: tuple[str, redis.Redis]) -> None:
    url, queue = broker
    poke = wake.Waker(url)
    poke("relay_facts")
    waiting(queue, 1)

    poke("relay_facts")
    poke("deliver")

    assert waiting(queue, 3) == 3
