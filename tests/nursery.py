"""Processes of ours, each forked from one that has imported what they all need: imports are most of a start.

What runs is what `python -m MODULE ARGUMENTS` would run, in a process of its own, with an environment of its
own, killed and waited for as any other. Only the imports were done before, once. Where the start itself is
what a test is about, start it for real.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from outreach.launch.tether import PR_SET_PDEATHSIG

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = (
    "outreach.web.app", "outreach.twilio.webhooks", "outreach.simulator.server", "granian.cli",
    "celery.bin.worker", "celery.bin.beat", "celery.apps.worker", "celery.apps.beat",
    "celery.concurrency.thread", "kombu.transport.redis", "tests.provider", "outreach.cli.up",
    "outreach.triage.rules.lexicon:load", "outreach.triage.rules.suspicion:load",
)  # fmt: skip
"""What web server, worker, beat and simulator import, and load to read their first text; nothing here reads
settings while it is imported.
"""
Asked = dict[str, Any]


class Forked:
    """One such process, as a Popen would show it."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._nursery.ask(do="poll", pid=self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:  # its number stays its own until the nursery was asked for its end
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that forks the others. It ends when its standard input does: with us, however we end."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery", *modules],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def start(
        self, module: str, *arguments: str, env: Mapping[str, str], output: Path, errors: Path | None = None
    ) -> Forked:
        """Run `python -m module arguments`; what it says is added to a file, or to two."""
        said = {"output": str(output), "errors": str(errors or output)}
        return Forked(self, self.ask(do="start", run=[module, *arguments], env=dict(env), **said))

    def ask(self, **asked: Any) -> Any:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@contextmanager
def nursery(*modules: str) -> Iterator[Nursery]:
    """Have one for the duration of the block."""
    made = Nursery(modules)
    try:
        yield made
    finally:
        made.end()


# -- in the process itself -----------------------------------------------------------------------------------


def main() -> None:
    """Import what is named, then fork whatever is asked for, line by line, until nobody asks any more."""
    gc.disable()
    for name in sys.argv[1:]:
        module, _, load = name.partition(":")
        found = importlib.import_module(module)
        if load:
            getattr(found, load)()
    assert threading.active_count() == 1, "a thread would be missing in every process that is forked"
    gc.freeze()
    gc.enable()
    mine = _serve()
    if mine is not None:
        _become(mine)


def _serve() -> Asked | None:
    """Answer until nobody asks any more. In a process that was forked, return what it is to become."""
    children: dict[int, int | None] = {}
    while line := sys.stdin.readline():
        asked: Asked = json.loads(line)
        answer = _state(children, asked["pid"]) if asked["do"] == "poll" else os.fork()
        if asked["do"] == "start":
            if not answer:
                return asked
            children[answer] = None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in children:
        if _state(children, pid) is None:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return None


def _state(children: dict[int, int | None], pid: int) -> int | None:
    if children[pid] is None:
        with contextlib.suppress(ChildProcessError):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                children[pid] = os.waitstatus_to_exitcode(status)
    return children[pid]


def _become(asked: Asked) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    for number, path in ((1, asked["output"]), (2, asked["errors"])):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.environ.clear()
    os.environ.update(asked["env"])
    time.tzset()
    module, *arguments = asked["run"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
