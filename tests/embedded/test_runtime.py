"""Commands share the servers of one data folder; the last one out stops them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
import redis

from outreach.embedded import folder, locks, runtime
from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis
from tests.clusters import Copy

pytestmark = pytest.mark.servers


def running(path: Path) -> tuple[bool, bool]:
    return EmbeddedPostgres(path).is_running(), EmbeddedRedis(path).is_running()


def test_a_command_has_servers_for_its_own_duration(private_home: Path) -> None:
    with runtime.ensure(private_home / "data", durable=False) as servers:
        settings = servers.environment()
        with psycopg.connect(settings["OUTREACH_DATABASE_URL"].replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with redis.Redis.from_url(settings["OUTREACH_REDIS_URL"]) as client:
            assert client.ping()

    assert running(private_home / "data") == (False, False)
    assert stat.S_IMODE((private_home / "data").stat().st_mode) == 0o700


def test_who_leaves_first_leaves_the_servers_to_the_other(private_home: Path, copy_used: Copy) -> None:
    path = copy_used(private_home / "data")
    with runtime.ensure(path, durable=False):
        with runtime.ensure(path, durable=False) as second:
            pid = second.postgres.pid()
        assert EmbeddedPostgres(path).pid() == pid
        assert running(path) == (True, True)
    assert running(path) == (False, False)


def test_servers_of_a_killed_command_are_taken_over(private_home: Path, copy_used: Copy) -> None:
    path = copy_used(private_home / "data")
    story = (
        "import os, sys, pathlib; from outreach.embedded import runtime\n"
        "with runtime.ensure(pathlib.Path(sys.argv[1]), durable=False): os.kill(os.getpid(), 9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", story, str(path)], cwd=Path(__file__).parents[2])
    assert killed.returncode == -9
    assert running(path) == (True, True)

    with runtime.ensure(path, durable=False) as taken:
        assert taken.redis.answers()

    assert running(path) == (False, False)


def test_commands_that_come_and_go_at_once_all_find_servers(private_home: Path, copy_used: Copy) -> None:
    path = copy_used(private_home / "data")
    answers: list[object] = []

    def command(delay: float) -> None:
        time.sleep(delay)
        with runtime.ensure(path, durable=False) as servers:
            url = servers.environment()["OUTREACH_DATABASE_URL"].replace("+psycopg", "")
            with psycopg.connect(url) as connection:
                answers.append(connection.execute("SELECT 1").fetchone())

    threads = [threading.Thread(target=command, args=(number * 0.05,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [(1,)] * 8
    assert running(path) == (False, False)
    assert not locks.is_used(path)


def test_what_the_environment_says_wins_and_providers_never_mix(private_home: Path, copy_used: Copy) -> None:
    with runtime.ensure(copy_used(private_home / "data"), durable=False) as servers:
        runtime.remember_addresses(servers.folder, web=9000, simulator=9001)

        pretend = servers.fill({"OUTREACH_SECRET_KEY": "mine"})
        real = servers.fill({"TWILIO_ACCOUNT_SID": "AC1"})

    assert pretend["OUTREACH_SECRET_KEY"] == "mine"
    assert pretend["TWILIO_API_BASE_URL"] == "http://127.0.0.1:9001"
    assert real["TWILIO_ACCOUNT_SID"] == "AC1"
    assert "TWILIO_API_BASE_URL" not in real
    assert "TWILIO_AUTH_TOKEN" not in real


def test_a_folder_of_a_newer_version_is_refused(private_home: Path) -> None:
    path = folder.prepare(private_home / "data")
    (path / folder.MARK).write_text("99\n")

    with pytest.raises(folder.UnusableDataFolder, match="newer version"), runtime.ensure(path):
        pass


def test_a_folder_that_cannot_be_written_is_refused(private_home: Path) -> None:
    story = (
        "import sys, pathlib; from outreach.embedded import folder\n"
        "try: folder.prepare(pathlib.Path(sys.argv[1]))\n"
        "except folder.UnusableDataFolder as error: print(error)\n"
    )
    private_home.chmod(0o755)
    become = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    become += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    result = subprocess.run(
        [*(become if os.geteuid() == 0 else []), sys.executable, "-c", story, str(private_home / "data")],
        cwd=Path(__file__).parents[2], capture_output=True, text=True,
    )  # fmt: skip

    if os.geteuid() == 0:
        assert "can't be written by this user" in result.stdout, result.stderr


def test_a_folder_of_something_else_is_refused_and_left_as_it_was(private_home: Path) -> None:
    private_home.chmod(0o755)
    (private_home / "letters").mkdir()

    with pytest.raises(folder.UnusableDataFolder, match="holds other files, like letters"):
        folder.prepare(private_home)

    assert stat.S_IMODE(private_home.stat().st_mode) == 0o755
    assert [path.name for path in private_home.iterdir()] == ["letters"]


def test_many_processes_may_prepare_a_new_folder_at_once(private_home: Path) -> None:
    path = private_home / "data"
    story = (
        "import sys, pathlib; from outreach.embedded import folder\n"
        "sys.stdin.readline(); folder.prepare(pathlib.Path(sys.argv[1]))\n"
    )
    crowd = [
        subprocess.Popen(
            [sys.executable, "-c", story, str(path)], cwd=Path(__file__).parents[2], stdin=subprocess.PIPE
        )
        for _ in range(6)
    ]
    time.sleep(0.5)
    for process in crowd:
        assert process.stdin is not None
        process.stdin.close()

    assert [process.wait() for process in crowd] == [0] * 6
    assert [found.name for found in path.iterdir()] == [folder.MARK]
