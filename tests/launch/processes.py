"""Small processes for the launcher to look after, and ways to watch what became of them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from outreach.launch.child import Child, Spec

STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(other.pid, flush=True)\n"
    "time.sleep(60)\n"
)
PATIENT = "import time; time.sleep(60)"


def child(folder: Path, story: str, *, name: str = "part", stop_seconds: float = 3.0) -> Child:
    command = (sys.executable, "-c", story)
    return Child(
        spec=Spec(name=name, command=command, stop_seconds=stop_seconds),
        environment={"PATH": os.environ["PATH"]},
        log=folder / f"{name}.log",
    )


def wait_for(condition: Callable[[], object], *, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
