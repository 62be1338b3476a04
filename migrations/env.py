"""Alembic's entry: one migration at a time, with short lock waits, under an advisory lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import NullPool, create_engine, text

from outreach.tables import metadata

ADVISORY_LOCK = 7_202_611


def run() -> None:
    """Run the migrations on the database the caller names."""
    url = context.config.get_main_option("sqlalchemy.url")
    connectable = context.config.attributes.get("connection") or create_engine(
        str(url), hide_parameters=True, poolclass=NullPool
    )
    with connectable.connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
        context.configure(
            connection=connection, target_metadata=metadata, transaction_per_migration=True, compare_type=True
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


run()
