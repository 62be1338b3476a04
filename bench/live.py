"""From webhook to open browser: how soon an inbound text shows on pages that are open.

    python -m bench.live [--streams 500] [--rate 50] [--seconds 60]

The whole product runs as `outreach up` runs it: web server, worker, beat, simulator, PostgreSQL with fsync
on, Redis. One process beside it holds the streams of live changes open, as that many browsers do, and posts
signed webhooks at even distances, each from a phone that never wrote before. It notes when each text's row
comes in on each stream: the row is pushed whole, a browser fetches nothing for it. All of it shares one
machine. The first five seconds at this rate, in which connections are opened, are told apart. Aim: within
1 s at p95, with 500 streams and 50 texts a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import psutil
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from bench import invented
from bench.outbound import free_port
from bench.seed_large import LEAD, NURSE, PASSWORD, clinic
from outreach import bootstrap, schema, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel import log
from outreach.kernel.unit_of_work import SYSTEM
from outreach.launch import commands
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.web.app import create_app

LOCAL = "127.0.0.1"
SETTLE_SECONDS, GRACE_SECONDS = 10.0, 60.0
TOKEN = re.compile(rb"#(\d{6})#")
LONGEST_TOKEN = 8
POSTERS, WARMING = 8, 16
WARMING_SECONDS = 5.0


@dataclass(kw_only=True)
class House:
    """The running product, and who looks."""

    services: Services
    port: int
    account: str
    secret: str
    sender: str
    cookies: list[str]
    cluster: str
    """The folder of the database, by which its processes are known."""
    processes: dict[str, psutil.Process]


@dataclass(kw_only=True)
class Seen:
    """When each text was posted, and how long it took to come in on each stream."""

    posted: list[float]
    answered: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    """On how many streams each text has come in."""
    resyncs: int = 0
    ended: int = 0
    opened: int = 0
    bytes: int = 0
    refused: int = 0


@contextmanager
def house() -> Iterator[House]:
    """Start everything, with a clinic whose largest team has somebody on the roster."""
    port, simulator_port = free_port(), free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-live-")))
        running = stack.enter_context(runtime.ensure(folder))
        runtime.remember_addresses(folder, web=port, simulator=simulator_port)
        schema.upgrade(running.postgres.url())
        environment = running.environment() | running.simulator_environment()
        services = bootstrap.build(Settings.from_env(environment), wake=wake.nobody, pool_size=4)
        people = prepare(services)
        credentials = runtime.write_simulator_credentials(folder, running.secrets)
        started = {}
        for name, command in {
            "simulator": commands.simulator(
                port=simulator_port, webhook_base=f"http://{LOCAL}:{port}", credentials=credentials,
                data=folder, speed=1.0, seed=1,
            ),
            "web": commands.web(host=LOCAL, port=port),
            "worker": commands.worker(),
            "beat": commands.beat(folder=folder),
        }.items():  # fmt: skip
            started[name] = stack.enter_context(_running(command, environment, folder / f"{name}.log"))
        yield House(
            services=services, port=port, account=environment["TWILIO_ACCOUNT_SID"],
            secret=environment["TWILIO_AUTH_TOKEN"], sender=environment["TWILIO_FROM"],
            cookies=_cookies(services, people), processes=started, cluster=str(running.postgres.cluster),
        )  # fmt: skip
        services.transactions.engine.dispose()


@contextmanager
def _running(command: list[str], environment: dict[str, str], output: Path) -> Iterator[psutil.Process]:
    with output.open("wb") as written:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=written, stderr=written)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def prepare(services: Services) -> list[str]:
    """Make a clinic with somebody on duty, so that nobody is told that nobody is there."""
    team_ids, _, staff_ids = clinic(services)
    with services.transactions.begin(actor=SYSTEM) as uow:
        staff.add_shift(
            uow, team_id=team_ids[0], staff_id=staff_ids[0], starts_at=uow.now - timedelta(hours=1),
            ends_at=uow.now + timedelta(hours=8),
        )  # fmt: skip
    return [NURSE, LEAD, *(f"nurse{number}@riverside.example" for number in range(6))]


def _cookies(services: Services, people: list[str]) -> list[str]:
    app = create_app(services)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    found = []
    for email in people:
        with services.transactions.begin(actor=SYSTEM) as uow:
            welcome = staff.sign_in(uow, email=email, password=PASSWORD, origin=email)
        found.append(f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'token': welcome.token})}")  # type: ignore[union-attr]
    return found


async def follow(here: House, cookie: str, seen: Seen) -> None:
    """Hold one stream open and note what comes in."""
    reader, writer = await asyncio.open_connection(LOCAL, here.port, limit=1 << 20)
    writer.write(
        f"GET /live?after=0 HTTP/1.1\r\nHost: {LOCAL}:{here.port}\r\nCookie: {cookie}\r\n\r\n".encode()
    )
    known, rest = bytearray(len(seen.posted)), b""
    try:
        while chunk := await reader.read(1 << 18):
            now = time.perf_counter()
            seen.bytes += len(chunk)
            if not rest:
                seen.opened += chunk.startswith(b"HTTP/1.1 200")
            seen.resyncs += chunk.count(b"event: resync")
            whole = rest + chunk
            for found in TOKEN.findall(whole):
                number = int(found)
                if not known[number]:
                    known[number] = 1
                    seen.took.append(now - seen.posted[number])
                    seen.shown[number] += 1
            rest = whole[-LONGEST_TOKEN:]
        seen.ended += 1
    finally:
        writer.close()


async def post(here: House, seen: Seen, *, numbers: range, rate: float) -> None:
    """Post webhooks at even distances over a few connections."""
    path = f"/twilio/{here.account}/inbound"
    made = {number: _webhook(here, path, number) for number in numbers}
    began = time.perf_counter()

    async def share(first: int) -> None:
        reader, writer = await asyncio.open_connection(LOCAL, here.port)
        for number in numbers[first::POSTERS]:
            await asyncio.sleep(max(0.0, began + (number - numbers.start) / rate - time.perf_counter()))
            seen.posted[number] = time.perf_counter()
            writer.write(made[number])
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            await reader.readexactly(int(length[1]) if length else 0)
            seen.refused += b" 200 " not in head[:20]
            seen.answered.append(time.perf_counter() - seen.posted[number])
        writer.close()

    await asyncio.gather(*(share(first) for first in range(POSTERS)))


def _webhook(here: House, path: str, number: int) -> bytes:
    params = {
        "AccountSid": here.account, "ApiVersion": "2010-04-01", "From": invented.number(number),
        "Body": f"#{number:06d}# Can I take a bath with the bandage on?", "To": here.sender,
        "MessageSid": f"SM{number:032x}", "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received",
    }  # fmt: skip
    url = f"http://{LOCAL}:{here.port}{path}"
    body = urlencode(params)
    return (
        f"POST {path} HTTP/1.1\r\nHost: {LOCAL}:{here.port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"X-Twilio-Signature: {RequestValidator(here.secret).compute_signature(url, params)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def run(here: House, *, streams: int, rate: float, seconds: float) -> dict[str, object]:
    """Open the streams, let them settle, post, wait for the last row; return the figures."""
    count, warm = int(rate * seconds), WARMING + int(rate * WARMING_SECONDS)
    seen = Seen(posted=[0.0] * (warm + count), shown=[0] * (warm + count))
    await _ready(here)
    following = []
    for number in range(streams):
        following.append(asyncio.create_task(follow(here, here.cookies[number % len(here.cookies)], seen)))
        await asyncio.sleep(0.02)
    deadline = time.perf_counter() + 120
    while seen.opened < streams and time.perf_counter() < deadline:
        await asyncio.sleep(0.1)
    # The first texts make everybody load what they need, and the first at this rate open connections.
    await post(here, seen, numbers=range(WARMING), rate=2.0)
    await post(here, seen, numbers=range(WARMING, warm), rate=rate)
    await _until_shown(seen, warm, streams)
    first = _cuts("first seconds: row", seen.took)
    idle = await _spent_while(here, asyncio.sleep(SETTLE_SECONDS))
    seen.took.clear()
    seen.answered.clear()
    busy = await _spent_while(here, post(here, seen, numbers=range(warm, warm + count), rate=rate))
    behind = await asyncio.to_thread(_unread, here)
    await _until_shown(seen, warm + count, streams)
    memory, threads = _memory(here), here.processes["web"].num_threads()
    threads = max([threads, *(one.num_threads() for one in here.processes["web"].children(recursive=True))])
    for one in following:
        one.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    return {
        "streams": seen.opened, "ended early": seen.ended, "resyncs": seen.resyncs, "texts": count,
        "refused": seen.refused, "not yet read when the last was posted": behind,
        "missing": streams * count - len(seen.took), **_cuts("row", seen.took), **first,
        **_cuts("webhook", seen.answered), "cores idle": idle, "cores busy": busy, "MB": memory,
        "threads of the web server": threads, "MB sent": seen.bytes // 1_000_000,
        "load": os.getloadavg()[0],
    }  # fmt: skip


def _unread(here: House) -> int:
    wanted = text("SELECT count(*) FROM inbound_receipt WHERE interpreted_at IS NULL")
    with here.services.transactions.engine.connect() as connection:
        return int(connection.execute(wanted).scalar_one())


async def _until_shown(seen: Seen, count: int, streams: int) -> None:
    deadline = time.perf_counter() + GRACE_SECONDS
    while min(seen.shown[:count]) < streams - seen.ended and time.perf_counter() < deadline:
        await asyncio.sleep(0.1)


def _cuts(what: str, took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    return {
        f"{what} p50": round(cuts[49], 3),
        f"{what} p95": round(cuts[94], 3),
        f"{what} p99": round(cuts[98], 3),
    }


async def _ready(here: House) -> None:
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(LOCAL, here.port)
            writer.close()
            # The worker loads its lexicons meanwhile.
            await asyncio.sleep(10)
            return
        await asyncio.sleep(0.2)


async def _spent_while(here: House, doing: object) -> dict[str, float]:
    began, before = time.perf_counter(), _times(here)
    await doing  # type: ignore[misc]
    seconds, after = time.perf_counter() - began, _times(here)
    return {name: round((after[name] - before.get(name, 0.0)) / seconds, 2) for name in after}


def _everybody(here: House) -> dict[str, list[psutil.Process]]:
    found = {name: [one, *one.children(recursive=True)] for name, one in here.processes.items()}
    servers = [one for one in psutil.process_iter() if _is_server(one, here.cluster)]
    return found | {"postgres": servers, "this client": [psutil.Process()]}


def _is_server(one: psutil.Process, cluster: str) -> bool:
    with suppress(psutil.Error):
        if one.name() == "postgres":
            parent = one.parent()
            lines = one.cmdline() + (parent.cmdline() if parent else [])
            return cluster in " ".join(lines)
    return False


def _times(here: House) -> dict[str, float]:
    found = {}
    for name, processes in _everybody(here).items():
        total = 0.0
        for one in processes:
            with suppress(psutil.Error):
                times = one.cpu_times()
                total += times.user + times.system
        found[name] = total
    return found


def _memory(here: House) -> dict[str, int]:
    found = {}
    for name, processes in _everybody(here).items():
        total = 0
        for one in processes:
            with suppress(psutil.Error):
                total += one.memory_full_info().pss
        found[name] = total // 1_000_000
    return found


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    log.configure(level=40)
    with house() as here:
        found = asyncio.run(run(here, streams=given.streams, rate=given.rate, seconds=given.seconds))
    print("live  " + json.dumps(found))


if __name__ == "__main__":
    main()
