"""A running deployment is dumped, goes on, dies, and comes back from the dump: what the phones then show.

Real parts: `pg_dump` and `pg_restore`, the `outreach` command for web, worker, beat and the reconciling, each
a process, and the simulator with a lagging list and lost callbacks.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url, text

from outreach import bootstrap, config, schema, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.embedded.postgres import binaries
from outreach.kernel.clock import SystemClock
from outreach.kernel.db import connect
from outreach.kernel.product_clock import ProductClock
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.rules import TextRequest
from outreach.services import Services
from outreach.simulator.server import Running, running
from outreach.simulator.settings import Pace, SimulatorSettings
from tests.messaging import make

SENDER = "+12025550100"
ORIGINAL, RESTORED = "outreach", "restored"
FAULTS: dict[str, Any] = {"callbacks_lost": 0.2, "callbacks_doubled": 0.2, "list_lag_seconds": 10.0}
STOPS = 5
"""How many of those who write say STOP: after the dump, so that the restored database has not heard it."""
WATCH_SECONDS = 4.0
"""How long nothing may leave while it is held; workers look each second."""
LEFT = text(
    "SELECT count(*) FROM message WHERE direction = 'out' AND state IN ('queued', 'sending', 'in_doubt')"
)
SENT = text("SELECT count(*) FROM message WHERE direction = 'out' AND state <> 'queued'")
STORED = text("SELECT count(*) FROM inbound_receipt WHERE interpreted_at IS NOT NULL")
HELD = text("SELECT count(*) FROM deployment WHERE held_at IS NOT NULL")


@dataclass(kw_only=True)
class Outcome:
    """The figures."""

    sends: int
    receives: int
    seconds: float = 0.0
    in_dump: int = 0
    """Texts that the dump holds as sent or on their way."""
    held_why: str = ""
    while_held: int = 0
    """Texts that left while the database was held: must be none."""
    told: list[str] = field(default_factory=list)
    lost: int = 0
    doubled: int = 0
    stored: int = 0
    stopped: int = 0
    after_stop: int = 0
    """Texts to phones whose STOP only the provider knew of: must be none."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, or sent to somebody who had said stop."""
        nothing = (self.while_held, self.lost, self.doubled, self.after_stop) == (0, 0, 0, 0)
        return nothing and bool(self.held_why) and (self.stored, self.stopped) == (self.receives, STOPS)

    def lines(self) -> list[str]:
        """Say it for a person."""
        sent = f"{self.sends} texts out, {self.in_dump} of them sent or on their way in the dump"
        heard = f"STOPs heard {self.stopped} of {STOPS}, texts to them afterwards {self.after_stop}"
        return [
            f"restored: {sent}, {self.receives} in after it; {self.seconds:.0f} s",
            f"restored: held as {self.held_why or 'NOT HELD'}, {self.while_held} left while held",
            *(f"restored: outreach reconcile: {one}" for one in self.told),
            f"restored: out: lost {self.lost}, doubled {self.doubled}",
            f"restored: in: stored {self.stored} of {self.receives}, {heard}",
        ]


