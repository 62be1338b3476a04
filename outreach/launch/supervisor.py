"""Keeps the children running until somebody asks to stop; tells once when all of them answer."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from outreach.embedded.runtime import Running
from outreach.kernel.errors import OutreachError
from outreach.launch.child import Child
from outreach.launch.signals import StopNow, Stopping

TICK_SECONDS = 0.1
SERVERS_EVERY = 1.0
ASK_SECONDS = 2.0
SLOW_AFTER = 60.0
OK = 200

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """An address on this machine that answers 200 when a child is ready."""

    name: str
    port: int
    path: str

    def answers(self) -> bool:
        """Ask once."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ASK_SECONDS)
        try:
            line.request("GET", self.path)
            return line.getresponse().status == OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()


@dataclass(kw_only=True)
class Supervisor:
    """Starts the children in order and stops them in the reverse one."""

    children: Sequence[Child]
    probes: Sequence[Probe]
    servers: Running | None
    stopping: Stopping
    say: Say
    on_ready: Callable[[], None]
    _ready: bool = False
    _told_slow: bool = False
    _servers_at: float = 0.0
    _waiting: list[Probe] = field(default_factory=list)

    def run(self) -> None:
        """Run until asked to stop, then stop everything in order; asked twice, kill everything."""
        try:
            self._start()
            while not self.stopping.asked:
                self._tick()
                time.sleep(TICK_SECONDS)
            self.say("Stopping ...")
            for child in reversed(self.children):
                child.stop()
        except StopNow:
            self.say("Killing what still runs.")
        finally:
            for child in self.children:
                child.kill()

    def _start(self) -> None:
        self._began = time.monotonic()
        self._waiting = list(self.probes)
        for child in self.children:
            child.start()

    def _tick(self) -> None:
        for child in self.children:
            problem = child.watch()
            if problem:
                self.say(problem)
        self._heal_servers()
        if not self._ready:
            self._look_whether_ready()

    def _look_whether_ready(self) -> None:
        self._waiting = [probe for probe in self._waiting if not probe.answers()]
        if not self._waiting and all(child.runs() for child in self.children):
            self._ready = True
            self.on_ready()
        elif not self._told_slow and time.monotonic() - self._began > SLOW_AFTER:
            self._told_slow = True
            names = " and ".join(probe.name for probe in self._waiting) or "a process that keeps stopping"
            logs = " ".join(str(child.log) for child in self.children)
            self.say(f"No answer yet from: {names}. Still waiting. Logs: {logs}")

    def _heal_servers(self) -> None:
        if self.servers is None or time.monotonic() < self._servers_at:
            return
        self._servers_at = time.monotonic() + SERVERS_EVERY
        for server in (self.servers.postgres, self.servers.redis):
            if server.is_running():
                continue
            self.say(f"{type(server).__name__} had stopped: starting it again.")
            try:
                server.start()
            except OutreachError as error:
                self.say(str(error))
                self._servers_at += 10 * SERVERS_EVERY
