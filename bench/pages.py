"""Server time of the inbox's pages on the large database that bench/seed_large.py leaves behind.

    python -m bench.pages [--data /tmp/outreach-large] [--rounds 40]

What is measured is the whole request, by a client in the same process: session, audit line, queries,
decryption, rendering. Three times. "start": before each request the server is restarted and the system told
to forget the database's files (POSIX_FADV_DONTNEED), so that not even the catalogs are in memory: the first
page after a night's maintenance. "cold": the server is restarted once per row and the files are forgotten
before each request, each of which asks for another part of the data: what lies on the way to it may be in
memory by then, what it shows never was. Its first request counts as any other. "warm": the same things again.
The product clock stands at the moment up to which the database was filled. Aims: list and thread 50 ms, find
100 ms at p95, cold and warm.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
from flask.testing import FlaskClient
from sqlalchemy import event

from bench import invented, seed_large
from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import queries
from outreach.web.app import create_app

READING = {"shared_buffers": "512MB", "wal_level": "replica", "autovacuum": "on"}
COMMON = ("bandage", "swelling", "fever", "riverside", "prescription", "breathing", "appointment")


@dataclass(kw_only=True)
class Stand:
    """The database, the app on it, and who looks."""

    services: Services
    client: FlaskClient
    about: dict[str, str]
    files: Path
    statements: list[str] = field(default_factory=list)
    csrf: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One page, measured often."""

    p50: float
    p95: float
    cpu: float
    """Milliseconds of processor time a page takes, ours and the database's: a busy machine blurs it less."""
    statements: int

    def __str__(self) -> str:
        spent = f"cpu {self.cpu:5.1f} ms  {self.statements:3} statements"
        return f"p50 {self.p50:6.1f}  p95 {self.p95:6.1f}  {spent}"


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Start the server of a seeded folder and an app on it, signed in as its nurse."""
    about = json.loads((folder / "seeded.json").read_text())
    with runtime.ensure(folder, durable=False) as running:
        seed_large.configure(running.postgres.admin_url(), READING)
        running.postgres.stop()
        running.postgres.start()
        environment = running.environment() | running.simulator_environment()
        settings = Settings.from_env(environment)
        clock = FrozenClock(seed_large.END)
        services = bootstrap.build(settings, wake=wake.nobody, product_clock=clock, pool_size=4)
        app = create_app(services)
        app.config["WTF_CSRF_ENABLED"] = False
        client = app.test_client()
        made = Stand(services=services, client=client, about=about, files=running.postgres.cluster / "base")
        _sign_in(made)
        event.listen(services.transactions.engine, "before_cursor_execute", _noted(made))
        yield made
        services.transactions.engine.dispose()


def _noted(made: Stand) -> Callable[..., None]:
    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        made.statements.append(statement)

    return note


def _sign_in(made: Stand) -> None:
    with made.services.transactions.begin(actor=SYSTEM) as uow:
        welcome = staff.sign_in(
            uow, email=str(made.about["nurse"]), password=str(made.about["password"]), origin="bench"
        )
    with made.client.session_transaction() as session:
        session["token"] = welcome.token  # type: ignore[union-attr]


def forget(made: Stand) -> None:
    """Have the system drop what it keeps in memory of the database's files."""
    for path in made.files.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def measure(made: Stand, asks: list[Callable[[], int]], *, state: str) -> Figure:
    """Ask in turn and take the time; every answer has to be a page."""
    took, counts = [], []
    if state == "cold":
        _restart(made)
    spent = _spent(made)
    for ask in asks:
        if state == "start":
            _restart(made)
        elif state == "cold":
            forget(made)
        made.statements.clear()
        started = time.perf_counter()
        status = ask()
        took.append((time.perf_counter() - started) * 1000)
        counts.append(len(made.statements))
        if status not in (200, 303):
            raise SystemExit(f"a page answered {status}")
    spent = _spent(made) - spent
    took.sort()
    return Figure(
        p50=statistics.median(took),
        p95=took[min(len(took) - 1, int(len(took) * 0.95))],
        cpu=spent * 1000 / len(took),
        statements=max(counts),
    )


def _spent(made: Stand) -> float:
    """Processor seconds of this process and of the sessions it has open."""
    total = time.process_time()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == "postgres" and str(made.files.parent) in " ".join(
                (process.parent() or process).cmdline()
            ):
                times = process.cpu_times()
                total += times.user + times.system
    return total


def _restart(made: Stand) -> None:
    folder = made.files.parent.parent.parent
    made.services.transactions.engine.dispose()
    server = runtime.EmbeddedPostgres(folder, durable=False)
    server.stop()
    forget(made)
    server.start()
    # Whoever looks is connected.
    made.client.get("/session")
    made.client.get("/account/password")


