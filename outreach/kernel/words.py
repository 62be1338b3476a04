"""Finding words that stand in encrypted texts: blind tokens, keyed per team and cut short.

A word becomes the first 13 bits of a keyed digest. Several words share each number, so that what the index
holds tells little about which words are how frequent; what it finds is decrypted and looked at before anybody
sees it. Each team has a key of its own: the same word is another number there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from outreach.kernel.crypto import Vault

BITS = 13
"""8,192 numbers: of 20,000 words two or three share each. Fewer bits tell less, and find more that has to be
thrown away again: bench/pages.py says how much.
"""
MOST_WORDS = 64
LONGEST = 24
SHORTEST_PREFIX = 3
LONGEST_PREFIX = 8
APOSTROPHES = str.maketrans("", "", "'\u2019\u02bc`\u00b4")
RUNS = re.compile(r"[^\W_]+")
CHUNKS = re.compile(r"\S+|\s+")

ENGLISH = """
a about after all also am an and any are as at be been but by can could did do does for from get go had has
have he her here him his how i if im in into is it its just let me more my no not now of off ok on one or
our out over please she so some than thank thanks that the their them then there these they this to today
too up us was we well were what when where which who why will with would yes you your
"""
SPANISH = """
al algo aqui asi bien como con cuando de del dia donde el ella en era es esa ese eso esta este esto estoy
favor fue gracias ha hay hola hoy la las le lo los mas me mi mis muy ni nos o otra otro para pero por porque
que quien se ser si sin sobre son soy su sus tambien te tiene tengo tu un una uno usted y ya yo
"""
STOP_WORDS = frozenset((ENGLISH + SPANISH).split())


def fold(text: str) -> list[str]:
    """Return the words of a text in order: without case, accents and apostrophes, each at most 24 long."""
    plain = text.translate(APOSTROPHES).casefold()
    if not plain.isascii():
        spread = unicodedata.normalize("NFKD", plain)
        plain = "".join(one for one in spread if not unicodedata.combining(one))
    return [word[:LONGEST] for word in RUNS.findall(plain)]


def worth_finding(text: str) -> list[str]:
    """Return the distinct words of a text that are worth an entry: no stop words, no single letters."""
    found = dict.fromkeys(word for word in fold(text) if len(word) > 1 and word not in STOP_WORDS)
    return list(found)[:MOST_WORDS]


def whole(text: str) -> str:
    """Return a text as one word: a record number is the same with and without its dashes."""
    return "".join(fold(text))


def name_beginnings(names: Iterable[str]) -> list[str]:
    """Return what a name is found by: the first three to eight letters of each part; short parts whole."""
    found: dict[str, None] = {}
    for part in (part for name in names for part in fold(name)):
        for length in range(min(SHORTEST_PREFIX, len(part)), min(len(part), LONGEST_PREFIX) + 1):
            found[part[:length]] = None
    return list(found)


def begins(names: Iterable[str], wanted: Collection[str]) -> bool:
    """Say whether each of some words begins a part of these names."""
    parts = [part for name in names for part in fold(name)]
    return all(any(part.startswith(word) for part in parts) for word in wanted)


def around(text: str, wanted: Collection[str], *, longest: int = 160) -> tuple[tuple[str, bool], ...]:
    """Return a stretch of a text around the first word looked for, in pieces: words, and whether wanted."""
    chunks = [(chunk, any(one in wanted for one in fold(chunk))) for chunk in CHUNKS.findall(text)]
    first = next((place for place, (_, hit) in enumerate(chunks) if hit), 0)
    start = max(0, first - 8)
    found: list[tuple[str, bool]] = [("\u2026", False)] if start else []
    size = 0
    for chunk, hit in chunks[start:]:
        if size + len(chunk) > longest:
            found.append(("\u2026", False))
            break
        size += len(chunk)
        found.append((chunk, hit))
    return tuple(found)


def team_key(vault: Vault, team_id: UUID) -> bytes:
    """Return the key by which a team's words become numbers."""
    return vault.index("words", str(team_id))


def team_keys(vault: Vault, team_id: UUID) -> tuple[bytes, ...]:
    """Return a team's keys, current first: while index keys rotate, look up under all of them."""
    return vault.all_indexes("words", str(team_id))


def bucket(key: bytes, kind: str, word: str) -> int:
    """Return the number under which a word stands for a team: 16 bits of the team's, 13 of the word's.

    `kind` keeps words of texts and beginnings of names apart. The result fits a signed 32-bit column.
    """
    digest = hmac.digest(key, f"{kind}\x1f{word}".encode(), hashlib.sha256)
    word_bits = int.from_bytes(digest[:2], "big") >> (16 - BITS)
    return int.from_bytes(key[:2], "big", signed=True) << 16 | word_bits


def buckets(key: bytes, kind: str, words: Iterable[str]) -> Mapping[str, int]:
    """Return the numbers of several words."""
    return {word: bucket(key, kind, word) for word in words}
