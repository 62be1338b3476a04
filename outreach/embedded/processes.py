"""Servers that outlive us, found again by their pid file and stopped step by step."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

POLL_SECONDS = 0.02


def find(pid_file: Path, *, name: str, folder: Path) -> psutil.Process | None:
    """Return the running server that a pid file names, or None.

    A pid may have been given to another program since: only a process of this name, working in this
    folder, is ours.
    """
    try:
        pid = int(pid_file.read_text().split(maxsplit=1)[0])
        process = psutil.Process(pid)
        return process if _is(process, name=name, folder=folder) else None
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError, psutil.NoSuchProcess):
        return None


def _is(process: psutil.Process, *, name: str, folder: Path) -> bool:
    if process.status() == psutil.STATUS_ZOMBIE or process.name() != name:
        return False
    try:
        return process.cwd() == str(folder)
    except psutil.AccessDenied:
        return True


def gone(process: psutil.Process) -> bool:
    """Tell whether a process has ended, reaped or not."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def stop(process: psutil.Process, steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send one signal after the other, each with its seconds to work, until the process has ended."""
    for number, seconds in steps:
        try:
            process.send_signal(number)
            process.send_signal(signal.SIGCONT)  # a frozen process would never see the first one
        except psutil.NoSuchProcess:
            return
        if wait_until_gone(process, seconds=seconds):
            return


def wait_until_gone(process: psutil.Process, *, seconds: float) -> bool:
    """Wait at most so long for a process to end; tell whether it has."""
    until = time.monotonic() + seconds
    while not gone(process):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True