def place(made: Stand, page: int) -> str:
    """Return where a far page of the longest list begins. Raise SystemExit if there is none."""
    with psycopg.connect(seed_large.plain(str(made.about["admin_url"]))) as connection:
        row = connection.execute(
            "SELECT last_at, id FROM conversation WHERE team_id = %s ORDER BY last_at DESC, id DESC "
            "OFFSET %s LIMIT 1",
            [UUID(str(made.about["team"])), page * 30],
        ).fetchone()
    if row is None:
        raise SystemExit(f"there is no page {page}: seed more")
    from outreach.conversations.queries import Cursor

    return Cursor(at=row[0], id=row[1]).encode()


def threads(made: Stand, count: int) -> list[str]:
    """Return conversations of the nurse's team from all over it, the longest first."""
    with psycopg.connect(seed_large.plain(str(made.about["admin_url"]))) as connection:
        rows = connection.execute(
            "SELECT id FROM conversation TABLESAMPLE SYSTEM (1) WHERE team_id = %s LIMIT %s",
            [UUID(str(made.about["team"])), count],
        ).fetchall()
    return [str(made.about["longest"]), *(str(row[0]) for row in rows)]


def wanted(count: int) -> list[str]:
    """Return what is looked for: common words, rare ones, two at once, names, record numbers."""
    invention = invented.Invention()
    chance, words = invention.chance, invention.words
    made = []
    for number in range(count):
        rare = words[int(len(words) * chance.random())]
        kinds = (
            COMMON[number % len(COMMON)],
            rare,
            f"{COMMON[number % len(COMMON)]} {words[int(200 * chance.random())]}",
            " ".join(invention.person()),
            invention.person()[0][:4],
            f"MRN{int(80_000 * chance.random()):07d}",
        )
        made.append(kinds[number % len(kinds)])
    return made


def far_places(made: Stand, count: int) -> list[str]:
    """Return places all over the list of everything, none twice."""
    from outreach.conversations.queries import Cursor

    with psycopg.connect(seed_large.plain(str(made.about["admin_url"]))) as connection:
        rows = connection.execute(
            "SELECT last_at, id, urgency FROM conversation TABLESAMPLE SYSTEM (1) REPEATABLE (7) "
            "WHERE team_id = %s ORDER BY id LIMIT %s",
            [UUID(str(made.about["team"])), count],
        ).fetchall()
    return [Cursor(at=row[0], id=row[1], urgency=row[2]).encode() for row in rows]


def report(made: Stand, rounds: int, *, state: str) -> dict[str, str]:
    """Measure every page and print it."""
    client = made.client
    last = min(1000, int(float(made.about["scale"]) * 13_000))
    far, places = place(made, last), far_places(made, rounds)

    def get(path: str) -> Callable[[], int]:
        return lambda: client.get(path, headers={"Accept": "text/html"}).status_code

    def part(one: str) -> Callable[[], int]:
        return lambda: client.get(f"/inbox/{one}", headers={"HX-Request": "true"}).status_code

    def find(words: str) -> Callable[[], int]:
        return lambda: client.post("/find", data={"q": words}, headers={"Accept": "text/html"}).status_code

    opened = threads(made, rounds * 2)
    lists = ("unassigned", "mine", "waiting", "all", "closed", "failed", "unknown")
    plans = {
        "list, page 1": [get(f"/inbox?view={lists[n % len(lists)]}") for n in range(rounds)],
        "list all, page 1": [get("/inbox?view=all") for _ in range(rounds)],
        f"list all, page {last:,}": [get(f"/inbox?view=all&before={far}") for _ in range(rounds)],
        "list all, any page": [get(f"/inbox?view=all&before={one}") for one in places],
        "thread (part)": [part(one) for one in opened[:rounds]],
        "thread (whole page)": [get(f"/inbox/{one}?view=all") for one in opened[rounds : rounds * 2]],
        "thread of 20,000": [get(f"/inbox/{opened[0]}?view=all") for _ in range(rounds)],
        "find": [find(words) for words in wanted(rounds)],
    }
    found = {}
    for what, asks in plans.items():
        if state == "warm":
            for ask in asks:
                ask()
        found[what] = measure(made, asks, state=state)
        print(f"{state:5}  {what:22}  {found[what]}", flush=True)
    return {what: str(figure) for what, figure in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "outreach-large")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--start-rounds", type=int, default=7)
    given = parser.parse_args()
    with stand(given.data) as made:
        made.about["admin_url"] = runtime.EmbeddedPostgres(given.data, durable=False).admin_url("outreach")
        with made.services.transactions.begin(actor=SYSTEM) as uow:
            count, load = len(queries.teams(uow)), os.getloadavg()[0]
            print(f"{made.about['texts']:,} texts, {count} teams, load of the machine {load:.1f}")
        for state, rounds in (("start", given.start_rounds), ("cold", given.rounds), ("warm", given.rounds)):
            if rounds:
                report(made, rounds, state=state)


if __name__ == "__main__":
    main()
