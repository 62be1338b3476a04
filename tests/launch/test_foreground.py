"""One process in the foreground: its signals and its exit code are the command's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.servers
ROOT = Path(__file__).parents[2]
COMMAND = (
    "import os, signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
    "print(os.environ.get('SEEN'), len(os.environ), flush=True)\n"
    "time.sleep(30)\n"
)


@pytest.mark.parametrize("way", ["run", "become"])
def test_passes_signals_on_and_returns_the_exit_code(way: str) -> None:
    story = (
        "import sys; from outreach.launch import foreground\n"
        f"command = [sys.executable, '-c', {COMMAND!r}]\n"
        f"sys.exit(foreground.{way}(command, {{'SEEN': 'yes', 'LC_CTYPE': 'C.UTF-8'}}))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", story],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HIDDEN": "secret"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().split() == ["yes", "2"]

    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 7
    process.stdout.close()
