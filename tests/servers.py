"""One PostgreSQL and one Redis for a whole test run, shared by all of its xdist workers.

`with shared_servers() as servers:` attaches to the servers of this run or starts them; the last worker to
leave stops them and removes their folder. What a killed run left behind is removed by the next one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from outreach.embedded import locks, runtime
from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis
from outreach.embedded.secrets import Secrets


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The servers of this run. The database role may create databases; Redis has 64 of them."""

    folder: Path
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    secrets: Secrets

    def database_url(self, dbname: str) -> str:
        """Return the SQLAlchemy URL of a database of our role, superuser of nothing."""
        return self.postgres.url(dbname)

    def admin_url(self, dbname: str = "postgres") -> str:
        """Return the SQLAlchemy URL of a database for the superuser."""
        return self.postgres.admin_url(dbname)

    def redis_url(self, database: int = 0) -> str:
        """Return the URL of one of the Redis databases: take the number of the xdist worker."""
        return self.redis.url(database)

    @property
    def lock(self) -> Path:
        """A file for `locks.exclusive`, for what only one worker should do (the migrated template)."""
        return self.folder / "tests.lock"


@contextmanager
def shared_servers(run: str | None = None) -> Iterator[Servers]:
    """Run the servers of this test run inside the block. `run` names it; default: the run of xdist."""
    base = _base()
    folder = base / (run or os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"process-{os.getpid()}")
    with locks.exclusive(base / "runs.lock"):
        _remove_leftovers(base, but=folder)
        entered = runtime.ensure(folder, durable=False)
        running = entered.__enter__()
    try:
        yield Servers(folder=folder, postgres=running.postgres, redis=running.redis, secrets=running.secrets)
    finally:
        with locks.exclusive(base / "runs.lock"):
            entered.__exit__(None, None, None)
            if not locks.is_used(folder):
                shutil.rmtree(folder)


def _base() -> Path:
    base = Path(tempfile.gettempdir()).resolve() / f"outreach-tests-{os.geteuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    if base.lstat().st_uid != os.geteuid():
        raise RuntimeError(f"{base} belongs to somebody else: remove it or set TMPDIR")
    return base


def _remove_leftovers(base: Path, *, but: Path) -> None:
    for folder in base.iterdir():
        if folder.is_dir() and folder != but and not locks.is_used(folder):
            EmbeddedRedis(folder).stop()
            EmbeddedPostgres(folder).stop()
            shutil.rmtree(folder)
