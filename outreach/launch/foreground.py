"""One process of ours in the foreground, for real deployments: `outreach web`, `worker` and `beat`."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from types import FrameType
from typing import NoReturn

from outreach.launch import commands

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def become(command: list[str], environment: Mapping[str, str]) -> NoReturn:
    """Turn this process into the command, so that its signals and its exit code are the command's own."""
    os.execve(command[0], command, dict(environment))  # noqa: S606 - no shell, our own arguments


def run(command: list[str], environment: Mapping[str, str]) -> int:
    """Run the command to its end, passing signals on to it, and return its exit code."""
    process = subprocess.Popen(commands.tethered(command), env=dict(environment), start_new_session=True)

    def forward(number: int, _frame: FrameType | None) -> None:
        process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        return process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
