"""Inbound accept rate beside a floor, measured in the same run.

    python -m bench.inbound [--texts 2000] [--rounds 3] [--threads 16] [--quiet-relay]

The floor is a Flask route written by hand: signature check and one INSERT (bench/floor_app.py). Ours is the
whole application as it is deployed (outreach.wsgi), with everything encrypted and workers poked through
Redis. Both run on the same web server with as many threads, on the same PostgreSQL with fsync on, at 1 and at
8 connections. A process of its own turns the relay all the while, with a backlog of texts that keeps it busy
in both. Runs alternate; the median counts. On a machine that others use, look at the processor time of the
web server for each text.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import create_engine, text
from twilio.request_validator import RequestValidator

from bench.outbound import free_port, process
from outreach import bootstrap, schema, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.inbound import commands as inbound
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.staff import commands as staff

NUMBER = "+12025550100"
ACCOUNT = "AC" + "1" * 32
TOKEN = secrets.token_hex(16)
BODIES = (
    "2",
    "Thank you so much",
    "Can I take a bath with the bandage on, or should I wait until the visit?",
    "2, and my leg hurts",
    "me siento mejor, gracias",
)
PHONES = 500
ALWAYS = ({"days": [0, 1, 2, 3, 4, 5, 6], "from": "00:00", "to": "23:59"},)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The servers of one run: name of what is measured -> port it listens on."""

    services: Services
    ports: dict[str, int]
    pids: dict[str, int]
    environment: dict[str, str]
    """Settings of the product, for processes beside it."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run."""

    per_second: float
    p95_ms: float
    web_ms: float
    """Processor time of the web server for each text."""


def requests_for(
    url: str, count: int, run: str, *, phones: int = PHONES, first: int = 0
) -> list[tuple[bytes, dict[str, str]]]:
    """Return signed webhooks, made before the clock starts, from so many phones beginning with one."""
    validator = RequestValidator(TOKEN)
    made = []
    for number in range(count):
        params = {
            "AccountSid": ACCOUNT,
            "ApiVersion": "2010-04-01",
            "Body": BODIES[number % len(BODIES)],
            "From": f"+1202{5560000 + first + number % phones}",
            "FromCountry": "US",
            "FromState": "DC",
            "MessageSid": "SM" + run + f"{number:024x}",
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "To": NUMBER,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": validator.compute_signature(url, params),
        }
        made.append((urlencode(params).encode(), headers))
    return made


def processor_seconds(root: int) -> float:
    """Return the processor time that a process and its children have used."""
    parents: dict[int, tuple[int, float]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(fields[1]), float(fields[11]) + float(fields[12])
    ours = [pid for pid, (parent, _) in parents.items() if root in (pid, parent)]
    return sum(parents[pid][1] for pid in ours) / os.sysconf("SC_CLK_TCK")


def measure(port: int, pid: int, *, texts: int, connections: int) -> Measured:
    """Post texts over some connections kept open, each waiting for its answer."""
    path = f"/twilio/{ACCOUNT}/inbound"
    made = requests_for(f"http://127.0.0.1:{port}{path}", texts, secrets.token_hex(4))
    took: list[float] = []
    failed: list[int] = []

    def work(share: list[tuple[bytes, dict[str, str]]]) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port)
        for body, headers in share:
            started = time.perf_counter()
            client.request("POST", path, body, headers)
            answer = client.getresponse()
            answer.read()
            took.append(time.perf_counter() - started)
            if answer.status != 200:
                failed.append(answer.status)
        client.close()

    threads = [
        threading.Thread(target=work, args=(made[number::connections],)) for number in range(connections)
    ]
    used = processor_seconds(pid)
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    used = processor_seconds(pid) - used
    if failed:
        raise SystemExit(f"{len(failed)} of {texts} texts were not accepted: {sorted(set(failed))}")
    p95 = statistics.quantiles(took, n=20)[-1] * 1000
    return Measured(per_second=texts / seconds, p95_ms=p95, web_ms=used / texts * 1000)


@contextmanager
def stage(threads: int, *, relay: bool) -> Iterator[Stage]:
    """Start PostgreSQL, both web servers and the relay."""
    ports = {"floor": free_port(), "ours": free_port()}
    with (
        tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder,
        runtime.ensure(Path(folder)) as servers,
    ):
        schema.upgrade(servers.postgres.url())
        settings = servers.environment() | {
            "OUTREACH_ENCRYPTION_KEYS": "1:" + base64.b64encode(bytes(32)).decode(),
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE_URL": "http://127.0.0.1:9",
            "TWILIO_FROM": NUMBER,
        }
        environments = {
            name: settings | {"OUTREACH_PUBLIC_URL": f"http://127.0.0.1:{port}"}
            for name, port in ports.items()
        }
        services = bootstrap.build(Settings.from_env(environments["ours"]), wake=wake.nobody)
        prepare(services)
        apps = {"floor": "bench.floor_app:app", "ours": "outreach.wsgi:app"}
        started = [
            process(server(apps[name], port, threads), f"http://127.0.0.1:{port}/", environments[name])
            for name, port in ports.items()
        ]
        ours = environments["ours"]
        with started[0] as floor_pid, started[1] as our_pid, draining(ours if relay else None):
            pids = {"floor": floor_pid, "ours": our_pid}
            yield Stage(services=services, ports=ports, pids=pids, environment=ours)
        services.transactions.engine.dispose()


