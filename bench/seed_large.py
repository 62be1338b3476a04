"""Fills a database of its own with invented people: 200,000 patients, a million conversations, ten
million texts, one team holding 40 % of them and one thread of 20,000.

    python -m bench.seed_large [--scale 0.05] [--data /tmp/outreach-large]

Everything is encrypted and indexed as the product does it; rows go in by COPY, in the order of time, so
that a thread's texts lie scattered as they would. Attempts, provider ids and delivery events are left
out: no page of the inbox reads them. Meant for bench/pages.py, which measures on what this leaves behind.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import psycopg

from bench.large import people, talks, texts
from bench.large.plan import (
    CONVERSATIONS,
    END,
    LONGEST_THREAD,
    PATIENTS,
    TEAMS,
    TEXTS,
    Plan,
    say,
)
from outreach import bootstrap, schema, wake
from outreach.cli import first_start
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import queries as teams

__all__ = ("END", "configure", "plain", "seed")
PASSWORD = "quiet-harbor-lantern"
NURSE, LEAD = "nurse@riverside.example", "lead@riverside.example"
SETTINGS = {
    "shared_buffers": "1GB", "maintenance_work_mem": "1GB", "max_wal_size": "16GB", "wal_level": "minimal",
    "max_wal_senders": "0", "checkpoint_timeout": "30min", "autovacuum": "off", "effective_cache_size": "4GB",
}  # fmt: skip


def without_indexes(url: str, *tables: str) -> list[str]:
    """Drop the indexes of some tables, and the words' key; return the statements that make them again."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i "
            "LEFT JOIN pg_constraint c ON c.conname = i.indexname "
            "WHERE i.tablename = ANY(%s) AND c.conname IS NULL",
            [list(tables)],
        ).fetchall()
        for name, _ in found:
            connection.execute(f'DROP INDEX "{name}"')
        connection.execute("ALTER TABLE message_word DROP CONSTRAINT IF EXISTS pk_message_word")
    return [
        *(definition for _, definition in found),
        "ALTER TABLE message_word ADD CONSTRAINT pk_message_word PRIMARY KEY (bucket, at, message_id)",
    ]


def finish(url: str, statements: Sequence[str]) -> None:
    """Make the indexes, two at a time, and gather statistics."""
    # The longest first, so that nothing is left to wait for.
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda one: _run(url, one), reversed(statements)))
    _run(url, "VACUUM (ANALYZE)")


def _run(url: str, statement: str) -> None:
    started = time.monotonic()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
    say(f"{statement[:70]}... {time.monotonic() - started:.0f} s")


def clinic(services: Services) -> tuple[list[UUID], UUID, list[UUID]]:
    """Set up the organization, its teams, a nurse of the largest one and a lead of all."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        first_start.set_up(
            uow, organization="Riverside", short_name="Riverside", zone="America/New_York",
            team="Transitions",
            sender="+12025550100", callback="(202) 555-0101", admin_email="ana@riverside.example",
            admin_name="Ana Ruiz", admin_password=PASSWORD, basis="registration",
        )  # fmt: skip
        largest = teams.default_team(uow)
        team_ids = [largest.id] + [
            staff.create_team(
                uow, name=f"Team {number}", sender_id=largest.sender_id, zone="America/New_York"
            )
            for number in range(2, TEAMS + 1)
        ]
        nurse = staff.add_staff(uow, email=NURSE, name="Nora Nurse", password=PASSWORD)
        lead = staff.add_staff(uow, email=LEAD, name="Lena Lead", password=PASSWORD)
        staff.join_team(uow, staff_id=nurse, team_id=largest.id, role="nurse")
        for team_id in team_ids:
            staff.join_team(uow, staff_id=lead, team_id=team_id, role="lead")
        others = [
            staff.add_staff(
                uow, email=f"nurse{number}@riverside.example", name=f"Nurse {number}", password=PASSWORD
            )
            for number in range(6)
        ]
        for person in others:
            staff.join_team(uow, staff_id=person, team_id=largest.id, role="nurse")
    return team_ids, largest.sender_id, [nurse, *others]


def seed(folder: Path, scale: float, minutes: float) -> None:
    """Fill the database of a data folder."""
    started = time.monotonic()
    with runtime.ensure(folder, durable=False) as running:
        configure(running.postgres.admin_url(), SETTINGS)
        running.postgres.stop()
        running.postgres.start()
        schema.upgrade(running.postgres.url())
        environment = running.environment() | running.simulator_environment()
        services = bootstrap.build(Settings.from_env(environment), wake=wake.nobody)
        team_ids, sender_id, staff_ids = clinic(services)
        plan = Plan(
            patients=int(PATIENTS * scale), conversations=int(CONVERSATIONS * scale),
            texts=int(TEXTS * scale),
            longest=min(LONGEST_THREAD, int(TEXTS * scale) // 4), minutes=minutes,
            vault=services.transactions.vault,
            team_ids=team_ids, sender_id=sender_id, staff_ids=staff_ids,
        )  # fmt: skip
        services.transactions.engine.dispose()
        url = plain(running.postgres.admin_url("outreach"))
        later = without_indexes(url, "message", "conversation", "message_word", "patient_word")
        people.phones(plan, url)
        people.people(plan, url)
        people.record(plan, url)
        made = talks.talks(plan)
        texts.texts(plan, url, made)
        talks.conversations(plan, url, made)
        finish(url, later)
        about = {
            "scale": scale, "team": str(team_ids[0]), "longest": made.ids[0], "texts": plan.texts,
            "seconds": round(time.monotonic() - started), "nurse": NURSE, "password": PASSWORD,
        }  # fmt: skip
        (folder / "seeded.json").write_text(json.dumps(about))
        with psycopg.connect(url) as connection:
            size = connection.execute("SELECT pg_size_pretty(pg_database_size('outreach'))").fetchone()
        say(f"done: {about['texts']:,} texts, {size[0] if size else '?'}, {about['seconds']} s, in {folder}")


def configure(admin_url: str, settings: dict[str, str]) -> None:
    """Change settings of the server; they hold from its next start."""
    with psycopg.connect(plain(admin_url), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")


def plain(url: str) -> str:
    """Return a database's address as psycopg reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def main() -> None:
    """Seed and say where."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1.0 is 10,000,000 texts and about 25 GB")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "outreach-large")
    parser.add_argument("--minutes", type=float, default=600, help="write no more texts after so long")
    given = parser.parse_args()
    if (given.data / "seeded.json").exists():
        sys.exit(f"{given.data} is seeded already; remove it to begin anew.")
    os.umask(0o077)
    seed(given.data, given.scale, given.minutes)


if __name__ == "__main__":
    main()
