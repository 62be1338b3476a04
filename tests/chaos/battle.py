"""Texts flow while parts die, and then everything is counted on the phones.

Real parts: PostgreSQL and Redis of its own, web servers, Celery workers and beats as processes, the simulator
with its faults on.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from outreach import bootstrap, config, schema, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel import ids
from outreach.kernel.clock import SystemClock
from outreach.kernel.db import connect
from outreach.kernel.product_clock import ProductClock
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging import commands
from outreach.messaging.rules import Queued
from outreach.messaging.rules.settling import OTHERS
from outreach.services import Services
from outreach.simulator.server import Running, running
from outreach.simulator.settings import Pace, SimulatorSettings
from tests import nursery as nurseries
from tests.chaos import escalations
from tests.chaos.outcome import Outcome
from tests.chaos.terms import LEASE_SECONDS, PATIENCE_SECONDS, RULES, Patience
from tests.messaging import make
from tests.nursery import Forked, Nursery

FAULTS: dict[str, Any] = {
    "rate_429": 0.05,
    "error_500_before": 0.05,
    "error_500_after_accept": 0.05,
    "accept_after_client_gave_up": 0.04,
    "late_accept_seconds": 5.0,
    "reset_connection": 0.04,
    "reset_after_accept": 0.04,
    "callbacks_lost": 0.2,
    "callbacks_doubled": 0.2,
    "callbacks_reordered": 0.2,
    "callback_delay": 0.3,
    "inbound_webhook_lost": 0.1,
    "list_lag_seconds": 10.0,
}
UNSETTLED = ("queued", "sending")
TO_STAFF = ("in_doubt", "failed", "undelivered")
SLOWEST = text(
    """
    SELECT extract(epoch FROM max(until - since)) FROM (
        SELECT max(settled_at) AS until,
            min(started_at) FILTER (WHERE looks > 0 OR state = 'in_doubt') AS since
        FROM attempt GROUP BY message_id
    ) AS doubts
    """
)
KILLS, SLEEPS = 0.004, 0.002
"""The chance of a worker to die or fall asleep at each named point of the send path."""
BLOWS = ("Redis", "beat", "PostgreSQL", "web", "worker", "sleep")
"""Each falls at least once in a storm, at even distances, whatever chance does besides."""
OPEN = text(
    """
    SELECT count(*) FROM message m WHERE direction = 'out' AND (state IN ('queued', 'sending')
        OR EXISTS (SELECT FROM attempt a WHERE a.message_id = m.id AND a.settled_at IS NULL))
    """
)


@dataclass
class Battle:
    """The parts and the will to break them."""

    folder: Path
    sends: int
    receives: int
    seed: int = 1
    workers: int = 2
    webs: int = 2
    beats: int = 1
    unhurried: bool = False
    """Settle doubts by the product's own times: a quarter of an hour instead of a minute."""
    rate: float = 0.15
    """Blows a second, besides those that fall anyway and those at named points."""
    shared_nursery: Nursery | None = None
    """Where processes start; None for one of its own."""
    processes: dict[str, Forked] = field(default_factory=dict)
    stopped_at: dict[str, float] = field(default_factory=dict)
    deaths: Counter[str] = field(default_factory=Counter)
    started: int = 0

    def run(self, *, storm_seconds: float) -> Outcome:
        """Let it storm, let it calm down, and count."""
        began = time.monotonic()
        self.chance = ids.generator(self.seed)
        with (
            self._nursery() as self.nursery,
            runtime.ensure(self.folder) as servers,
            self._simulator(servers) as simulator,
        ):
            self.servers, self.simulator = servers, simulator
            self.services = self._prepare()
            self.bodies = self._queue()
            try:
                self._storm(storm_seconds)
                self._calm()
            finally:
                self._end()
            outcome = self._count()
            outcome.looking_seconds = (OTHERS if self.unhurried else RULES.others).seconds
            self.services.transactions.engine.dispose()
        outcome.seconds = time.monotonic() - began
        return outcome

    # -- setting up

    def _nursery(self) -> contextlib.AbstractContextManager[Nursery]:
        if self.shared_nursery is not None:
            return contextlib.nullcontext(self.shared_nursery)
        return nurseries.nursery(*nurseries.PRODUCT)

    @contextlib.contextmanager
    def _simulator(self, servers: runtime.Running) -> Iterator[Running]:
        self.web_ports = [_free_port() for _ in range(self.webs)]
        own = servers.secrets
        settings = SimulatorSettings(
            account_sid=own.simulator_account_sid,
            auth_token=own.simulator_auth_token,
            webhook_base=f"http://127.0.0.1:{self.web_ports[0]}",
            numbers=("+12025550100", escalations.PAGES),
            pace=Pace(queued=0.05, sending=0.1, sent=0.2, delivered=0.5),
            callback_threads=16,
            seed=self.seed,
        )
        with running(settings) as found:
            number = found.world.store.numbers["+12025550100"]
            # The fallback is the other web server, as a deployment's would be on another host.
            base = f"http://127.0.0.1:{self.web_ports[-1]}/twilio/{own.simulator_account_sid}"
            number.sms_fallback_url = f"{base}/fallback"
            yield found

    def _environment(self, port: int) -> dict[str, str]:
        own = runtime.simulator_settings(
            self.servers.secrets, web=port, simulator=int(self.simulator.url.rsplit(":", 1)[1])
        )
        return config.child_environment(self.servers.environment() | own)

    def _prepare(self) -> Services:
        schema.upgrade(self.servers.postgres.url())
        settings = Settings.from_env(self._environment(self.web_ports[0]))
        # Tomorrow noon in New York: programs may text, whatever the time is where this runs.
        engine = connect(settings.database_url)
        noon = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), wall(17), tzinfo=UTC)
        ProductClock(engine, SystemClock()).set(at=noon)
        engine.dispose()
        return bootstrap.build(settings, wake=wake.nobody)

    def _queue(self) -> dict[str, list[str]]:
        """Queue two texts to each phone; return what each phone must show in the end."""
        bodies: dict[str, list[str]] = {}
        with self.services.transactions.begin(actor=SYSTEM) as uow:
            clinic = make.clinic(uow, segments_per_second=60.0)
        escalations.prepare(self.services, team_id=clinic.team_id)
        with self.services.transactions.begin(actor=SYSTEM) as uow:
            people = [make.someone(uow, clinic, last=n + 1) for n in range((self.sends + 1) // 2)]
        for n in range(self.sends):
            who = people[n % len(people)]
            kind = ("program", "reminder", "staff", "safety")[n % 4]
            body = f"Text number {n}"
            with self.services.transactions.begin(actor=SYSTEM) as uow:
                queued = commands.queue(uow, make.request(clinic, who, body, kind=kind))
            assert isinstance(queued, Queued), queued
            bodies.setdefault(who.number, []).append(body)
        return bodies

    # -- breaking

    def _storm(self, seconds: float) -> None:
        self.simulator.world.faults.update(FAULTS)
        for kind, count in (("web", self.webs), ("worker", self.workers), ("beat", self.beats)):
            for n in range(count):
                self._start(f"{kind} {n}", kills=KILLS, sleeps=SLEEPS)
        time.sleep(1.5)
        began = time.monotonic()
        sent, fallen, passed = 0, 0, 0.0
        while passed < 1:
            passed = (time.monotonic() - began) / seconds
            sent = self._text_us(sent, until=passed)
            if fallen < len(BLOWS) and passed > (fallen + 1) / (len(BLOWS) + 1):
                self._strike(BLOWS[fallen])
                fallen += 1
            elif self.chance.random() < self.rate / 10:
                self._strike(BLOWS[self.chance.randrange(len(BLOWS))])
            self._revive(kills=KILLS, sleeps=SLEEPS)
            time.sleep(0.1)
        self._text_us(sent, until=1.0)

    def _text_us(self, sent: int, *, until: float) -> int:
        wanted = min(int(self.receives * until), self.receives)
        for n in range(sent, wanted):
            self.simulator.world.inbound.receive(
                phone=f"+1{313 + n // 100}555{100 + n % 100:04d}", to="+12025550100", body=escalations.body(n)
            )
        return wanted

    def _strike(self, what: str) -> None:
        if what == "Redis":
            self._kill_redis()
        elif what == "PostgreSQL":
            self._kill_postgres()
        elif what == "sleep":
            self._stop(f"worker {self.chance.randrange(self.workers)}")
        else:
            count = {"web": self.webs, "worker": self.workers, "beat": self.beats}[what]
            self._kill(f"{what} {self.chance.randrange(count)}")

    def _calm(self) -> None:
        """Faults end, nobody dies any more; wait until nothing is on its way."""
        quiet = {name: 0.0 for name, value in FAULTS.items() if name != "list_lag_seconds"}
        self.simulator.world.faults.update(quiet | {"late_accept_seconds": 5.0})
        patience = Patience(2 * OTHERS.seconds if self.unhurried else PATIENCE_SECONDS)
        while (seen := self._still_open()) != (0, 0) and patience.is_left(seen):
            self._tend()
        # Those who were started in the storm still die and sleep as they like.
        escalations.climb(self.services, self.simulator, tend=self._tend)
        # Whatever was accepted late would reach its phone now.
        time.sleep(1.5)

    def _tend(self) -> None:
        self._revive(kills=0.0, sleeps=0.0)
        time.sleep(0.3)

    def _still_open(self) -> tuple[int, int]:
        """Return how many texts are not settled, and how many that came in are not stored."""
        with self.services.transactions.engine.connect() as connection:
            stored = connection.scalar(text("SELECT count(*) FROM inbound_receipt"))
            return connection.scalar(OPEN), max(self.receives - stored, 0)

    def _start(self, name: str, **chances: float) -> None:
        self.started += 1
        kind, _, number = name.partition(" ")
        # A worker's callbacks go to a web server of its own; the last one is also where fallbacks go.
        port = self.web_ports[int(number) % self.webs]
        arguments = {
            "web": [str(port)],
            "worker": ["--seed", str(self.seed * 1000 + self.started)],
            "beat": [str(self._own_folder(name))],
        }[kind]
        if kind == "worker":
            for option, value in chances.items():
                arguments += [f"--{option}", str(value)]
            if self.unhurried:
                arguments.append("--unhurried")
        self.processes[name] = self.nursery.start(
            f"tests.chaos.{kind}",
            *arguments,
            env=self._environment(port),
            output=self.folder / f"{kind}{number}.log",
        )

    def _own_folder(self, name: str) -> Path:
        folder = self.folder / name.replace(" ", "")
        folder.mkdir(exist_ok=True)
        return folder

    def _revive(self, **chances: float) -> None:
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                if process.returncode == -signal.SIGKILL:
                    self.deaths[f"{name.split()[0]} killed"] += 1
                self._start(name, **chances)
            elif psutil.Process(process.pid).status() == psutil.STATUS_STOPPED:
                since = self.stopped_at.setdefault(name, time.monotonic())
                if time.monotonic() - since > LEASE_SECONDS + 1.5:
                    self.stopped_at.pop(name)
                    self.deaths["worker stopped past its lease"] += 1
                    process.send_signal(signal.SIGCONT)

    def _kill(self, name: str) -> None:
        process = self.processes[name]
        if process.poll() is None:
            process.kill()
            process.wait()

    def _stop(self, name: str) -> None:
        process = self.processes[name]
        if process.poll() is None:
            process.send_signal(signal.SIGSTOP)

    def _kill_postgres(self) -> None:
        pid = self.servers.postgres.pid()
        if pid is None:
            return
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(one.pid, signal.SIGKILL)
        psutil.wait_procs(family, timeout=5)
        self.servers.postgres.start()
        self.deaths["PostgreSQL killed"] += 1

    def _kill_redis(self) -> None:
        pid = self.servers.redis.pid()
        if pid is None:
            return
        found = psutil.Process(pid)
        found.kill()
        psutil.wait_procs([found], timeout=5)
        self.servers.redis.start()
        self.deaths["Redis killed"] += 1

    def _end(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    # -- counting

    def _count(self) -> Outcome:
        texts_in = self.receives + escalations.ANSWERS
        outcome = Outcome(sends=self.sends, receives=texts_in, deaths=self.deaths)
        outcome.alarms = escalations.count(self.services)
        with self.services.transactions.begin(actor=SYSTEM) as uow:
            rows = uow.session.execute(
                text("SELECT id, kind, state, body_enc FROM message WHERE direction = 'out'")
            ).all()
            state = {uow.vault.open("message.body", row.id, row.body_enc): row.state for row in rows}
            outcome.shown = [_story(uow, row) for row in rows if row.state in TO_STAFF]
            outcome.slowest_doubt = float(uow.session.scalar(SLOWEST) or 0)
            outcome.in_doubt = uow.session.scalar(
                text("SELECT count(*) FROM attempt WHERE looks > 0 OR state = 'in_doubt'")
            )
            sids = list(uow.session.scalars(text("SELECT sid FROM inbound_receipt")))
        for phone, bodies in self.bodies.items():
            shown = Counter(self._shown(phone))
            for body in bodies:
                outcome.doubled += max(shown[body] - 1, 0)
                outcome.stuck += state[body] in UNSETTLED
                if not shown[body]:
                    outcome.shown_to_staff += state[body] in TO_STAFF
                    outcome.lost += state[body] not in (*TO_STAFF, *UNSETTLED)
                elif state[body] == "in_doubt":
                    outcome.shown_to_staff += 1
        inbound = {
            one.sid for one in self.simulator.world.store.messages.values() if one.direction == "inbound"
        }
        outcome.received = len(inbound & set(sids))
        outcome.received_twice = len(sids) - len(set(sids))
        return outcome

    def _shown(self, phone: str) -> list[str]:
        with self.simulator.world.store.lock:
            found = self.simulator.world.store.handsets.get(phone)
            return [one.body for one in found.texts if one.inward] if found else []


def _story(uow: UnitOfWork, row: Any) -> str:
    """Say what was tried for a text, in order: the state of each send and how often it was looked for."""
    sends = uow.session.execute(
        text("SELECT state, looks, error_code FROM attempt WHERE message_id = :id ORDER BY number"),
        {"id": row.id},
    )
    told = ", ".join(f"{one.state} ({one.looks} looks, code {one.error_code})" for one in sends)
    return f"{row.kind} {row.state}: {told}"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
