"""Rows on their way into tables, by COPY: as text, or as PostgreSQL keeps them, which costs less."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from outreach.kernel.crypto import FORMAT, NONCE_BYTES, Vault

NULL = r"\N"
PIECE = 1_000_000
HEAD, TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
NOTHING = struct.pack(">i", -1)
"""NULL, as binary COPY has it. Every other value has its length before it."""
UUID_LENGTH, TIME_LENGTH = struct.pack(">i", 16), struct.pack(">i", 8)


def text(value: str | None) -> bytes:
    """Return a text for binary COPY."""
    if value is None:
        return NOTHING
    content = value.encode()
    return struct.pack(">i", len(content)) + content


def small(value: int) -> bytes:
    """Return a smallint."""
    return struct.pack(">ih", 2, value)


def integer(value: int) -> bytes:
    """Return an integer."""
    return struct.pack(">ii", 4, value)


def truth(value: bool) -> bytes:
    """Return a boolean."""
    return struct.pack(">i?", 1, value)


def uuid(value: str | None) -> bytes:
    """Return an id given in its usual spelling."""
    return NOTHING if value is None else UUID_LENGTH + bytes.fromhex(value.replace("-", ""))


class Sealer:
    """Seals as the vault does, value by value with a nonce each, without asking for each nonce apart."""

    def __init__(self, vault: Vault) -> None:
        primary = vault.ring.primary
        self._cipher = AESGCM(vault.ring.keys[primary])
        self._head = bytes([FORMAT]) + primary.to_bytes(2, "big")
        self._nonces: Iterator[bytes] = iter(())
        blob = self.seal("self.test", "1", "as the vault")
        assert vault.open("self.test", "1", blob) == "as the vault"

    def seal(self, column: str, row_id: str, plain: str) -> bytes:
        """Return what the vault's `seal` would."""
        nonce = next(self._nonces, None)
        if nonce is None:
            pool = os.urandom(NONCE_BYTES * 10_000)
            self._nonces = (pool[at : at + NONCE_BYTES] for at in range(0, len(pool), NONCE_BYTES))
            nonce = next(self._nonces)
        head = self._head
        return (
            head
            + nonce
            + self._cipher.encrypt(nonce, plain.encode(), head + f"{column}\x1f{row_id}".encode())
        )

    def hex(self, column: str, row_id: str, plain: str) -> str:
        """Return it as text COPY reads it."""
        return r"\\x" + self.seal(column, row_id, plain).hex()


class Copy:
    """Rows that gather until they are a megabyte."""

    def __init__(self, copy: Any) -> None:
        self._copy, self._size = copy, 0
        self._rows: list[Any] = []

    def add(self, row: str | bytes) -> None:
        """Take a row: text that ends with a line break, or one or more binary ones."""
        self._rows.append(row)
        self._size += len(row)
        if self._size > PIECE:
            self.send()

    def send(self) -> None:
        """Send what has gathered."""
        if self._rows:
            self._copy.write(self._rows[0][:0].join(self._rows))
        self._rows, self._size = [], 0


@contextmanager
def copying(
    url: str, table: str, columns: str, *, binary: bool = False, anew: bool = False
) -> Iterator[Copy]:
    """Open a COPY on a connection of its own; foreign keys are not checked, the generator keeps them.

    `anew` empties the table first: rows written in the same transaction need no log and no vacuum.
    """
    options = [*(["FORMAT binary"] if binary else []), *(["FREEZE true"] if anew else [])]
    given = f" WITH ({', '.join(options)})" if options else ""
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        if anew:
            cursor.execute(f"TRUNCATE {table} CASCADE")
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN{given}") as copy:
            if binary:
                copy.write(HEAD)
            rows = Copy(copy)
            yield rows
            rows.send()
            if binary:
                copy.write(TAIL)
