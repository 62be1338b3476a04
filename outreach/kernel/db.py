"""The database: engine, base class of all models, and column shorthands."""

from __future__ import annotations

import select
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import psycopg
from sqlalchemy import DateTime, Engine, LargeBinary, MetaData, create_engine, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Id = Annotated[UUID, mapped_column(postgresql.UUID(as_uuid=True), primary_key=True)]
Ref = Annotated[UUID, mapped_column(postgresql.UUID(as_uuid=True))]
At = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Sealed = Annotated[bytes, mapped_column(LargeBinary)]
"""An encrypted column: its name ends in `_enc`, it is written and read through the vault only."""


class Base(DeclarativeBase):
    """Every table of ours. `__retention__` names its retention class (docs/retention.md)."""

    metadata = MetaData(naming_convention=NAMING)


def connect(url: str, *, pool_size: int = 16) -> Engine:
    """Return an engine that never prints bound values and drops a connection that died in the pool."""
    engine = create_engine(
        url,
        hide_parameters=True,  # SQLAlchemy's exceptions would quote patients' words otherwise
        pool_size=pool_size,
        max_overflow=pool_size * 2,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=15s", "connect_timeout": 10},
    )
    event.listen(engine, "checkout", _drop_dead)
    return engine


def at_once(engine: Engine, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement that commits by itself, and return its rows.

    For hot paths: the driver is called directly, which saves half of what a statement costs here. Values are
    named as the driver does, %(like)s. Raise DBAPIError, which quotes no values.
    """
    pooled = engine.raw_connection()
    driver: Any = pooled.driver_connection
    try:
        driver.autocommit = True
        cursor = driver.execute(statement, values, prepare=True)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        driver.autocommit = False
    except psycopg.Error as error:
        pooled.invalidate()
        raise DBAPIError(None, None, error, hide_parameters=True) from None
    except BaseException:
        pooled.invalidate()  # it still commits by itself: the next transaction on it could not be taken back
        raise
    finally:
        pooled.close()
    return rows


def _drop_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool replace a connection whose server has hung up.

    An idle connection has nothing to say: if something can be read from it, that is its end (or a notice, and
    then a fresh one does no harm). Asking the server instead costs a round trip for each transaction.
    """
    if connection.closed:
        raise DisconnectionError
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    if waiting.poll(0):
        raise DisconnectionError
