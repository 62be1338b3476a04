"""Finding due contacts with ten thousand and with ten million planned ones.

    python -m bench.due [--few 10000] [--many 300000] [--due 500] [--crowd 10000]
    make bench-due                 # the whole of it: --many 10000000

The same question the worker asks, of two databases on one server, in turns: one with few planned contacts,
one with many. It prints the median time, and how many rows and pages PostgreSQL says it read (EXPLAIN) for
what it found. Aim: at most 1.2 times the time, at most twice the rows. Indexes and constraints are put aside
while the table is filled and made again before anything is measured: it is measured as migrations left it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event, text

from outreach import bootstrap, config, schema, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel import log
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.touchpoints import queries
from tests.messaging import make

ASKED = 200
FILL = text(
    """
    INSERT INTO touchpoint (id, patient_id, team_id, source_kind, source_id, step, occurrence, anchor_version,
        local_day, local_time, due_at, not_after, state)
    SELECT uuidv7(), :patient_id, :team_id, 'program', uuidv7(), 'check', 0, 1,
        CAST(at.due AS date), '10:00', at.due, at.due + interval '6 hours', 'planned'
    FROM generate_series(1, :count) AS n,
        LATERAL (SELECT CAST(:now AS timestamptz) + make_interval(secs => :first + n * :step) AS due) AS at
    """
)
CONSTRAINTS = text(
    """
    SELECT format('ALTER TABLE touchpoint DROP CONSTRAINT %I', conname) AS aside,
        format('ALTER TABLE touchpoint ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) AS again
    FROM pg_constraint WHERE conrelid = 'touchpoint'::regclass AND contype IN ('f', 'u')
    """
)
INDEXES = text(
    """
    SELECT format('DROP INDEX %I', c.relname) AS aside, pg_get_indexdef(i.indexrelid) AS again
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = 'touchpoint'::regclass AND NOT EXISTS (
        SELECT FROM pg_constraint WHERE conindid = i.indexrelid AND conrelid = i.indrelid
    )
    """
)
THIRTY_DAYS = 30 * 24 * 3600
LARGE = 100_000
"""Rows from which on it is faster to make indexes and constraints again than to keep them up."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One filling of the table."""

    milliseconds: float
    found: int
    read: int
    pages: int
    """Pages of 8 kB looked at, in memory or not."""


@contextmanager
def stage() -> Iterator[tuple[Services, Services]]:
    """Start a server with two databases of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder,
        runtime.ensure(Path(folder), durable=False) as servers,
    ):
        own = runtime.simulator_settings(servers.secrets, web=1, simulator=1)
        first = servers.environment()["OUTREACH_DATABASE_URL"]
        with psycopg.connect(first.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE many")
        both = []
        for url in (first, servers.postgres.url("many")):
            schema.upgrade(url)
            environment = servers.environment() | own | {"OUTREACH_DATABASE_URL": url}
            settings = Settings.from_env(config.child_environment(environment))
            both.append(bootstrap.build(settings, wake=wake.nobody))
        yield both[0], both[1]
        for services in both:
            services.transactions.engine.dispose()


class Bench:
    """A table that fills up."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._planned = 0
        with services.transactions.begin(actor=SYSTEM) as uow:
            clinic = make.clinic(uow)
            who = make.someone(uow, clinic)
            self._values = {"patient_id": who.patient_id, "team_id": clinic.team_id, "now": uow.now}

    def plan(self, upto: int) -> None:
        """Have this many contacts planned for the next thirty days, none of them due."""
        self._fill(count=upto - self._planned, first=3600.0, step=THIRTY_DAYS / upto)
        self._planned = upto

    def fall_due(self, count: int) -> None:
        """Have exactly this many contacts due, all within the last minute."""
        self._run(text("DELETE FROM touchpoint WHERE due_at <= :now"))
        self._fill(count=count, first=-60.0, step=60.0 / count * 0.999)

    def ask(self, limit: int) -> tuple[int, float]:
        """Ask once; return how many are due, and the milliseconds it took."""
        with self._services.transactions.begin(actor=SYSTEM) as uow:
            began = time.perf_counter()
            found = len(queries.due(uow, limit=limit))
            return found, (time.perf_counter() - began) * 1000

    def _fill(self, **values: float) -> None:
        with self._services.transactions.engine.begin() as connection:
            connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            put_aside = []
            if values["count"] >= LARGE:
                put_aside = [*connection.execute(CONSTRAINTS).all(), *connection.execute(INDEXES).all()]
            for one in put_aside:
                connection.execute(text(one.aside))
            connection.execute(FILL, self._values | values)
            for one in reversed(put_aside):
                connection.execute(text(one.again))
        with self._services.transactions.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE touchpoint")
            )

    def _run(self, statement: Any, **values: float) -> None:
        with self._services.transactions.engine.begin() as connection:
            connection.execute(statement, self._values | values)

    def read(self, limit: int) -> tuple[int, int]:
        """Return the rows and the pages that the plan of the worker's very statement touched."""
        plans: list[Any] = []

        def explain(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith("SELECT touchpoint") and not plans:
                plans.append(None)
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement, parameters)
                plans[0] = cursor.fetchone()[0][0]["Plan"]

        engine = self._services.transactions.engine
        event.listen(engine, "before_cursor_execute", explain)
        try:
            with self._services.transactions.begin(actor=SYSTEM) as uow:
                queries.due(uow, limit=limit)
        finally:
            event.remove(engine, "before_cursor_execute", explain)
        return _rows(plans[0]), plans[0]["Shared Hit Blocks"] + plans[0]["Shared Read Blocks"]


def _rows(plan: dict[str, Any]) -> int:
    """Return the rows a plan's scans touched, those filtered out included."""
    below = plan.get("Plans", [])
    if below:
        return sum(_rows(one) for one in below)
    return int(plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0))


def measure(tables: Sequence[Bench], limit: int) -> list[Figures]:
    """Ask each in turn, many times; return medians and what PostgreSQL read."""
    times: list[list[float]] = [[] for _ in tables]
    found = [0 for _ in tables]
    for _ in range(ASKED):
        for place, table in enumerate(tables):
            found[place], took = table.ask(limit)
            times[place].append(took)
    made = []
    for place, table in enumerate(tables):
        rows, pages = table.read(limit)
        middle = statistics.median(times[place])
        made.append(Figures(milliseconds=middle, found=found[place], read=rows, pages=pages))
    return made


def say(what: str, one: Figures, beside: Figures) -> None:
    """Print one line."""
    times = one.milliseconds / beside.milliseconds
    rows = one.read / max(one.found, 1)
    print(
        f"due  {what:<42} {one.milliseconds:6.2f} ms, {times:4.2f} of the few; "
        f"found {one.found}, read {one.read} rows ({rows:.2f} each) on {one.pages} pages",
        flush=True,
    )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=300_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--crowd", type=int, default=10_000)
    given = parser.parse_args()
    log.configure(level=40)
    with stage() as (first, second):
        few, many = Bench(first), Bench(second)
        few.plan(given.few)
        began = time.monotonic()
        many.plan(given.many)
        print(f"due  {given.many:,} planned in {time.monotonic() - began:.0f} s", flush=True)
        for due in (given.due, given.crowd):
            few.fall_due(due)
            many.fall_due(due)
            small, large = measure((few, many), given.due)
            say(f"{given.few:,} planned, {due:,} due in a minute", small, small)
            say(f"{given.many:,} planned, {due:,} due in a minute", large, small)


if __name__ == "__main__":
    main()
