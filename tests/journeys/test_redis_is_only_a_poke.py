"""Redis emptied five times a second, then frozen: texts come late at worst, never twice, never not at all."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import redis
import requests
from sqlalchemy import text

from outreach.embedded.redis import EmbeddedRedis
from outreach.kernel import phone
from outreach.kernel.unit_of_work import SYSTEM
from tests import databases, world
from tests import live as product
from tests.live import Live, eventually
from tests.nursery import Nursery
from tests.servers import Servers

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("live")]

TEXTS = 200
WHILE_EMPTIED, WHILE_FROZEN = 140, 60
FROZEN_SECONDS = 20.0
SLOWEST_WEBHOOK_SECONDS = 1.0
MOST_ALLOWANCE = 3.0
"""Seconds by which a webhook may be slower because the machine is: never more than this."""
PATIENCE = 150.0
"""Seconds; on a free machine a tenth of it is needed."""
UNFINISHED = (
    "SELECT (SELECT count(*) FROM message WHERE state IN ('queued', 'sending', 'in_doubt')) "
    "+ (SELECT count(*) FROM touchpoint t, product_clock c WHERE t.state IN ('planned', 'held') "
    "AND t.due_at <= c.product_at)"
)
TEXTS_IN = "SELECT count(*) FROM message WHERE direction = 'in'"
NUMBERS = tuple(phone.parse(f"+1{area}55501{n:02d}").e164 for area in (212, 313) for n in range(TEXTS // 2))
"""Numbers +1 AREA 555 01xx are kept for examples and belong to nobody."""


@pytest.fixture
def own_redis() -> Iterator[EmbeddedRedis]:
    with tempfile.TemporaryDirectory(prefix="poke-") as made:
        server = EmbeddedRedis(Path(made).resolve() / "data")
        server.start()
        yield server
        server.stop()


@pytest.fixture
def house(servers: Servers, nursery: Nursery, own_redis: EmbeddedRedis, tmp_path: Path) -> Iterator[Live]:
    url = databases.migrated(servers, "live_redis_is_only_a_poke")
    with product.running(
        database_url=url, redis_url=own_redis.url(), folder=tmp_path, nursery=nursery
    ) as running:
        yield running


@contextmanager
def emptied(server: EmbeddedRedis) -> Iterator[Counter[str]]:
    """Empty Redis every 200 ms inside the block; count how often that worked."""
    done, over = Counter[str](), threading.Event()
    client = redis.Redis.from_url(server.url(), socket_timeout=5)

    def work() -> None:
        while not over.wait(0.2):
            client.flushall()
            done["flushed"] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()
        client.close()


@contextmanager
def frozen(server: EmbeddedRedis) -> Iterator[None]:
    """Stop Redis in its tracks: connections stay open and nothing is answered."""
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        assert not server.answers()
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def set_up(live: Live) -> None:
    """A clinic at 10:00 in the morning, and 200 people who just came home."""
    clinic = world.clinic(live.services)
    clock = live.services.transactions.product_clock
    local = clock.now().astimezone(ZoneInfo("America/New_York"))
    ten = local.replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=1)
    clock.set(at=ten + timedelta(days=1) if ten.weekday() == 6 else ten, speed=1.0)
    with live.services.transactions.begin(actor=SYSTEM) as uow:
        # As many as carriers let a well-registered campaign send; the pace of one a second is another test's.
        uow.session.execute(text("UPDATE sender SET segments_per_second = 100, segments_per_day = 100000"))
        for n, e164 in enumerate(NUMBERS):
            patient_id = world.person(
                uow, team_id=clinic.team_id, e164=e164, name=f"Alva Person{n}", preferred="Alva"
            )
            world.discharged(uow, patient_id=patient_id, days_ago=0.05, source_id=f"stay-{n}")


def write_in(live: Live, some: list[tuple[str, str]], *, seconds: float) -> None:
    """Text the clinic from some phones, spread over a time."""
    began = time.monotonic()
    for n, (e164, body) in enumerate(some):
        time.sleep(max(0.0, began + seconds * n / len(some) - time.monotonic()))
        live.phones.send(e164, body)


def in_threads(live: Live) -> Counter[tuple[str, str]]:
    """Return how often each (phone, words) stands in that phone's own thread."""
    with live.services.transactions.begin(actor=SYSTEM) as uow:
        rows = uow.session.execute(
            text(
                "SELECT m.id, m.body_enc, p.id AS phone_id, p.e164_enc FROM message m "
                "JOIN conversation c ON c.id = m.conversation_id AND c.phone_id = m.phone_id "
                "JOIN phone p ON p.id = c.phone_id WHERE m.direction = 'in'"
            )
        ).all()
        return Counter(
            (
                uow.vault.open("phone.e164", row.phone_id, row.e164_enc),
                uow.vault.open("message.body", row.id, row.body_enc),
            )
            for row in rows
        )


def on_phones(live: Live) -> list[tuple[str, str]]:
    """Return what every handset shows."""
    shown = live.phones.get("texts")["phones"]
    return [(e164, one["body"]) for e164, texts in shown.items() for one in texts]


def count(live: Live, query: str) -> int:
    with live.services.transactions.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


@contextmanager
def pulse(live: Live) -> Iterator[list[float]]:
    """Ask the web server for nothing, over and over: what that takes is the machine's doing, not Redis's."""
    taken, over = [0.0], threading.Event()

    def work() -> None:
        while not over.wait(0.1):
            taken.append(requests.get(f"{live.url}/healthz", timeout=30).elapsed.total_seconds())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join()


def test_texts_neither_get_lost_nor_double_when_redis_forgets_and_freezes(
    house: Live, own_redis: EmbeddedRedis
) -> None:
    written = [(e164, f"Thank you for asking, letter {n}") for n, e164 in enumerate(NUMBERS)]
    alive = {name: process.pid for name, process in house.processes.items()}

    with pulse(house) as taken:
        with emptied(own_redis) as times:
            set_up(house)
            write_in(house, written[:WHILE_EMPTIED], seconds=8)
            eventually(lambda: len(on_phones(house)) >= TEXTS, seconds=PATIENCE, every=1.0)
            eventually(lambda: count(house, TEXTS_IN) >= WHILE_EMPTIED, seconds=PATIENCE, every=0.5)
        with frozen(own_redis):
            write_in(house, written[WHILE_EMPTIED:], seconds=FROZEN_SECONDS)
        eventually(lambda: count(house, TEXTS_IN) >= TEXTS, seconds=PATIENCE, every=0.5)
        eventually(lambda: count(house, UNFINISHED) == 0, seconds=PATIENCE, every=0.5)

    assert times["flushed"] > 20
    assert in_threads(house) == Counter(written)
    introduced = Counter(e164 for e164, body in on_phones(house) if body.startswith("Riverside here: Alva"))
    assert introduced == Counter(NUMBERS)
    asked = [one for one in house.phones.get("requests")["requests"] if one["direction"] == "out"]
    assert {one["status"] for one in asked} == {200, 204}
    assert sum("/inbound" in one["url"] for one in asked) == TEXTS
    assert max(one["seconds"] for one in asked) < SLOWEST_WEBHOOK_SECONDS + min(max(taken), MOST_ALLOWANCE)
    assert {name: process.pid for name, process in house.processes.items() if process.poll() is None} == alive
