"""Rotating the key ring: every sealed value is opened and sealed anew with the first key.

Row by row in small transactions, so that it may run beside the service and be stopped at any time. Blind
indexes are not touched (see index_keys).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import LargeBinary, Table, func, select, update
from sqlalchemy.orm import Session

from outreach.kernel.crypto import KeyRing
from outreach.kernel.db import Base
from outreach.kernel.transactions import Transactions

BATCH = 200
KEY_PLACE = 2
"""Where the two bytes of the key's number stand in a sealed value, counted from one."""

OWN_KEYS = {"audit_event.detail_enc"}
"""Sealed under a patient's own key, which itself is sealed by the ring."""

AAD = {"index_key.key_enc": "index_key"}


def sealed_columns() -> tuple[tuple[Table, str], ...]:
    """Return every column that the ring seals, by table."""
    return tuple(
        (table, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_enc")
        and isinstance(column.type, LargeBinary)
        and f"{table.name}.{column.name}" not in OWN_KEYS
    )


def count_left(transactions: Transactions) -> int:
    """Return how many sealed values are under another key than the first."""
    with Session(transactions.engine) as session:
        return sum(
            session.scalar(select(func.count()).select_from(table).where(_old(table, name, transactions)))
            or 0
            for table, name in sealed_columns()
        )


def rotate(transactions: Transactions) -> Iterator[int]:
    """Seal anew what is under an older key; yield how many values each small transaction did.

    Raise UnableToDecrypt if the ring lacks a key that is still in use.
    """
    for table, name in sealed_columns():
        while True:
            with Session(transactions.engine) as session:
                done = _some(session, table, name, transactions)
                session.commit()
            if not done:
                break
            yield done


def _some(session: Session, table: Table, name: str, transactions: Transactions) -> int:
    keys = list(table.primary_key.columns)
    rows = session.execute(
        select(*keys, table.c[name])
        .where(_old(table, name, transactions))
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    ring: KeyRing = transactions.vault.ring
    for row in rows:
        aad = _aad(table, name, row[: len(keys)])
        fresh = ring.encrypt(ring.decrypt(bytes(row[-1]), aad=aad), aad=aad)
        where = [column == value for column, value in zip(keys, row[: len(keys)], strict=True)]
        session.execute(update(table).where(*where).values({name: fresh}))
    return len(rows)


def _old(table: Table, name: str, transactions: Transactions) -> Any:
    primary = transactions.vault.ring.primary.to_bytes(2, "big")
    column = table.c[name]
    return column.is_not(None) & (func.substr(column, KEY_PLACE, 2) != primary)


def _aad(table: Table, name: str, key: Any) -> bytes:
    column = AAD.get(f"{table.name}.{name}", f"{table.name}.{name.removesuffix('_enc')}")
    return f"{column}\x1f{':'.join(str(part) for part in key)}".encode()
