"""What `outreach up` can't do, it says in one clear line, with exit code 2, before anything runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from outreach.embedded import folder, locks, runtime
from outreach.embedded.postgres import EmbeddedPostgres

ROOT = Path(__file__).parents[2]


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def refused(data: Path, *arguments: str, become: tuple[str, ...] = (), **environment: str) -> str:
    web, simulator = free_ports()
    command = [sys.executable, "-m", "outreach.cli.main", "up", "--data", str(data)]
    command += ["--port", str(web), "--simulator-port", str(simulator), *arguments]
    result = subprocess.run(
        [*become, *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stderr.count("\n") == 1, result.stderr
    assert not EmbeddedPostgres(data).is_running()
    return result.stderr


@pytest.mark.parametrize("option", ["--port", "--simulator-port"])
def test_a_taken_port(tmp_path: Path, option: str) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        port = squatter.getsockname()[1]

        said = refused(tmp_path / "data", option, str(port))

    assert f"Port {port} is taken" in said
    assert f"{option} N" in said


def test_the_same_port_twice(tmp_path: Path) -> None:
    assert "must differ" in refused(tmp_path / "data", "--port", "9999", "--simulator-port", "9999")


def test_a_file_for_a_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert "is a file, not a folder" in refused(tmp_path / "data")


def test_a_data_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "is a file, not a folder" in refused(tmp_path / "file" / "data")


def test_a_data_folder_of_a_newer_version(tmp_path: Path) -> None:
    folder.prepare(tmp_path / "data")
    (tmp_path / "data" / folder.MARK).write_text("2\n")

    assert "newer version" in refused(tmp_path / "data")


def test_a_data_folder_whose_secrets_are_gone(tmp_path: Path) -> None:
    folder.prepare(tmp_path / "data")
    (tmp_path / "data" / "postgres" / "data").mkdir(parents=True)

    assert "Bring the file back from a backup" in refused(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can become somebody who may not write")
def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    become = ("/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    become += ("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search")

    assert "can't be written by this user" in refused(tmp_path / "data", become=become)


def test_a_data_folder_in_use(tmp_path: Path) -> None:
    folder.prepare(tmp_path / "data")
    with locks.alone(tmp_path / "data" / "up.lock"):
        said = refused(tmp_path / "data")

    assert f"already runs on the data folder {tmp_path / 'data'} (process {os.getpid()})" in said


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    with runtime.ensure(tmp_path / "data", durable=False) as servers:
        url = servers.postgres.url().replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
            connection.execute("INSERT INTO alembic_version VALUES ('9999_later')")

    said = refused(tmp_path / "data")

    assert "made by a newer version of Outreach. Update Outreach" in said


def test_invented_people_in_a_named_database(tmp_path: Path) -> None:
    said = refused(tmp_path / "data", "--demo", OUTREACH_DATABASE_URL="postgresql://somewhere/real")

    assert "unset OUTREACH_DATABASE_URL" in said


def test_fast_time_with_a_real_provider(tmp_path: Path) -> None:
    assert "simulator only" in refused(tmp_path / "data", "--speed", "60", TWILIO_ACCOUNT_SID="AC1")


def test_half_a_set_of_settings(tmp_path: Path) -> None:
    said = refused(tmp_path / "data", OUTREACH_SECRET_KEY="short")

    assert "at least 32 characters" in said
