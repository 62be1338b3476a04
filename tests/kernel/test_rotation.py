"""Rotating the key ring, over every sealed column there is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, Table, insert, select, text

from outreach import tables
from outreach.audit import commands as audit
from outreach.audit import queries as record
from outreach.kernel import index_keys, rotation
from outreach.kernel.crypto import KeyRing, UnableToDecrypt, Vault, key_id_of
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services

OLD, NEW = bytes(range(32)), bytes(range(100, 132))
CODE = Path(tables.__file__).parent


def sealed() -> list[tuple[Table, str]]:
    return [one for one in rotation.sealed_columns() if one[0].name != "index_key"]


def filling(kind: Any) -> Any:
    """Return some value for a column of a type."""
    name = type(kind).__name__
    values = {
        "UUID": UUID(int=7), "Uuid": UUID(int=7), "Text": "x", "Integer": 1, "SmallInteger": 1,
        "BigInteger": 1, "Boolean": False, "Float": 1.0, "Date": date(2026, 3, 10),
        "DateTime": datetime(2026, 3, 10, tzinfo=UTC),
        "LargeBinary": b"x", "JSONB": {}, "Xid8": 1, "ARRAY": [],
    }  # fmt: skip
    return values[name]


@pytest.fixture
def filled(services: Services, admin_engine: Engine) -> Iterator[Transactions]:
    """One row in each table that has sealed columns, sealed by the old key under the rule for names."""
    transactions = services.transactions
    with admin_engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in {table for table, _ in sealed()}:
            row = {
                column.name: filling(column.type)
                for column in table.columns
                if column.identity is None and column.server_default is None
            }
            key = ":".join(str(row[column.name]) for column in table.primary_key.columns)
            for column in table.columns:
                if column.name.endswith("_enc"):
                    name = f"{table.name}.{column.name.removesuffix('_enc')}"
                    row[column.name] = transactions.vault.seal(name, key, f"words of {name}")
            connection.execute(insert(table).values(row))
    return transactions
    # The seals over the record refuse to be deleted by anybody but a superuser; conftest empties the rest.


def with_keys(transactions: Transactions, keys: dict[int, bytes]) -> Transactions:
    vault = Vault(ring=KeyRing(keys), index_keys=transactions.vault.index_keys)
    return replace(transactions, vault=vault)


def test_everything_opens_with_the_new_key_alone(filled: Transactions) -> None:
    turning = with_keys(filled, {2: NEW, 1: OLD})
    before = rotation.count_left(turning)

    done = sum(rotation.rotate(turning))

    assert done == before >= len(sealed())
    assert rotation.count_left(turning) == 0
    alone = with_keys(filled, {2: NEW})
    with alone.begin(actor=SYSTEM) as uow:
        for table, column in sealed():
            row = uow.session.execute(select(*table.primary_key.columns, table.c[column])).one()
            name, key = f"{table.name}.{column.removesuffix('_enc')}", ":".join(map(str, row[:-1]))
            assert uow.vault.open(name, key, row[-1]) == f"words of {name}"
    # The keys of the blind indexes are sealed by the ring too; put them back as other tests know them.
    assert index_keys.load_or_create(filled.engine, KeyRing({2: NEW})) == filled.vault.index_keys
    sum(rotation.rotate(with_keys(filled, {1: OLD, 2: NEW})))


def test_a_key_that_is_still_needed_is_missed_aloud(filled: Transactions) -> None:
    with pytest.raises(UnableToDecrypt):
        sum(rotation.rotate(with_keys(filled, {3: NEW})))


def test_the_record_stays_readable_and_unchanged(services: Services) -> None:
    patient = UUID(int=99)
    with services.transactions.begin(actor=SYSTEM) as uow:
        audit.record(uow, action="tried", subject_kind="list", detail={"about": "nobody"})
        audit.record(
            uow, action="tried", subject_kind="patient", patient_id=patient, detail={"about": "them"}
        )
        before = uow.session.execute(text("SELECT id, detail_enc FROM audit_event ORDER BY id")).all()

    sum(rotation.rotate(with_keys(services.transactions, {2: NEW, 1: OLD})))

    with with_keys(services.transactions, {2: NEW}).begin(actor=SYSTEM) as uow:
        assert uow.session.execute(text("SELECT id, detail_enc FROM audit_event ORDER BY id")).all() == before
        lines = record.search(uow, team_ids=(), deployment=True, action="tried")
        assert {line.detail["about"] for line in lines} == {"nobody", "them"}
    sum(rotation.rotate(with_keys(services.transactions, {1: OLD, 2: NEW})))


def test_the_first_key_seals() -> None:
    ring = KeyRing({2: NEW, 1: OLD})

    assert key_id_of(ring.encrypt(b"x", aad=b"")) == 2


def test_every_name_that_code_seals_under_is_a_column() -> None:
    columns = {
        f"{table.name}.{column.name.removesuffix('_enc')}"
        for table in tables.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_enc")
    }

    assert sealing_names() - columns == set()
    assert len(sealing_names()) > 20


def sealing_names() -> set[str]:
    """Return the first argument of each call of the vault that is a plain text."""
    found = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("seal", "open", "open_or", "seal_bytes", "open_bytes")
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and isinstance(node.args[0].value, str)
                and "." in node.args[0].value
            ):
                found.add(node.args[0].value)
    return found
