"""What `outreach up` can't do, it says in one clear line, with exit code 2, before anything runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from outreach.embedded import folder, locks, runtime
from outreach.embedded.postgres import EmbeddedPostgres
from outreach.kernel.errors import OutreachError
from outreach.launch.up import Options
from outreach.launch.up import up as start
from outreach.web import built
from tests.clusters import Copy
from tests.nursery import Nursery

ROOT = Path(__file__).parents[2]
Refused = Callable[..., str]


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.fixture
def refused(nursery: Nursery, tmp_path: Path) -> Refused:
    """Run `outreach up`; return the one line it says when it refuses."""

    def run(data: Path, *arguments: str, **environment: str) -> str:
        env = {"PATH": os.environ["PATH"], **environment}
        said, line = tmp_path / "said", tmp_path / "line"
        process = nursery.start("outreach.cli.main", *up(data, *arguments), env=env, output=said, errors=line)
        return _refusal(data, process.wait(60), said.read_text(), line.read_text())

    return run


def up(data: Path, *arguments: str) -> list[str]:
    web, simulator = free_ports()
    return ["up", "--data", str(data), "--port", str(web), "--simulator-port", str(simulator), *arguments]


def _refusal(data: Path, code: int, said: str, line: str) -> str:
    assert code == 2, said + line
    assert line.count("\n") == 1, line
    assert not EmbeddedPostgres(data).is_running()
    return line


def refused_to_somebody_else(data: Path) -> str:
    """Run `outreach up` as a user who may read everything, and write nothing of ours."""
    become = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    become += ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    result = subprocess.run(
        [*become, sys.executable, "-m", "outreach.cli.main", *up(data)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return _refusal(data, result.returncode, result.stdout, result.stderr)


@pytest.mark.parametrize("option", ["--port", "--simulator-port"])
def test_a_taken_port(refused: Refused, tmp_path: Path, option: str) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]

        said = refused(tmp_path / "data", option, str(port))

    assert f"Port {port} is taken" in said
    assert f"{option} N" in said


def test_the_same_port_twice(refused: Refused, tmp_path: Path) -> None:
    assert "must differ" in refused(tmp_path / "data", "--port", "9999", "--simulator-port", "9999")


def test_a_file_for_a_data_folder(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert "is a file, not a folder" in refused(tmp_path / "data")


def test_a_data_folder_below_a_file(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "is a file, not a folder" in refused(tmp_path / "file" / "data")


def test_a_data_folder_of_a_newer_version(refused: Refused, tmp_path: Path) -> None:
    folder.prepare(tmp_path / "data")
    (tmp_path / "data" / folder.MARK).write_text("2\n")

    assert "newer version" in refused(tmp_path / "data")


def test_a_data_folder_whose_secrets_are_gone(refused: Refused, tmp_path: Path) -> None:
    folder.prepare(tmp_path / "data")
    (tmp_path / "data" / "postgres" / "data").mkdir(parents=True)

    assert "Bring the file back from a backup" in refused(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody who may not write")
def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    assert "can't be written by this user" in refused_to_somebody_else(tmp_path / "data")


def test_a_data_folder_in_use(refused: Refused, tmp_path: Path) -> None:
    folder.prepare(tmp_path / "data")
    with locks.alone(tmp_path / "data" / "up.lock"):
        said = refused(tmp_path / "data")

    assert f"already runs on the data folder {tmp_path / 'data'} (process {os.getpid()})" in said


def test_a_database_of_a_newer_version(refused: Refused, tmp_path: Path, copy_used: Copy) -> None:
    with runtime.ensure(copy_used(tmp_path / "data"), durable=False) as servers:
        url = servers.postgres.url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            connection.execute("INSERT INTO alembic_version VALUES ('9999_later')")

    said = refused(tmp_path / "data")

    assert "made by a newer version of Outreach. Update Outreach" in said


def test_invented_people_in_a_named_database(refused: Refused, tmp_path: Path) -> None:
    said = refused(tmp_path / "data", "--demo", OUTREACH_DATABASE_URL="postgresql://somewhere/real")

    assert "unset OUTREACH_DATABASE_URL" in said


def test_fast_time_with_a_real_provider(refused: Refused, tmp_path: Path) -> None:
    assert "simulator only" in refused(tmp_path / "data", "--speed", "60", TWILIO_ACCOUNT_SID="AC1")


def test_half_a_set_of_settings(refused: Refused, tmp_path: Path, copy_used: Copy) -> None:
    said = refused(copy_used(tmp_path / "data"), OUTREACH_SECRET_KEY="short")

    assert "at least 32 characters" in said


def test_a_clone_without_the_browsers_parts_says_at_start_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, simulator = free_ports()
    taken = tmp_path / "a file"
    taken.write_text("")
    options = Options(data=taken, port=web, simulator_port=simulator, demo=True, seed=None, speed=None)
    said: dict[str, list[str]] = {"built": [], "not built": []}
    for name, dist in (("built", tmp_path / "dist"), ("not built", tmp_path)):
        dist.mkdir(exist_ok=True)
        monkeypatch.setattr(built, "DIST", dist)
        if name == "built":
            (dist / built.MANIFEST).write_text("{}")
        with pytest.raises(OutreachError):
            start(options, said[name].append)

    assert said == {"built": [], "not built": [built.NOT_BUILT]}
    assert "make setup" in built.NOT_BUILT
