"""A photo without what it tells besides the picture: where and when it was taken, by whom, with what. Pure.

Phones write the place of a photo into it (Exif GPS), and some put a whole film behind its end. What is not on
a short list of parts that the picture needs is left out: a kind of note nobody thought of stays behind, too.
Only which way is up is kept of a JPEG's notes. Sources: ITU-T T.81 annex B and Exif 2.32 4.5-4.6 (JPEG), W3C
PNG third edition 5.6 and 11, GIF89a specification.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from outreach.messaging.rules.pictures import NotAPicture

PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_NEEDS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"pHYs")
)
"""What draws it. iCCP, eXIf, tEXt, zTXt, iTXt, tIME and everything else may name somebody or something."""
JPEG_START = b"\xff\xd8"
SCAN, END, NOTE = 0xDA, 0xD9, 0xFE
ADOBE = 0xEE
"""How the colors are to be read: without it some photos turn green."""
APPLICATION = range(0xE0, 0xF0)
WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD8)))
EXIF = b"Exif\x00\x00"
ORIENTATION = 0x0112
GIF_EXTENSION, GIF_IMAGE, GIF_END = 0x21, 0x2C, 0x3B
GIF_CONTROL, GIF_APPLICATION = 0xF9, 0xFF
LOOP = b"NETSCAPE2.0"


def bare(content: bytes) -> bytes:
    """Return the picture alone. Raise NotAPicture if it can't be read to its end: who knows what is in it."""
    try:
        if content.startswith(JPEG_START):
            return b"".join(_jpeg(content))
        if content.startswith(PNG_START):
            return PNG_START + b"".join(_png(content))
        if content.startswith((b"GIF87a", b"GIF89a")):
            return b"".join(_gif(content))
    except (struct.error, IndexError):
        raise NotAPicture from None
    raise NotAPicture


def _png(content: bytes) -> Iterator[bytes]:
    at = len(PNG_START)
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        whole = content[at : at + 12 + length]
        if len(whole) < 12 + length:
            raise NotAPicture
        if kind in PNG_NEEDS:
            yield whole
        if kind == b"IEND":
            return
        at += len(whole)


def _jpeg(content: bytes) -> Iterator[bytes]:
    yield JPEG_START
    at, turned = 2, 1
    while True:
        at, marker = _marker(content, at)
        if marker == END:
            yield b"\xff\xd9"
            return
        if marker in WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", content, at)
        part = content[at : at + length]
        if length < 2 or len(part) < length:
            raise NotAPicture
        at += length
        if marker == 0xE1 and part[2:].startswith(EXIF):
            turned = _orientation(part[2 + len(EXIF) :])
            yield from _upright(turned)
        elif marker == ADOBE or (marker not in APPLICATION and marker != NOTE):
            yield bytes((0xFF, marker)) + part
        if marker == SCAN:
            end = _scan_end(content, at)
            yield content[at:end]
            at = end


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """Return the marker that stands here and where what belongs to it begins; any number of fill bytes go."""
    if content[at] != 0xFF:
        raise NotAPicture
    while content[at] == 0xFF:
        at += 1
    return at + 1, content[at]


def _scan_end(content: bytes, at: int) -> int:
    """Return where the next marker is: inside a drawing 0xFF is followed by 0 or a restart number."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0:
            raise NotAPicture
        following = content[at + 1]
        if following != 0 and following not in range(0xD0, 0xD8):
            return at
        at += 2


def _orientation(tiff: bytes) -> int:
    """Return which way is up, 1 to 8; 1 (as it lies) if it does not say, or nonsense."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return 1
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for place in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * place)
            if tag == ORIENTATION and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _upright(turned: int) -> Iterator[bytes]:
    """Yield the shortest note that says which way is up; none if it lies as it should."""
    if turned != 1:
        tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, turned, 0, 0)
        note = EXIF + tiff
        yield b"\xff\xe1" + struct.pack(">H", len(note) + 2) + note


def _gif(content: bytes) -> Iterator[bytes]:
    at = 13 + _table(content[10])
    yield content[:at]
    while True:
        kind = content[at]
        if kind == GIF_END:
            yield bytes((GIF_END,))
            return
        if kind == GIF_IMAGE:
            end = _blocks(content, at + 11 + _table(content[at + 9]))
            keep = True
        elif kind == GIF_EXTENSION:
            end = _blocks(content, at + 2)
            label = content[at + 1]
            loops = label == GIF_APPLICATION and content[at + 3 : at + 14] == LOOP
            keep = label == GIF_CONTROL or loops
        else:
            raise NotAPicture
        if keep:
            yield content[at:end]
        at = end


def _table(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(content: bytes, at: int) -> int:
    """Return where a row of blocks ends: each says its length, and one of length 0 is the last."""
    while content[at]:
        at += content[at] + 1
    return at + 1
