"""What many tests begin with: made once by the product's own commands, then put back as rows.

The rows lie in a schema of their own beside the product's, in the database of this xdist worker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from outreach.services import Services
from outreach.tables import metadata
from tests.databases import NEVER_EMPTIED

T = TypeVar("T")

COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %(table)s AND is_generated = 'NEVER'
"""


class Kept:
    """The rows of all tables as they were at one moment."""

    def __init__(self, engine: Engine, name: str) -> None:
        """Keep what the tables hold now, but those that are never emptied."""
        self._engine = engine
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")
            filled = [one for one in metadata.tables if one not in NEVER_EMPTIED and _holds(connection, one)]
            statements = [_keep(connection, name, one) for one in filled]
        self._put_back = "".join(statements)

    def put_back(self, *, alone: bool = True) -> None:
        """Fill the empty tables with those rows, as fast as the database can copy them."""
        with self._engine.begin() as connection:
            if alone:
                # A server of the test before may be writing a line at this moment: it waits, or we for it.
                connection.exec_driver_sql("LOCK TABLE patient_key, audit_event IN ACCESS EXCLUSIVE MODE")
            connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {self._put_back}")


def _holds(connection: Connection, table: str) -> bool:
    return bool(connection.exec_driver_sql(f'SELECT EXISTS (SELECT FROM public."{table}")').scalar())


def _keep(connection: Connection, schema: str, table: str) -> str:
    connection.exec_driver_sql(f'CREATE UNLOGGED TABLE {schema}."{table}" AS TABLE public."{table}"')
    columns = connection.exec_driver_sql(COLUMNS, {"table": table}).scalar_one()
    return (
        f'DELETE FROM public."{table}";'
        f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE '
        f'SELECT {columns} FROM {schema}."{table}";'
    )


@dataclass
class Shelf:
    """What was kept in the database of this xdist worker."""

    admin: Engine
    at: datetime
    """When tests begin: what was made then is kept."""
    kept: dict[str, tuple[Any, Kept]] = field(default_factory=dict)

    def once(self, services: Services, name: str, make: Callable[[], T]) -> T:
        """Return what `make` makes; from the second time on only its rows are put back.

        Where a test began at another time, or has made something before, it is made for real.
        """
        if services.transactions.product_clock.now() != self.at or not self._is_empty():
            return make()
        if name in self.kept:
            made, rows = self.kept[name]
            rows.put_back(alone=False)
            return made
        made = make()
        self.kept[name] = (made, Kept(self.admin, f"kept_{name}"))
        return made

    def _is_empty(self) -> bool:
        with self.admin.begin() as connection:
            # There is hardly a command that leaves no line in the record.
            asked = "SELECT NOT EXISTS (SELECT FROM audit_event) AND NOT EXISTS (SELECT FROM organization)"
            return bool(connection.exec_driver_sql(asked).scalar_one())


SHELVES: dict[str, Shelf] = {}
"""By the address of the database: a running product's own has none."""
