"""Encryption of patient data, and the blind index by which an encrypted phone is found again.

AES-256-GCM with the id of the key in front and the table, column and row as additional data, so that a
ciphertext moved to another row does not open. The blind-index keys are apart from the ring: rotating the
ring never makes a second row for a phone.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from outreach.kernel.errors import OutreachError

FORMAT = 1
NONCE_BYTES = 12


class UnableToDecrypt(OutreachError):
    """A stored value can't be decrypted: OUTREACH_ENCRYPTION_KEYS lacks its key, or it was altered."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by id; the first one encrypts, all of them decrypt."""

    keys: Mapping[int, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ciphers", {key: AESGCM(value) for key, value in self.keys.items()})
        object.__setattr__(self, "_primary", next(iter(self.keys)))

    @property
    def primary(self) -> int:
        """The id of the key that encrypts."""
        return int(self._primary)  # type: ignore[attr-defined]

    def encrypt(self, plain: bytes, *, aad: bytes) -> bytes:
        """Return format byte, key id (2 bytes), nonce and ciphertext."""
        head = bytes([FORMAT]) + self.primary.to_bytes(2, "big")
        nonce = os.urandom(NONCE_BYTES)
        cipher: AESGCM = self._ciphers[self.primary]  # type: ignore[attr-defined]
        return head + nonce + cipher.encrypt(nonce, plain, head + aad)

    def decrypt(self, blob: bytes, *, aad: bytes) -> bytes:
        """Return the plain bytes. Raise UnableToDecrypt if the key is unknown or anything was altered."""
        head, nonce, body = blob[:3], blob[3 : 3 + NONCE_BYTES], blob[3 + NONCE_BYTES :]
        cipher: AESGCM | None = self._ciphers.get(int.from_bytes(head[1:3], "big"))  # type: ignore[attr-defined]
        if cipher is None or head[:1] != bytes([FORMAT]):
            raise UnableToDecrypt
        try:
            return cipher.decrypt(nonce, body, head + aad)
        except InvalidTag as error:
            raise UnableToDecrypt from error


def key_id_of(blob: bytes) -> int:
    """Return the id of the key a ciphertext was made with."""
    return int.from_bytes(blob[1:3], "big")


@dataclass(frozen=True)
class Vault:
    """Seals and opens the encrypted columns, and makes blind indexes."""

    ring: KeyRing
    index_keys: Mapping[int, bytes] = field(repr=False)

    def seal(self, column: str, row_id: UUID | str, text: str) -> bytes:
        """Encrypt a text for one column of one row; `column` reads "message.body"."""
        return self.ring.encrypt(text.encode("utf-8", "surrogatepass"), aad=_aad(column, row_id))

    def open(self, column: str, row_id: UUID | str, blob: bytes) -> str:
        """Decrypt what `seal` made for the same column and row. Raise UnableToDecrypt otherwise."""
        return self.ring.decrypt(bytes(blob), aad=_aad(column, row_id)).decode("utf-8", "surrogatepass")

    def open_or(self, column: str, row_id: UUID | str, blob: bytes | None, otherwise: str = "") -> str:
        """Decrypt, or return `otherwise` where the column is empty."""
        return otherwise if blob is None else self.open(column, row_id, blob)

    def seal_bytes(self, column: str, row_id: UUID | str, content: bytes) -> bytes:
        """Encrypt bytes (a photo, say) for one column of one row."""
        return self.ring.encrypt(content, aad=_aad(column, row_id))

    def open_bytes(self, column: str, row_id: UUID | str, blob: bytes) -> bytes:
        """Decrypt what `seal_bytes` made for the same column and row."""
        return self.ring.decrypt(bytes(blob), aad=_aad(column, row_id))

    def index(self, purpose: str, value: str) -> bytes:
        """Return the keyed digest (32 bytes) by which an encrypted value is found; purposes do not mix."""
        return self._index(next(iter(self.index_keys)), purpose, value)

    def all_indexes(self, purpose: str, value: str) -> tuple[bytes, ...]:
        """Return the digests under every index key, current first: while rotating, look up all of them."""
        return tuple(self._index(key, purpose, value) for key in self.index_keys)

    def _index(self, key: int, purpose: str, value: str) -> bytes:
        return hmac.new(self.index_keys[key], f"{purpose}\x1f{value}".encode(), hashlib.sha256).digest()


def _aad(column: str, row_id: UUID | str) -> bytes:
    return f"{column}\x1f{row_id}".encode()
