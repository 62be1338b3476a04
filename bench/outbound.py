"""Outbound rate beside a bare loop of the provider's SDK, against the same simulator, in the same run.

    python -m bench.outbound [--texts 2000] [--threads 64] [--latency-ms 80] [--rounds 3]

The simulator is a process of its own that takes its time to answer. The bare loop posts texts from a pool of
threads and remembers nothing; ours claims, writes ahead, posts and records. Callbacks are off, then on.
"""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from sqlalchemy import insert, text
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from outreach import bootstrap, schema, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel import log
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.models import Message
from outreach.patients.models import Phone
from outreach.services import Services
from outreach.staff import commands as staff

NUMBER = "+12025550100"
SENT = text(
    "SELECT count(*) FROM message WHERE direction = 'out' AND state NOT IN ('queued', 'sending', 'in_doubt')"
)
"""A text that was claimed too late to be posted is claimed again: what `deliver` counts says less."""
BODY = "Hi from Riverside Clinic. How are you feeling today? Reply 1 good, 2 so-so, 3 bad."


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What both loops run on."""

    services: Services
    simulator: str
    sender_id: object


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def process(arguments: list[str], ready: str, environment: dict[str, str] | None = None) -> Iterator[int]:
    """Run a server until the end of the block, once it answers. Gives its process id."""
    started = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | (environment or {}),
    )
    try:
        for _ in range(200):
            try:
                requests.get(ready, timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield started.pid
    finally:
        started.terminate()
        started.wait()


@contextmanager
def stage(latency_ms: float) -> Iterator[Stage]:
    """Start PostgreSQL, the simulator and a web server for its callbacks."""
    account, token = "AC" + secrets.token_hex(16), secrets.token_hex(16)
    simulator_port, web_port = free_port(), free_port()
    simulator = f"http://127.0.0.1:{simulator_port}"
    with (
        tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder,
        runtime.ensure(Path(folder)) as servers,
    ):
        schema.upgrade(servers.postgres.url())
        environment = servers.environment() | {
            "OUTREACH_PUBLIC_URL": f"http://127.0.0.1:{web_port}",
            "OUTREACH_ENCRYPTION_KEYS": "1:" + base64.b64encode(bytes(32)).decode(),
            "TWILIO_ACCOUNT_SID": account,
            "TWILIO_AUTH_TOKEN": token,
            "TWILIO_API_BASE_URL": simulator,
            "TWILIO_FROM": NUMBER,
        }
        run_simulator = ["-m", "outreach.simulator", "--port", str(simulator_port)]
        run_simulator += ["--account-sid", account, "--auth-token", token, "--number", NUMBER]
        run_web = ["-m", "granian", "--interface", "wsgi", "--port", str(web_port), "--blocking-threads", "8"]
        run_web += ["bench.webhooks_app:app"]
        with (
            process(run_simulator, f"{simulator}/_sim/health"),
            process(run_web, f"http://127.0.0.1:{web_port}/", environment),
        ):
            faults = {"latency_ms": latency_ms, "callbacks_lost": 1.0}
            requests.post(f"{simulator}/_sim/faults", json=faults, timeout=5).raise_for_status()
            services = bootstrap.build(Settings.from_env(environment), wake=wake.nobody)
            with services.transactions.begin(actor=SYSTEM) as uow:
                sender_id = staff.create_sender(
                    uow,
                    label="bench",
                    address=NUMBER,
                    short_name="Riverside",
                    callback_number="+12025550199",
                    segments_per_second=1_000.0,
                    segments_per_day=10**9,
                )
            yield Stage(services=services, simulator=simulator, sender_id=sender_id)
            services.transactions.engine.dispose()


def bare(here: Stage, texts: int, threads: int) -> float:
    """Return texts per second of the SDK in a loop."""
    settings = here.services.settings
    http = TwilioHttpClient()
    http.session.mount("http://", HTTPAdapter(pool_maxsize=threads))
    http.session.trust_env = False
    client = Client(settings.twilio_account_sid, settings.twilio_auth_tokens[0], http_client=http)
    client.api.base_url = here.simulator

    def post(n: int) -> str:
        return str(
            client.messages.create(to=f"+1{212 + n // 8000}{2000000 + n}", from_=NUMBER, body=BODY).sid
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(post, range(threads)))  # connections are opened
        started = time.perf_counter()
        list(pool.map(post, range(texts)))
        return texts / (time.perf_counter() - started)


def ours(here: Stage, texts: int, threads: int, *, workers: int = 1) -> float:
    """Return texts per second of `deliver`, everything written down."""
    _queue(here, texts)
    transactions, gateway = here.services.transactions, here.services.gateway
    started = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        running = [
            pool.submit(commands.deliver, transactions, gateway, worker_seconds=120, threads=threads)
            for _ in range(workers)
        ]
        for one in running:
            one.result()
    seconds = time.perf_counter() - started
    with transactions.engine.connect() as connection:
        sent = connection.execute(SENT).scalar_one()
    if sent != texts:
        raise SystemExit(f"{sent} of {texts} texts were sent")
    return texts / seconds


def _queue(here: Stage, texts: int) -> None:
    """Put texts into the queue, one for each phone, without asking anybody: only delivery is measured."""
    with here.services.transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(text("TRUNCATE message, phone CASCADE"))
        phones, messages = [], []
        for n in range(texts):
            phone_id, message_id = uow.new_id(), uow.new_id()
            e164 = f"+1{212 + n // 8000}{2000000 + n}"
            phones.append(
                {
                    "id": phone_id,
                    "e164_enc": uow.vault.seal("phone.e164", phone_id, e164),
                    "e164_index": uow.vault.index("phone", e164),
                    "created_at": uow.now,
                }
            )
            messages.append(_message(uow, here, message_id, phone_id))
        uow.session.execute(insert(Phone), phones)
        uow.session.execute(insert(Message), messages)
    with here.services.transactions.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))


def _message(uow, here: Stage, message_id, phone_id) -> dict:  # type: ignore[no-untyped-def]
    return {
        "id": message_id,
        "direction": "out",
        "state": "queued",
        "phone_id": phone_id,
        "sender_id": here.sender_id,
        "kind": "staff",
        "purpose": "care",
        "phone_epoch": 1,
        "author_kind": "staff",
        "body_enc": uow.vault.seal("message.body", message_id, BODY),
        "encoding": "GSM-7",
        "segments": 1,
        "priority": 1,
        "source_kind": "bench",
        "source_id": message_id,
        "due_at": uow.now,
        "not_after": uow.now + timedelta(hours=2),
        "at": uow.now,
    }


def measure(here: Stage, given: argparse.Namespace) -> None:
    """Alternate the loops and print medians."""
    floor, single, double = [], [], []
    for _ in range(given.rounds):
        floor.append(bare(here, given.texts, given.threads))
        single.append(ours(here, given.texts, given.threads))
        double.append(ours(here, given.texts, given.threads // 2, workers=2))
    bottom = statistics.median(floor)
    say("bare loop of the SDK", bottom, bottom)
    say("deliver, callbacks off", statistics.median(single), bottom)
    say("deliver, two at once, callbacks off", statistics.median(double), bottom)
    requests.post(f"{here.simulator}/_sim/faults", json={"callbacks_lost": 0.0}, timeout=5)
    say("deliver, callbacks on", ours(here, given.texts, given.threads), bottom)


def say(what: str, rate: float, floor: float) -> None:
    """Print one line."""
    print(f"outbound  {what:<38} {rate:7.0f} texts/s  {rate / floor:5.2f} of the bare loop")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=80.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    log.configure(level=30)
    print(f"outbound  {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {given.texts} texts, {given.threads} threads")
    with stage(given.latency_ms) as here:
        measure(here, given)


if __name__ == "__main__":
    main()
