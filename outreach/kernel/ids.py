"""Where identifiers, tokens and chance come from."""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import struct
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

NewId = Callable[[], UUID]


def uuid7() -> UUID:
    """Return a UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then randomness.

    Nothing may be ordered by it across processes.
    """
    milliseconds = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds << 80) | tail
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def first_at(moment: datetime) -> UUID:
    """Return the least id that `uuid7` could make at a moment: where a look at the latest rows begins."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def named(*parts: object) -> UUID:
    """Return the UUIDv8 (RFC 9562 §5.8) that depends on the parts alone: what comes twice is the same row."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value = (value & ~(0xF << 76)) | (0x8 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def token() -> str:
    """Return 128 random bits for a link or a session, safe in a URL."""
    return secrets.token_urlsafe(16)


def generator(seed: int | None = None) -> random.Random:
    """Return a source of chance; the same seed gives the same choices."""
    return random.Random(seed)  # noqa: S311 - spreads load and picks samples, guards nothing


def stable_fraction(*parts: object) -> float:
    """Return a number in [0, 1) that depends on the parts alone, in every process and release."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def stable_fractions(*parts: object) -> tuple[float, float, float, float]:
    """Return four numbers in [0, 1), each by itself, that depend on the parts alone."""
    digest = hashlib.sha256("\x1f".join([str(part) for part in parts]).encode()).digest()
    first, second, third, fourth = _FOUR.unpack(digest)
    return first / 2**64, second / 2**64, third / 2**64, fourth / 2**64


_FOUR = struct.Struct(">4Q")


def counter(start: int = 1) -> NewId:
    """Return ids 1, 2, 3 ... for tests that read better with them."""
    state = [start - 1]

    def step() -> UUID:
        state[0] += 1
        return UUID(int=state[0])

    return step
