"""The database: engine, base class of all models, and column shorthands."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import DateTime, Engine, LargeBinary, MetaData, create_engine
from sqlalchemy.dialects import postgresql
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
    """Return an engine that never prints bound values and pings a stale connection before use."""
    return create_engine(
        url,
        hide_parameters=True,  # SQLAlchemy's exceptions would quote patients' words otherwise
        pool_pre_ping=True,
        pool_size=pool_size,
        max_overflow=pool_size * 2,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=15s", "connect_timeout": 10},
    )
