"""Finding due contacts with ten thousand and with ten million planned ones.

    python -m bench.due [--few 10000] [--many 10000000] [--due 500] [--crowd 10000]

The same question the worker asks, on one database filled in two steps. It prints the median time, and how
many rows PostgreSQL says it read (EXPLAIN) for each row found. Aim: at most 1.2 times the time, at most twice
the rows.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    SELECT gen_random_uuid(), :patient_id, :team_id, 'program', gen_random_uuid(), 'check', 0, 1,
        CAST(at.due AS date), '10:00', at.due, at.due + interval '6 hours', 'planned'
    FROM generate_series(1, :count) AS n,
        LATERAL (SELECT CAST(:now AS timestamptz) + make_interval(secs => :first + n * :step) AS due) AS at
    """
)
THIRTY_DAYS = 30 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One filling of the table."""

    milliseconds: float
    found: int
    read: int


@contextmanager
def stage() -> Iterator[Services]:
    """Start a database of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder,
        runtime.ensure(Path(folder), durable=False) as servers,
    ):
        schema.upgrade(servers.postgres.url())
        own = runtime.simulator_settings(servers.secrets, web=1, simulator=1)
        settings = Settings.from_env(config.child_environment(servers.environment() | own))
        services = bootstrap.build(settings, wake=wake.nobody)
        yield services
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

    def measure(self, limit: int) -> Figures:
        """Ask many times; return the median and what PostgreSQL read."""
        times, found = [], 0
        for _ in range(ASKED):
            with self._services.transactions.begin(actor=SYSTEM) as uow:
                began = time.perf_counter()
                found = len(queries.due(uow, limit=limit))
                times.append((time.perf_counter() - began) * 1000)
        return Figures(milliseconds=statistics.median(times), found=found, read=self._read(limit))

    def _fill(self, **values: float) -> None:
        self._run(FILL, **values)
        with self._services.transactions.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE touchpoint")
            )

    def _run(self, statement: Any, **values: float) -> None:
        with self._services.transactions.engine.begin() as connection:
            connection.execute(statement, self._values | values)

    def _read(self, limit: int) -> int:
        """Return the rows that the plan of the worker's very statement touched."""
        plans: list[Any] = []

        def explain(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith("SELECT touchpoint") and not plans:
                plans.append(None)
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)
                plans[0] = cursor.fetchone()[0][0]["Plan"]

        engine = self._services.transactions.engine
        event.listen(engine, "before_cursor_execute", explain)
        try:
            with self._services.transactions.begin(actor=SYSTEM) as uow:
                queries.due(uow, limit=limit)
        finally:
            event.remove(engine, "before_cursor_execute", explain)
        return _rows(plans[0])


def _rows(plan: dict[str, Any]) -> int:
    """Return the rows a plan's scans touched, those filtered out included."""
    below = plan.get("Plans", [])
    if below:
        return sum(_rows(one) for one in below)
    return int(plan["Actual Rows"] * plan["Actual Loops"] + plan.get("Rows Removed by Filter", 0))


def say(what: str, one: Figures, beside: Figures) -> None:
    """Print one line."""
    times = one.milliseconds / beside.milliseconds
    rows = one.read / max(one.found, 1)
    print(
        f"due  {what:<42} {one.milliseconds:6.2f} ms, {times:4.2f} of the first; "
        f"found {one.found}, read {one.read} ({rows:.2f} a row)",
        flush=True,
    )


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=10_000_000)
    parser.add_argument("--due", type=int, default=500)
    parser.add_argument("--crowd", type=int, default=10_000)
    given = parser.parse_args()
    log.configure(level=40)
    with stage() as services:
        bench = Bench(services)
        bench.plan(given.few)
        bench.fall_due(given.due)
        few = bench.measure(given.due)
        say(f"{given.few:,} planned, {given.due:,} due", few, few)
        bench.plan(given.many)
        bench.fall_due(given.due)
        say(f"{given.many:,} planned, {given.due:,} due", bench.measure(given.due), few)
        bench.fall_due(given.crowd)
        say(f"{given.many:,} planned, {given.crowd:,} due in a minute", bench.measure(given.due), few)


if __name__ == "__main__":
    main()
