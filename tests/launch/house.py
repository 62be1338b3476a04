"""A whole `outreach up` in a process of its own, as a person would start it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis
from tests.launch.processes import lives, wait_for

ROOT = Path(__file__).parents[2]
READY = "Outreach is ready"


@dataclass
class House:
    """One running copy."""

    process: subprocess.Popen[bytes]
    data: Path
    output: Path
    port: int
    simulator_port: int

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self, seconds: float = 120) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.said()
            return READY in self.said()

        try:
            wait_for(ready, seconds=seconds)
        except AssertionError:
            raise AssertionError(self.said() + self.logs()) from None

    def logs(self) -> str:
        return "\n".join(f"== {log.name}\n{log.read_text()}" for log in (self.data / "logs").glob("*.log"))

    def children(self) -> dict[str, int]:
        """The process ids of our processes by a word of their command."""
        found = {}
        for process in psutil.Process(self.process.pid).children():
            try:
                line = " ".join(process.cmdline())
            except psutil.Error:  # it has just ended
                continue
            for name, sign in (
                ("simulator", "outreach.simulator"),
                ("web", "granian"),
                ("worker", " worker "),
                ("beat", " beat "),
            ):
                if sign in line:
                    found[name] = process.pid
        return found

    def everyone(self) -> list[int]:
        servers = (EmbeddedPostgres(self.data).pid(), EmbeddedRedis(self.data).pid())
        below = psutil.Process(self.process.pid).children(recursive=True)
        return [process.pid for process in below] + [pid for pid in servers if pid is not None]

    def get(self, path: str, *, port: int | None = None) -> int:
        line = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=5)
        try:
            line.request("GET", path)
            return line.getresponse().status
        finally:
            line.close()

    def ctrl_c(self) -> float:
        """Ask to stop as a terminal does, and return the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        return time.monotonic() - began


@contextmanager
def house(data: Path, ports: tuple[int, int], *arguments: str) -> Iterator[House]:
    command = [sys.executable, "-m", "outreach.cli.main", "up", "--data", str(data), *arguments]
    command += ["--port", str(ports[0]), "--simulator-port", str(ports[1])]
    output = data.with_name(f"{data.name}-{time.monotonic_ns()}.out")
    with output.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    found = House(process, data, output, *ports)
    try:
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
        for server in (EmbeddedRedis(data), EmbeddedPostgres(data)):
            server.stop()


def all_gone(pids: list[int]) -> bool:
    return not any(map(lives, pids))
