"""From webhook to inbox row, at a steady rate: stored, read, given to a person, shown.

    python -m bench.arriving [--rate 500] [--seconds 20] [--workers 2]

Signed webhooks arrive at even distances from phones that never wrote before, at the real web server; relay
processes read them; this process watches the inbox's changes as an open page does. It prints how many texts a
second came through, and the time from posting a webhook to its row in the inbox. Aim: 500/s, p95 under 1 s.
"""

from __future__ import annotations

import argparse
import http.client
import queue
import secrets
import statistics
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from bench import inbound
from outreach.kernel import log

CONNECTIONS = 16
LOOK_SECONDS = 0.02
GRACE_SECONDS = 60.0
"""How long we wait for the last texts after the last webhook."""

SEEN = text(
    """
    SELECT c.no, r.sid FROM conversation_change c
    JOIN conversation t ON t.id = c.conversation_id
    JOIN phone p ON p.id = t.phone_id
    JOIN inbound_receipt r ON r.from_index = p.e164_index
    WHERE c.no > :after
    """
)


@dataclass
class Arrivals:
    """When each text was posted, and when its conversation first showed in the inbox."""

    posted: dict[str, float] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    failed: int = 0


def post(port: int, *, rate: float, seconds: float, arrivals: Arrivals) -> float:
    """Post webhooks at even distances; return how many a second were really posted."""
    path = f"/twilio/{inbound.ACCOUNT}/inbound"
    inbound.PHONES = 10_000  # everybody writes once
    made = inbound.requests_for(f"http://127.0.0.1:{port}{path}", int(rate * seconds), secrets.token_hex(4))
    waiting: queue.SimpleQueue[tuple[float, bytes, dict[str, str]] | None] = queue.SimpleQueue()

    def work() -> None:
        client = http.client.HTTPConnection("127.0.0.1", port)
        while (one := waiting.get()) is not None:
            at, body, headers = one
            time.sleep(max(0.0, at - time.perf_counter()))
            sid = body.partition(b"MessageSid=")[2].partition(b"&")[0].decode()
            arrivals.posted[sid] = time.perf_counter()
            client.request("POST", path, body, headers)
            answer = client.getresponse()
            answer.read()
            arrivals.failed += answer.status != 200
        client.close()

    began = time.perf_counter() + 0.1
    for number, (body, headers) in enumerate(made):
        waiting.put((began + number / rate, body, headers))
    crew = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for one in crew:
        waiting.put(None)
        one.start()
    for one in crew:
        one.join()
    return len(made) / (time.perf_counter() - began)


def watch(engine: Engine, arrivals: Arrivals, done: threading.Event) -> None:
    """Look for changes as the live pages' thread does, and note when a conversation first shows."""
    last = 0
    while not done.is_set():
        with engine.connect() as connection:
            rows = connection.execute(SEEN, {"after": last}).all()
        now = time.perf_counter()
        for no, sid in rows:
            last = max(last, no)
            arrivals.shown.setdefault(sid, now)
        time.sleep(LOOK_SECONDS)


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    log.configure(level=40)
    arrivals, done = Arrivals(), threading.Event()
    with inbound.stage(16, relay=False) as here, ExitStack() as workers:
        for _ in range(given.workers):
            workers.enter_context(inbound.draining(here.environment))
        time.sleep(3)  # the lexicons are loaded
        watching = threading.Thread(target=watch, args=(here.services.transactions.engine, arrivals, done))
        watching.start()
        began = time.perf_counter()
        posted = post(here.ports["ours"], rate=given.rate, seconds=given.seconds, arrivals=arrivals)
        end = time.perf_counter() + GRACE_SECONDS
        while len(arrivals.shown) < len(arrivals.posted) and time.perf_counter() < end:
            time.sleep(0.1)
        seconds = time.perf_counter() - began
        done.set()
        watching.join()
    tell(arrivals, posted, seconds)


def tell(arrivals: Arrivals, posted: float, seconds: float) -> None:
    """Print what came of it."""
    took = [arrivals.shown[sid] - at for sid, at in arrivals.posted.items() if sid in arrivals.shown]
    cuts = statistics.quantiles(took, n=20)
    print(
        f"arriving  {len(arrivals.posted)} webhooks at {posted:.0f}/s, {arrivals.failed} refused; "
        f"{len(took)} in the inbox, {len(took) / seconds:.0f}/s; "
        f"webhook to inbox row: p50 {statistics.median(took):.2f} s, p95 {cuts[-1]:.2f} s"
    )


if __name__ == "__main__":
    main()
