"""Looking for somebody's data in bytes, however it was written down."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus


def spellings(e164: str) -> tuple[str, ...]:
    """Return the five ways a US number is written."""
    area, exchange, line = e164[2:5], e164[5:8], e164[8:]
    return (
        e164,
        e164[1:],
        e164[2:],
        f"({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
    )


def forms(word: str) -> set[bytes]:
    """Return what a text looks like plain, in URLs, in JSON, in hexadecimal, and inside base64."""
    raw = word.encode()
    found = {
        raw,
        quote(word, safe="").encode(),
        quote_plus(word).encode(),
        quote(word).encode(),
        json.dumps(word)[1:-1].encode(),
        raw.hex().encode(),
    }
    for start in range(3):
        # Of the four letters for three bytes, those at the edges depend on what stands beside.
        encoded = base64.b64encode(b"\0" * start + raw)
        inner = encoded[{0: 0, 1: 2, 2: 3}[start] : 4 * ((start + len(raw)) // 3)]
        found |= {inner, inner.translate(bytes.maketrans(b"+/", b"-_"))}
    return {form.lower() for form in found}


def find(surfaces: Mapping[str, bytes], words: Iterable[str]) -> list[tuple[str, str]]:
    """Return each (place, word) where a word is found. Upper and lower case are the same."""
    lowered = {place: content.lower() for place, content in surfaces.items()}
    return [
        (place, word)
        for word in words
        for place, content in lowered.items()
        if any(form in content for form in forms(word))
    ]
