"""Migrations from inside: bring a database up to date, and say whether it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(database_url: str, *, to: str = "head") -> None:
    """Run every migration that has not run yet, or those up to a revision."""
    command.upgrade(_config(database_url), to)


def releases() -> list[str]:
    """Return every revision there is, oldest first."""
    scripts = ScriptDirectory.from_config(_config("")).walk_revisions()
    return [one.revision for one in scripts][::-1]


def is_current(engine: Engine) -> bool:
    """Return whether the database has the newest migration and no other."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_heads()
    return set(found) == set(ScriptDirectory.from_config(_config("")).get_heads())


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config
