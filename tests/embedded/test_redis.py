"""The embedded Redis: private, on a port of its own, gone without a trace."""

from __future__ import annotations

import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import redis

from outreach.embedded.redis import EmbeddedRedis

pytestmark = pytest.mark.servers
Make = Callable[[Path], EmbeddedRedis]


def test_answers_those_who_know_the_password(private_home: Path, redis_in: Make) -> None:
    server = redis_in(private_home / "data")

    server.start()

    client = redis.Redis.from_url(server.url(63))
    assert client.ping()
    assert server.answers()
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server._port()).ping()
    assert stat.S_IMODE((server.home / "redis.conf").stat().st_mode) == 0o600
    client.close()


def test_keeps_its_port_over_a_restart(private_home: Path, redis_in: Make) -> None:
    server = redis_in(private_home / "data")
    server.start()
    before = server.url()
    server.stop()
    assert not server.is_running()

    server.start()

    assert server.url() == before


def test_takes_another_port_when_its_own_is_taken(private_home: Path, redis_in: Make) -> None:
    server = redis_in(private_home / "data")
    server.start()
    before = server._port()
    server.stop()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", before))
        squatter.listen()

        server.start()

        assert server._port() != before
        assert server.answers()


def test_two_copies_and_a_second_start(private_home: Path, redis_in: Make) -> None:
    one, again, other = (redis_in(private_home / name) for name in ("one", "one", "other"))
    one.start()
    again.start()
    other.start()

    assert one.pid() == again.pid() != other.pid()
    assert one.url() != other.url()


def test_comes_back_empty_after_a_kill(private_home: Path, redis_in: Make) -> None:
    server = redis_in(private_home / "data")
    server.start()
    with redis.Redis.from_url(server.url()) as client:
        client.set("a", "b")
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert not server.is_running()

    server.start()

    with redis.Redis.from_url(server.url()) as client:
        assert client.dbsize() == 0
    assert not [path.name for path in server.home.iterdir() if path.suffix in (".rdb", ".aof")]


def test_a_frozen_server_runs_answers_nobody_and_can_be_stopped(private_home: Path, redis_in: Make) -> None:
    server = redis_in(private_home / "data")
    server.start()
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)

    assert server.is_running()
    assert not server.answers()
    server.stop()

    assert not server.is_running()


def test_many_starts_leave_nobody_behind(private_home: Path, redis_in: Make) -> None:
    servers = [redis_in(private_home / str(number)) for number in range(8)]
    for server in servers:
        server.start()
    for server in servers:
        server.stop()

    assert not [p for p in psutil.process_iter() if p.name() == "redis-server" and _below(p, private_home)]


def _below(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.cwd().startswith(str(folder))
    except psutil.Error:
        return False
