"""What a photo tells besides the picture stays here: place, time, names, a film behind its end."""

from __future__ import annotations

import struct

import pytest

from outreach.messaging.rules.bare import bare
from outreach.messaging.rules.pictures import NotAPicture
from tests.photos import DRAWN, PNG, chunk

SECRET = b"38.8977N 77.0365W, Anna's phone"


def part(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def exif(*, turned: int, order: str = "<") -> bytes:
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    place = struct.pack(f"{order}HHII", 0x8825, 4, 1, 38)
    first = struct.pack(f"{order}H", 2) + entry + place + struct.pack(f"{order}I", 0)
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8)
    return part(0xE1, b"Exif\0\0" + start + first + SECRET)


TABLES = part(0xDB, bytes(65)) + part(0xC2, b"\x08\0\1\0\1\1\1\x11\0") + part(0xC4, bytes(20))
SCANS = part(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56" + part(0xC4, bytes(20))
SCANS += part(0xDA, b"\1\1\0\0\x3f\0") + b"\x78"
JFIF, ADOBE = part(0xE0, b"JFIF\0\1\2"), part(0xEE, b"Adobe\0d\0\0\0\0\0\1")
END = b"\xff\xd9"
JPEG = b"\xff\xd8" + ADOBE + TABLES + SCANS + END

SCREEN = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
LOOPS = b"\x21\xff\x0bNETSCAPE2.0\x03\1\0\0\0"
FRAME = b"\x21\xf9\x04\0\0\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
GIF = SCREEN + LOOPS + FRAME + b";"


def upright(turned: int) -> bytes:
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turned, 0, 0)
    return part(0xE1, b"Exif\0\0" + tiff)


@pytest.mark.parametrize(
    ("told", "left"),
    [
        (PNG, PNG),
        (PNG.replace(DRAWN, chunk(b"tEXt", SECRET) + chunk(b"eXIf", SECRET) + DRAWN), PNG),
        (PNG.replace(DRAWN, DRAWN + chunk(b"xxXx", SECRET)), PNG),
        (PNG + SECRET, PNG),
        (JPEG, JPEG),
        (b"\xff\xd8" + JFIF + exif(turned=1) + part(0xFE, SECRET) + JPEG[2:] + SECRET, JPEG),
        (b"\xff\xd8" + part(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET) + JPEG[2:], JPEG),
        (b"\xff\xd8" + part(0xE2, b"MPF\0" + SECRET) + part(0xED, SECRET) + JPEG[2:], JPEG),
        (b"\xff\xd8\xff" + exif(turned=6) + JPEG[2:], b"\xff\xd8" + upright(6) + JPEG[2:]),
        (b"\xff\xd8" + exif(turned=8, order=">") + JPEG[2:], b"\xff\xd8" + upright(8) + JPEG[2:]),
        (b"\xff\xd8" + exif(turned=99) + JPEG[2:], JPEG),
        (b"\xff\xd8" + part(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff") + JPEG[2:], JPEG),
        (JPEG.replace(END, part(0xFE, SECRET) + END), JPEG),
        (GIF, GIF),
        (GIF.replace(FRAME, b"\x21\xfe\x1f" + SECRET + b"\0" + FRAME), GIF),
        (GIF.replace(FRAME, b"\x21\xff\x0bXMP DataXMP\x1f" + SECRET + b"\0" + FRAME) + SECRET, GIF),
    ],
)  # fmt: skip
def test_only_the_picture_and_which_way_is_up_are_left(told: bytes, left: bytes) -> None:
    found = bare(told)

    assert found == left
    assert SECRET not in found
    assert bare(found) == found


@pytest.mark.parametrize("whole", [PNG, JPEG, GIF])
def test_a_picture_that_breaks_off_is_refused(whole: bytes) -> None:
    for length in range(8, len(whole)):
        with pytest.raises(NotAPicture):
            bare(whole[:length])


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg/>", b"\xff\xd8\x00", b"GIF89a", PNG[:8] + b"\xff" * 40, b"\xff\xd8" + part(0xE1, b"")[:3]],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(NotAPicture):
        bare(content)