def server(app: str, port: int, threads: int) -> list[str]:
    """Return the command of the web server, the same for both."""
    return [
        "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1",
        "--blocking-threads", str(threads), "--http", "1", "--no-ws", "--log-level", "error", app,
    ]  # fmt: skip


@contextmanager
def draining(environment: dict[str, str] | None) -> Iterator[int]:
    """Turn the relay in a process of its own until the end of the block. Gives its process id."""
    if environment is None:
        yield 0
        return
    started = subprocess.Popen([sys.executable, "-m", "bench.drain"], env=os.environ | environment)
    try:
        yield started.pid
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait()


def prepare(services: Services) -> None:
    """Make a clinic that is open day and night, whatever the hour is, and the table of the floor."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        staff.create_organization(uow, name="Riverside", short_name="Riverside", zone="America/New_York")
        sender_id = staff.create_sender(
            uow, label="bench", address=NUMBER, short_name="Riverside", callback_number="+12025550199"
        )
        staff.create_team(
            uow,
            name="Bench",
            sender_id=sender_id,
            zone="America/New_York",
            is_default=True,
            opening_hours=ALWAYS,
        )
        uow.session.execute(
            text(
                "CREATE TABLE floor_inbound (sid text PRIMARY KEY, sender text NOT NULL, body text NOT NULL, "
                "at timestamptz NOT NULL DEFAULT now())"
            )
        )


def keep_busy(services: Services, texts: int) -> None:
    """See to it that the relay has texts to work on for the whole of the next run."""
    with services.transactions.engine.connect() as connection:
        waiting = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
    for number in range(max(0, texts - waiting)):
        with services.transactions.begin(actor=SYSTEM) as uow:
            inbound.receive(
                uow,
                sid="SM" + secrets.token_hex(16),
                account_sid=ACCOUNT,
                params={"From": f"+1202557{number % PHONES:04d}", "To": NUMBER, "Body": BODIES[number % 5]},
                how="webhook",
            )


def server_process(services: Services) -> int:
    """Return the process id of the database server, parent of those that serve connections."""
    with services.transactions.engine.connect() as connection:
        ours = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return int(Path(f"/proc/{ours}/stat").read_text().rpartition(")")[2].split()[1])


def fsync(services: Services) -> str:
    """Return what the database says about losing power."""
    engine = create_engine(services.transactions.engine.url)
    with engine.connect() as connection:
        found = [
            connection.execute(text(f"SHOW {name}")).scalar() for name in ("fsync", "synchronous_commit")
        ]
    engine.dispose()
    return "/".join(str(one) for one in found)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--backlog", type=int, default=1500)
    parser.add_argument("--quiet-relay", action="store_true", help="without a relay beside it")
    given = parser.parse_args()
    with stage(given.threads, relay=not given.quiet_relay) as here:
        print(f"granian, 1 process, {given.threads} threads; fsync/synchronous_commit {fsync(here.services)}")
        results = {}
        for connections in (1, 8):
            results[connections] = compare(here, given, connections)
    print(json.dumps(results))


def compare(here: Stage, given: argparse.Namespace, connections: int) -> dict[str, float]:
    """Measure both in turn and print the medians."""
    texts = given.texts if connections > 1 else given.texts // 2
    runs: dict[str, list[Measured]] = {"floor": [], "ours": []}
    for name, port in here.ports.items():
        measure(
            port, here.pids[name], texts=200, connections=connections
        )  # connections are opened, plans are made
        assert name in runs
    for _ in range(given.rounds):
        for name, port in here.ports.items():
            if not given.quiet_relay:
                keep_busy(here.services, given.backlog)
            runs[name].append(measure(port, here.pids[name], texts=texts, connections=connections))
    rate = {name: statistics.median(run.per_second for run in found) for name, found in runs.items()}
    p95 = {name: statistics.median(run.p95_ms for run in found) for name, found in runs.items()}
    used = {name: statistics.median(run.web_ms for run in found) for name, found in runs.items()}
    for name in runs:
        print(
            f"{connections} connection(s)  {name:5}  {rate[name]:7.0f} texts/s  p95 {p95[name]:6.1f} ms  "
            f"web server {used[name]:5.2f} ms a text",
            flush=True,
        )
    ratio = rate["ours"] / rate["floor"]
    print(f"{connections} connection(s)  ours / floor = {ratio:.2f} (aim 0.6)")
    return {"floor": round(rate["floor"]), "ours": round(rate["ours"]), "ratio": round(ratio, 2)}


if __name__ == "__main__":
    main()