@dataclass
class Restore:
    """The deployment, and what befalls it."""

    folder: Path
    sends: int = 90
    receives: int = 30
    processes: list[subprocess.Popen] = field(default_factory=list)

    def run(self) -> Outcome:
        """Live, dump, go on, die, restore, reconcile, and count."""
        began = time.monotonic()
        self.since = datetime.now(UTC) - timedelta(minutes=1)
        with runtime.ensure(self.folder) as servers, self._simulator(servers) as simulator:
            self.servers, self.simulator = servers, simulator
            try:
                outcome = self._live()
                self._come_back(outcome)
                self._count(outcome)
            finally:
                self._die()
        outcome.seconds = time.monotonic() - began
        return outcome

    # -- the life before

    def _live(self) -> Outcome:
        outcome = Outcome(sends=self.sends, receives=self.receives)
        self.services = self._prepare()
        self.asked = self._ask_for()
        third = self.sends // 3
        self._start(ORIGINAL)
        self._queue(self.asked[:third])
        _until(lambda: self._ask(SENT) >= third)
        self._queue(self.asked[third : 2 * third])
        _until(lambda: self._ask(SENT) >= third + third // 4)
        self._dump()
        self._queue(self.asked[2 * third :])
        self._text_us(self.receives - STOPS // 2)
        _until(lambda: self._ask(LEFT) == 0 and self._ask(STORED) >= self.receives - STOPS // 2)
        self._die()
        # Nobody is there to hear the last of them: only the provider's list has them.
        self._text_us(self.receives, begin=self.receives - STOPS // 2)
        self.services.transactions.engine.dispose()
        return outcome

    def _prepare(self) -> Services:
        schema.upgrade(self.servers.postgres.url(ORIGINAL))
        engine = connect(self.servers.postgres.url(ORIGINAL))
        # Tomorrow noon in New York: programs may text, whatever the time is where this runs.
        noon = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), wall(17), tzinfo=UTC)
        ProductClock(engine, SystemClock()).set(at=noon)
        engine.dispose()
        return self._build(ORIGINAL)

    def _build(self, database: str) -> Services:
        return bootstrap.build(Settings.from_env(self._environment(database)), wake=wake.nobody)

    def _ask_for(self) -> list[TextRequest]:
        with self.services.transactions.begin(actor=SYSTEM) as uow:
            self.clinic = make.clinic(uow, segments_per_second=10.0)
            self.people = [make.someone(uow, self.clinic, last=n + 1) for n in range(self.sends)]
        return [make.request(self.clinic, who, f"Text number {n}") for n, who in enumerate(self.people)]

    def _queue(self, asked: list[TextRequest]) -> None:
        for request in asked:
            with self.services.transactions.begin(actor=SYSTEM) as uow:
                commands.queue(uow, request)

    def _text_us(self, until: int, *, begin: int = 0) -> None:
        """Let people write who got a text already; the last of them say STOP."""
        for n in range(begin, until):
            body = "STOP" if n >= self.receives - STOPS else f"Answer {n}"
            self.simulator.world.inbound.receive(phone=self.people[n].number, to=SENDER, body=body)

    def _dump(self) -> None:
        _tool("pg_dump", "--format=custom", f"--file={self.folder / 'dump'}", url=self._plain(ORIGINAL))

    # -- and after

    def _come_back(self, outcome: Outcome) -> None:
        with psycopg.connect(self._plain("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {RESTORED}")
        url = self._plain(RESTORED)
        _tool("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(self.folder / "dump"))
        self.services = self._build(RESTORED)
        outcome.in_dump = self._ask(SENT)
        before = len(self._on_phones())
        self._start(RESTORED)
        _until(lambda: self._ask(HELD) == 1)
        outcome.held_why = str(self._ask(text("SELECT held_why FROM deployment")))
        time.sleep(WATCH_SECONDS)
        outcome.while_held = len(self._on_phones()) - before
        outcome.told = self._reconcile()
        # What the dump had planned comes up again, as its plan says; and life goes on.
        self._queue(self.asked[2 * (self.sends // 3) :])
        self._queue([make.request(self.clinic, who, f"Anew, {n}") for n, who in enumerate(self.people)])
        _until(lambda: self._ask(LEFT) == 0, within=180)
        time.sleep(1.5)

    def _reconcile(self) -> list[str]:
        done = subprocess.run(
            [*OUTREACH, "reconcile", "--since", self.since.strftime("%Y-%m-%dT%H:%M:%S"), "--lag", "15"],
            env=self._environment(RESTORED),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"outreach reconcile ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout.splitlines()

    def _count(self, outcome: Outcome) -> None:
        got = self._on_phones()
        silent = {who.number for who in self.people[self.receives - STOPS : self.receives]}
        for n, who in enumerate(self.people):
            outcome.lost += not got[who.number, f"Text number {n}"]
            outcome.lost += who.number not in silent and not got[who.number, f"Anew, {n}"]
            outcome.after_stop += got[who.number, f"Anew, {n}"] if who.number in silent else 0
        # Each body to each phone, answers to what they wrote among them.
        outcome.doubled = sum(count - 1 for count in got.values())
        outcome.stored = self._ask(STORED)
        outcome.stopped = self._ask(text("SELECT count(*) FROM phone_opt_out WHERE opted_out_at IS NOT NULL"))
        self.services.transactions.engine.dispose()

    # -- parts

    @contextlib.contextmanager
    def _simulator(self, servers: runtime.Running) -> Iterator[Running]:
        self.port = _free_port()
        settings = SimulatorSettings(
            account_sid=servers.secrets.simulator_account_sid,
            auth_token=servers.secrets.simulator_auth_token,
            webhook_base=f"http://127.0.0.1:{self.port}",
            numbers=(SENDER,),
            pace=Pace(queued=0.05, sending=0.1, sent=0.2, delivered=0.5),
            callback_threads=8,
        )
        with running(settings) as found:
            found.world.faults.update(FAULTS)
            yield found

    def _environment(self, database: str) -> dict[str, str]:
        simulator = int(self.simulator.url.rsplit(":", 1)[1])
        own = runtime.simulator_settings(self.servers.secrets, web=self.port, simulator=simulator)
        named = {runtime.DATABASE_URL: self.servers.postgres.url(database)}
        return config.child_environment(self.servers.environment() | own | named)

    def _start(self, database: str) -> None:
        for command in (
            ("web", "--port", str(self.port)),
            ("worker",),
            ("beat", "--data", str(self.folder / "beats" / database)),
        ):
            with (self.folder / f"{database}-{command[0]}.log").open("ab") as said:
                self.processes.append(
                    subprocess.Popen(
                        [*OUTREACH, *command],
                        env=self._environment(database),
                        stdout=said,
                        stderr=said,
                        start_new_session=True,
                    )
                )

    def _die(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                # Each is the head of a session of its own: its children go with it.
                os.killpg(process.pid, 9)
            process.wait()
        self.processes.clear()

    def _plain(self, database: str) -> str:
        url = make_url(self.servers.postgres.url(database)).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)

    def _ask(self, statement: Any) -> Any:
        with self.services.transactions.engine.connect() as connection:
            return connection.scalar(statement)

    def _on_phones(self) -> Counter[tuple[str, str]]:
        with self.simulator.world.store.lock:
            handsets = self.simulator.world.store.handsets
            return Counter(
                (number, one.body) for number, found in handsets.items() for one in found.texts if one.inward
            )


OUTREACH = (sys.executable, "-m", "outreach.cli.main")


def _tool(name: str, *arguments: str, url: str = "") -> None:
    own = binaries() / name
    program = str(own) if own.exists() else shutil.which(name)
    if program is None:
        raise RuntimeError(f"{name} is not there: install the client programs of PostgreSQL")
    done = subprocess.run([program, *arguments, *([url] if url else [])], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}: {done.stderr[-2000:]}")


def _until(check: Callable[[], Any], *, within: float = 120.0) -> None:
    end = time.monotonic() + within
    while not check():
        if time.monotonic() > end:
            raise RuntimeError("it did not happen in time")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
