"""The blind-index keys: made once per deployment, kept in the database sealed by the key ring.

They are apart from the ring on purpose. Rotating the ring re-seals them. They themselves are not rotated:
that needs every index column written anew, or a phone would get a second row and its STOP would be lost
(docs/adr/0004-index-keys-in-the-database.md).
"""

from __future__ import annotations

import os

from sqlalchemy import Engine, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.kernel.crypto import KeyRing
from outreach.kernel.db import At, Base, Sealed

KEY_BYTES = 32


class IndexKey(Base):
    """One key, sealed. The highest number writes; all of them are looked up."""

    __tablename__ = "index_key"
    __retention__ = "deployment"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    key_enc: Mapped[Sealed]
    made_at: Mapped[At]


def load_or_create(engine: Engine, ring: KeyRing) -> dict[int, bytes]:
    """Return the index keys, current first; make the first one if there is none yet.

    Raise UnableToDecrypt if the ring lacks the key they are sealed with.
    """
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO index_key (id, key_enc, made_at) VALUES (1, :key, clock_timestamp()) "
                "ON CONFLICT (id) DO NOTHING"
            ),
            {"key": ring.encrypt(os.urandom(KEY_BYTES), aad=_aad(1))},
        )
        rows = connection.execute(text("SELECT id, key_enc FROM index_key ORDER BY id DESC")).all()
    return {row.id: ring.decrypt(row.key_enc, aad=_aad(row.id)) for row in rows}


def _aad(key_id: int) -> bytes:
    return f"index_key\x1f{key_id}".encode()
