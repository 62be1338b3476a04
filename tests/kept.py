"""What many tests begin with: made once by the product's own commands, then put back as rows.

The rows lie in a schema of their own beside the product's, in the database of this xdist worker.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from outreach.tables import metadata

COLUMNS = """
    SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name = %(table)s AND is_generated = 'NEVER'
"""


class Kept:
    """The rows of all tables as they were at one moment."""

    def __init__(self, engine: Engine, name: str, *, but: set[str]) -> None:
        """Keep what the tables hold now; `but` names tables that are never emptied."""
        self._engine = engine
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")
            filled = [one for one in metadata.tables if one not in but and _holds(connection, one)]
            statements = [_keep(connection, name, one) for one in filled]
        self._put_back = "".join(statements)

    def put_back(self) -> None:
        """Fill the empty tables with those rows, as fast as the database can copy them."""
        with self._engine.begin() as connection:
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
