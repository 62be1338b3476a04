"""Pictures that go out with a text: which are taken, and the address the provider may fetch one at. Pure.

The address is signed, ends soon and names no patient. Sources: the provider takes JPEG, PNG and GIF up to 5
MB in all, and must be able to fetch them without credentials.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from uuid import UUID

from outreach.kernel.errors import Invalid

LARGEST = 5 * 1024 * 1024
LIFE = timedelta(hours=2)
"""Longer than the provider waits with a picture whose sender has many before it; far shorter than a day."""
MOST_FETCHES = 5
"""It is fetched once, and again when a carrier or a connection fails."""
PREFIX = "picture:"
KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class NotAPicture(Invalid):
    """Only photos can be sent: JPEG, PNG or GIF."""


class PictureTooLarge(Invalid):
    """A photo may have at most 5 MB. Make it smaller."""


def kind_of(content: bytes) -> str:
    """Return what a picture is by its first bytes; what somebody calls it counts for nothing.

    Raise NotAPicture (SVG, HTML and the like among them), PictureTooLarge.
    """
    if len(content) > LARGEST:
        raise PictureTooLarge
    found = next((kind for start, kind in KINDS if content.startswith(start)), None)
    if found is None:
        raise NotAPicture
    return found


def ticket(picture_id: UUID, *, until: datetime, secret: str) -> str:
    """Return the last part of a picture's address: id, end and signature."""
    end = int(until.timestamp())
    return f"{picture_id.hex}.{end}.{_sign(picture_id, end, secret)}"


def admitted(given: str, *, now: datetime, secret: str) -> UUID | None:
    """Return which picture a ticket is for; None if it is forged, altered or over."""
    parts = given.split(".")
    if len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 12:
        return None
    try:
        picture_id = UUID(hex=parts[0])
    except ValueError:
        return None
    end = int(parts[1])
    genuine = hmac.compare_digest(_sign(picture_id, end, secret).encode(), parts[2].encode())
    return picture_id if genuine and now.timestamp() < end else None


def _sign(picture_id: UUID, end: int, secret: str) -> str:
    signed = f"outreach picture\x1f{picture_id.hex}\x1f{end}".encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
