"""The command line of each process. The worker's code lies above ours, so it is named, never imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Threads are made when needed and end when idle. Each live page holds one, so few would hang every page.
THREADS = 600
BACKLOG = 1024
WORKER_THREADS = 11
"""As many as the worker's crews are together (workers/crew.py): no kind of work waits for a thread."""
TETHER = Path(__file__).with_name("tether.py")
# -P: a folder the command is started in can't put a module of its own in place of ours.
PYTHON = (sys.executable, "-P")


def web(*, host: str, port: int, workers: int = 1, threads: int = THREADS) -> list[str]:
    """Return the command of the web server: pages, JSON API and webhooks."""
    return [
        *PYTHON, "-m", "granian", "outreach.wsgi:app", "--interface", "wsgi",
        "--host", host, "--port", str(port), "--workers", str(workers),
        "--blocking-threads", str(threads), "--backlog", str(BACKLOG),
        "--backpressure", str(threads), "--workers-kill-timeout", "3", "--respawn-failed-workers", "--no-ws",
        "--http", "1", "--log-level", "error",
    ]  # fmt: skip


def worker(*, threads: int = WORKER_THREADS) -> list[str]:
    """Return the command of one Celery worker with that many threads."""
    return [
        *PYTHON, "-m", "celery", "-A", "workers.app", "worker", "--pool", "threads",
        "--concurrency", str(threads), "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    ]  # fmt: skip


def beat(*, folder: Path) -> list[str]:
    """Return the command of Celery beat, which keeps its schedule and pid in a folder of its own."""
    return [
        *PYTHON, "-m", "celery", "-A", "workers.pulse", "beat", "--schedule", str(folder / "schedule"),
        "--pidfile", "", "--loglevel", "WARNING",
    ]  # fmt: skip


def simulator(
    *, port: int, webhook_base: str, credentials: Path, data: Path, speed: float, seed: int
) -> list[str]:
    """Return the command of the pretend provider and its phones. Its token stands in a file, not here."""
    return [
        *PYTHON, "-m", "outreach.simulator", "--port", str(port), "--webhook-base", webhook_base,
        "--credentials-file", str(credentials), "--data", str(data),
        "--speed", str(speed), "--seed", str(seed),
    ]  # fmt: skip


def outreach(*arguments: str) -> list[str]:
    """Return the command line of one of our own commands."""
    return [*PYTHON, "-m", "outreach.cli.main", *arguments]


def tethered(command: list[str]) -> list[str]:
    """Return the same command, made to end when this process does, however that ends."""
    return [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command]
