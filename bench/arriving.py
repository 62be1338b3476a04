"""From webhook to inbox row, at a steady rate: stored, read, given to a person, shown.

    python -m bench.arriving [--rates 50,100,150,200,300,500] [--seconds 10] [--workers 2]

Signed webhooks arrive at even distances from phones that never wrote before, at the real web server; relay
processes read them; this process watches the inbox's changes as an open page does. It prints how many texts a
second came through, and the time from posting a webhook to its row in the inbox. Rates go up until one is
not kept with a p95 under 1 s. Aim: 500/s. The processor time of each part for a text says what two cores
could do at most, also on a machine that others use.
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
OVERTAKEN = 50
"""Changes are numbered when they are written and seen when they are committed: some come after later ones."""
WARM_UP = 100
AIM_SECONDS = 1.0
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


def post(port: int, *, rate: float, seconds: float, first: int, arrivals: Arrivals) -> float:
    """Post webhooks at even distances; return how many a second were really posted."""
    path = f"/twilio/{inbound.ACCOUNT}/inbound"
    count = int(rate * seconds)
    url = f"http://127.0.0.1:{port}{path}"
    made = inbound.requests_for(url, count, secrets.token_hex(4), phones=count, first=first)
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
            rows = connection.execute(SEEN, {"after": last - OVERTAKEN}).all()
        now = time.perf_counter()
        for no, sid in rows:
            last = max(last, no)
            arrivals.shown.setdefault(sid, now)
        time.sleep(LOOK_SECONDS)


def warm_up(here: inbound.Stage) -> None:
    """Wait until the workers have read some texts: they have loaded their lexicons then."""
    inbound.keep_busy(here.services, WARM_UP)
    waiting = WARM_UP
    while waiting:
        time.sleep(0.5)
        with here.services.transactions.engine.connect() as connection:
            waiting = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()


def arrive(
    here: inbound.Stage, parts: dict[str, list[int]], *, rate: float, seconds: float, first: int
) -> bool:
    """Have texts arrive at one rate; print what came of it and return whether it was kept.

    `parts` holds the process ids of each part whose processor time is told.
    """
    used = {name: sum(map(inbound.processor_seconds, pids)) for name, pids in parts.items()}
    arrivals, done = Arrivals(), threading.Event()
    watching = threading.Thread(target=watch, args=(here.services.transactions.engine, arrivals, done))
    watching.start()
    began = time.perf_counter()
    posted = post(here.ports["ours"], rate=rate, seconds=seconds, first=first, arrivals=arrivals)
    end = time.perf_counter() + GRACE_SECONDS
    while arrivals.posted.keys() - arrivals.shown.keys() and time.perf_counter() < end:
        time.sleep(0.1)
    took = time.perf_counter() - began
    done.set()
    watching.join()
    kept = tell(arrivals, rate, posted, took)
    each = {
        name: (sum(map(inbound.processor_seconds, pids)) - used[name]) / len(arrivals.posted) * 1000
        for name, pids in parts.items()
    }
    told = ", ".join(f"{name} {ms:.1f} ms" for name, ms in each.items())
    print(
        f"arriving  processor time for a text: {told}; two cores: {2000 / sum(each.values()):.0f}/s at most"
    )
    return kept


def tell(arrivals: Arrivals, rate: float, posted: float, seconds: float) -> bool:
    """Print what came of one rate; return whether all of it was shown in time."""
    took = [arrivals.shown[sid] - at for sid, at in arrivals.posted.items() if sid in arrivals.shown]
    late = statistics.quantiles(took, n=20)[-1]
    print(
        f"arriving  {rate:.0f}/s asked, {posted:.0f}/s posted, {arrivals.failed} refused; "
        f"{len(took)} of {len(arrivals.posted)} in the inbox, {len(took) / seconds:.0f}/s; "
        f"webhook to inbox row: p50 {statistics.median(took):.2f} s, p95 {late:.2f} s",
        flush=True,
    )
    return len(took) == len(arrivals.posted) and late < AIM_SECONDS and posted > rate * 0.95


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rates", default="50,100,150,200,300,500")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    log.configure(level=40)
    kept, first = 0.0, 0
    with inbound.stage(16, relay=False) as here, ExitStack() as workers:
        turning = [workers.enter_context(inbound.draining(here.environment)) for _ in range(given.workers)]
        database = inbound.server_process(here.services)
        parts = {"web": [here.pids["ours"]], "workers": turning, "database": [database]}
        warm_up(here)
        for rate in map(float, given.rates.split(",")):
            if not arrive(here, parts, rate=rate, seconds=given.seconds, first=first):
                break
            kept, first = rate, first + int(rate * given.seconds)
    print(f"arriving  kept with p95 under {AIM_SECONDS:.0f} s: {kept:.0f}/s (aim 500/s)")


if __name__ == "__main__":
    main()
