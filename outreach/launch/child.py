"""One process of ours: started, watched, started again after a growing pause, and stopped."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from outreach.launch import commands

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 30.0
CRASH_LOOP = 3
LARGEST_LOG = 20_000_000
LONGEST_LINE = 160
NAMES_AN_ERROR = re.compile(r"(outreach: |[\w.]*(Error|Exception)\b)")


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What to run under which name, and the seconds it may take to end."""

    name: str
    command: Sequence[str]
    stop_seconds: float


@dataclass
class Child:
    """A process that should always run. Output goes to a private log file of its own."""

    spec: Spec
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    deaths: int = 0
    _process: subprocess.Popen[bytes] | None = None
    _started: float = 0.0
    _again_at: float = 0.0

    def start(self) -> None:
        """Start the process in a session of its own, bound to the life of this one."""
        with open_log(self.log) as output:
            self._process = subprocess.Popen(
                commands.tethered(list(self.spec.command)),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def runs(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def pid(self) -> int | None:
        """Return the process id while it lives."""
        return self._process.pid if self._process and self.runs() else None

    def watch(self) -> str | None:
        """Start the process again when it has died; return a line to show when it keeps dying."""
        if self.runs():
            self._trim_log()
            if self.deaths and time.monotonic() - self._started > HEALTHY_AFTER:
                self.deaths = 0
            return None
        if self._process is not None:
            return self._bury(self._process)
        if time.monotonic() >= self._again_at:
            self.start()
        return None

    def _bury(self, process: subprocess.Popen[bytes]) -> str | None:
        # What it left behind in its group would hold its port.
        kill_group(process.pid)
        self._process = None
        self.deaths += 1
        pause = min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self._again_at = time.monotonic() + pause
        if self.deaths != CRASH_LOOP:
            return None
        return (
            f"{self.spec.name} keeps stopping (exit {process.returncode}): {last_line(self.log)} "
            f"It is tried again, ever more slowly. Log: {self.log}"
        )

    def stop(self) -> None:
        """Ask the process to end, wait for as long as it may take, then kill what is left of it."""
        if self._process is None:
            return
        if self.runs():
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(self.spec.stop_seconds)
        self.kill()

    def kill(self) -> None:
        """Kill the process and all it started."""
        if self._process is not None:
            kill_group(self._process.pid)
            self._process.wait()

    def _trim_log(self) -> None:
        if self.log.stat().st_size > LARGEST_LOG:
            # The process appends: after the cut it goes on at the new end.
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)


def rotate(log: Path) -> None:
    """Put a log of an earlier start aside, keeping one."""
    if log.exists():
        log.replace(log.with_suffix(".log.1"))


def open_log(path: Path) -> BinaryIO:
    """Open a log to append to, which only its owner may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab")


def last_line(log: Path) -> str:
    """Return the last line of a log that names an error, else its last line, shortened."""
    try:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    except FileNotFoundError:
        lines = []
    telling = [line for line in lines[-30:] if NAMES_AN_ERROR.match(line)] or lines[-1:]
    return telling[-1].removeprefix("outreach: ")[:LONGEST_LINE] if telling else "it said nothing."


def kill_group(pid: int) -> None:
    """Kill every process of a session that we started, if there are any."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
