"""A small photo, and one that tells where it was taken."""

from __future__ import annotations

import struct
import zlib

PLACE = b"GPS 38.8977N 77.0365W"


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """Return one part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


HEAD = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
DRAWN = chunk(b"IDAT", zlib.compress(b"\0\x7f"))
PNG = b"\x89PNG\r\n\x1a\n" + HEAD + DRAWN + chunk(b"IEND")
WITH_PLACE = PNG.replace(DRAWN, chunk(b"tEXt", PLACE) + DRAWN)
