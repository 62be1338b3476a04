"""All processes together: told ready once, healed, stopped in order."""

from __future__ import annotations

import http.server
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.embedded import runtime
from outreach.launch.child import Child
from outreach.launch.signals import Stopping, watched
from outreach.launch.supervisor import Probe, Supervisor
from tests.clusters import Copy
from tests.launch.processes import PATIENT, STUBBORN, child, wait_for

pytestmark = pytest.mark.servers
TELL_END = (
    "import pathlib, signal, sys, time\n"
    "def end(*_):\n"
    "    with open({path!r}, 'a') as f: f.write({name!r} + '\\n')\n"
    "    sys.exit()\n"
    "signal.signal(signal.SIGTERM, end)\n"
    "print('up', flush=True)\n"
    "time.sleep(60)\n"
)


def supervisor(children: list[Child], stopping: Stopping, said: list[str], **given: object) -> Supervisor:
    settings: dict[str, object] = {"probes": (), "servers": None, "on_ready": lambda: said.append("ready")}
    return Supervisor(children=children, stopping=stopping, say=said.append, **(settings | given))  # type: ignore[arg-type]


def after(seconds: float, action: Callable[[], object]) -> threading.Timer:
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


@pytest.fixture
def health() -> Iterator[tuple[int, list[int]]]:
    """An address whose answer can be chosen."""
    answer = [503]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answer[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port, answer
    server.shutdown()
    server.server_close()
    thread.join()


def test_stops_in_the_reverse_order_of_its_starts(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    parts = [
        child(tmp_path, TELL_END.format(path=str(ends), name=name), name=name)
        for name in ("simulator", "web", "worker", "beat")
    ]
    stopping, said = Stopping(), list[str]()

    def all_up() -> bool:
        return all(part.log.exists() and part.log.read_text() == "up\n" for part in parts)

    def ask() -> None:
        wait_for(all_up)
        stopping.asked = 1

    after(0, ask)
    supervisor(parts, stopping, said).run()

    assert ends.read_text().split() == ["beat", "worker", "web", "simulator"]
    assert not any(part.runs() for part in parts)


def test_tells_that_it_is_ready_once_and_only_when_all_answer(
    tmp_path: Path, health: tuple[int, list[int]]
) -> None:
    port, answer = health
    stopping, said = Stopping(), list[str]()
    seen: list[list[str]] = []
    after(0.6, lambda: (seen.append(list(said)), answer.__setitem__(0, 200)))
    after(1.5, lambda: setattr(stopping, "asked", 1))

    probes = [Probe(name="web", port=port, path="/readyz")]
    supervisor([child(tmp_path, PATIENT)], stopping, said, probes=probes).run()

    assert seen == [[]]
    assert said.count("ready") == 1


def test_a_second_ctrl_c_does_not_wait(tmp_path: Path) -> None:
    part = child(tmp_path, STUBBORN, stop_seconds=30)
    said: list[str] = []
    with watched() as stopping:
        after(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        after(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
        began = time.monotonic()

        supervisor([part], stopping, said).run()

    assert time.monotonic() - began < 3
    assert not part.runs()
    assert said[-1] == "Killing what still runs."


def test_servers_that_died_are_started_again(tmp_path: Path, copy_used: Copy) -> None:
    stopping, said = Stopping(), list[str]()
    with runtime.ensure(copy_used(tmp_path / "data"), durable=False) as servers:
        urls = servers.environment()
        killed = (servers.postgres.pid(), servers.redis.pid())

        def break_and_wait() -> None:
            for pid in killed:
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            try:
                wait_for(lambda: servers.postgres.is_running() and servers.redis.answers(), seconds=10)
            finally:
                stopping.asked = 1

        after(0.3, break_and_wait)
        supervisor([child(tmp_path, PATIENT)], stopping, said, servers=servers).run()

        assert servers.environment() == urls
        assert servers.postgres.pid() not in (None, killed[0])
        assert servers.redis.pid() not in (None, killed[1])
    assert sum("starting it again" in line for line in said) == 2
