"""`outreach up --demo` as a person meets it: it starts, survives, stops, and finds its data again."""

from __future__ import annotations

import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from outreach.embedded import runtime
from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis
from tests import clusters
from tests.launch.house import House, all_gone, house
from tests.launch.processes import lives, wait_for
from tests.launch.test_up_refuses import free_ports

pytestmark = pytest.mark.servers
STOPS_WITHIN = 60.0  # a few seconds on an idle machine; other tests run beside this one


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that nobody but us may enter."""
    with tempfile.TemporaryDirectory(prefix="home-") as made:
        yield Path(made).resolve()


def patients(data: Path) -> int:
    with psycopg.connect(EmbeddedPostgres(data).url().replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT count(*) FROM patient").fetchone()
        assert row is not None
        return row[0]


def test_a_whole_life_of_a_demo(home: Path) -> None:
    """One story, as each of its starts is that of a whole product."""
    data, ports = home / "data", free_ports()
    with house(data, ports, "--demo") as first:
        first.wait_until_ready(seconds=240)
        assert first.get("/readyz") == 200
        assert first.get("/_sim/health", port=first.simulator_port) == 200
        assert set(first.children()) == {"simulator", "web", "worker", "beat"}
        before = patients(data)
        assert before >= 10
        everyone = first.everyone()

        assert first.ctrl_c() < STOPS_WITHIN

        assert first.process.returncode == 0
        assert all_gone(everyone)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    loose = [path for path in data.rglob("*") if path.lstat().st_mode & 0o077 and not path.is_symlink()]
    assert not [path for path in loose if (data / "postgres") not in path.parents]

    with house(data, ports, "--demo") as again:
        again.wait_until_ready(seconds=120)
        assert patients(data) == before
        assert sign_in_lines(again.said()) == sign_in_lines(first.said())
        another_copy_beside_it_takes_nothing_with_it(again, home / "one")
        whoever_is_killed_comes_back(again)
        after_a_hard_kill_nothing_lives_on_and_it_starts_again(again, ports)


def sign_in_lines(said: str) -> list[str]:
    return [line for line in said.splitlines() if "@" in line]


def another_copy_beside_it_takes_nothing_with_it(other: House, folder: Path) -> None:
    with clusters.used(migrated=True) as copy, house(copy(folder), free_ports()) as one:
        one.wait_until_ready()
        with runtime.ensure(other.data) as attached:
            assert attached.redis.answers()

        one.ctrl_c()

    assert EmbeddedPostgres(other.data).is_running()
    assert other.get("/readyz") == 200
    assert other.get("/_sim/health", port=other.simulator_port) == 200


def whoever_is_killed_comes_back(other: House) -> None:
    before = other.children()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    def all_came_back() -> bool:
        now = other.children()
        return len(now) == len(before) == 4 and not set(now.values()) & set(before.values())

    wait_for(all_came_back, seconds=30)
    wait_for(lambda: answers(other), seconds=60)


def answers(copy: House) -> bool:
    try:
        return copy.get("/readyz") == 200
    except OSError:
        return False


def after_a_hard_kill_nothing_lives_on_and_it_starts_again(killed: House, ports: tuple[int, int]) -> None:
    data = killed.data
    ours = list(killed.children().values())
    servers = (EmbeddedPostgres(data).pid(), EmbeddedRedis(data).pid())

    killed.process.kill()
    killed.process.wait()

    wait_for(lambda: not any(map(lives, ours)), seconds=30)
    with house(data, ports) as again:
        again.wait_until_ready()
        assert (EmbeddedPostgres(data).pid(), EmbeddedRedis(data).pid()) == servers
        assert again.ctrl_c() < STOPS_WITHIN
    assert not EmbeddedPostgres(data).is_running()


def test_stopping_while_it_still_starts(home: Path) -> None:
    with house(home / "data", free_ports()) as copy:
        wait_for(lambda: "Bringing the database" in copy.said(), seconds=20)

        assert copy.ctrl_c() < STOPS_WITHIN

        assert copy.process.returncode == 0
        assert not EmbeddedPostgres(home / "data").is_running()
