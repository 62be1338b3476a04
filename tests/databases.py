"""Databases for tests: migrated once in a run, then copied."""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text

from outreach import schema
from outreach.embedded import locks
from tests.servers import Servers

TEMPLATE = "outreach_template"
NEVER_EMPTIED = {"index_key", "alembic_version"}


def empty(servers: Servers, name: str) -> str:
    """Make a database of this name anew, with nothing in it, and return its address."""
    return _make(servers, name, template=None)


def migrated(servers: Servers, name: str) -> str:
    """Make a database of this name anew, with all our tables, and return its address."""
    return _make(servers, name, template=TEMPLATE)


def _make(servers: Servers, name: str, *, template: str | None) -> str:
    admin = create_engine(servers.admin_url(), isolation_level="AUTOCOMMIT")
    # One at a time: a template can be copied by one alone.
    with locks.exclusive(servers.lock), admin.connect() as connection:
        if template:
            _ensure_template(servers, connection)
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        like = f"TEMPLATE {template}" if template else ""
        connection.execute(text(f"CREATE DATABASE {name} {like} OWNER outreach"))
    admin.dispose()
    return servers.database_url(name)


def _ensure_template(servers: Servers, connection: Connection) -> None:
    known = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :n"), {"n": TEMPLATE})
    if known.one_or_none():
        return
    # A run that is killed while it migrates leaves no half of a template.
    connection.execute(text(f"CREATE DATABASE {TEMPLATE}_new OWNER outreach"))
    schema.upgrade(servers.database_url(f"{TEMPLATE}_new"))
    connection.execute(text(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}"))
