"""Cuts a text in spoken Spanish into runs of words as they sound, with courtesies taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.triage.rules.lexicon import Encoded
from outreach.triage.rules.sayings import Spanish

_CUTS = frozenset(["soft", "stop", "question"])
TURNS = frozenset(["pero", "aunke", "porke"])
AND = frozenset(["y"])
_TODAY = frozenset(["oy", "aora", "aorita"])
_TAIL_ASKS = re.compile(r"(?:^| )y (?:usted(?:es)?|uste|tu)(?: \S+){0,3}$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words as they sound, and where it stands."""

    raw: str
    left: str
    first: int
    last: int
    asks: bool
    turned: bool = False


class Cutter:
    """Cuts one text."""

    def __init__(self, known: Spanish, encoded: Encoded) -> None:
        self.known, self.encoded = known, encoded

    def clauses(self) -> Iterator[Piece]:
        """Yield what stands between signs."""
        tokens, start = self.encoded.tokens, 0
        kinds = ["soft" if token.form == "-" else token.kind for token in tokens]
        for at in range(len(kinds) + 1):
            if at == len(kinds) or kinds[at] in _CUTS:
                yield from self.piece(start, at, asks=at < len(kinds) and kinds[at] == "question")
                start = at + 1

    def piece(self, first: int, last: int, *, asks: bool, turned: bool = False) -> Iterator[Piece]:
        """Yield the words between two places as a piece, nothing if there are none."""
        tokens = self.encoded.tokens
        typed = [
            tokens[at]
            for at in range(first, last)
            if tokens[at].kind in ("word", "number") and (at == first or tokens[at] is not tokens[at - 1])
        ]
        heard = [word for token in typed for word in self.known.ear.words(token.form)]
        raw = " ".join(heard)
        if raw:
            asks = asks and not _TAIL_ASKS.search(raw)
            yield Piece(raw, self._left(raw), first, last, asks, turned)

    def _left(self, raw: str) -> str:
        for _ in range(2):
            raw = " ".join(self.known.courtesies.sub("", raw).split())
        left = " ".join(self.known.softeners.sub("", raw).split())
        return re.sub(r"^(?:(?:y|pero|ke|porke|aunke) )+|(?: (?:y|pero|ke))+$", "", left)

    def parts(self, whole: Piece, at_words: frozenset[str]) -> list[Piece]:
        """Cut a piece before the words where something else begins."""
        tokens, start, parts = self.encoded.tokens, whole.first, []
        past = False
        for at in range(whole.first, whole.last):
            heard = self.known.ear.words(tokens[at].form) if tokens[at].kind == "word" else ()
            past = past or any(word in ("ayer", "anoche", "antier") for word in heard)
            turns = any(word in at_words for word in heard) or (
                past and any(word in _TODAY for word in heard)
            )
            if turns and at > start:
                parts += list(self.piece(start, at, asks=whole.asks))
                start = at
        parts += list(self.piece(start, whole.last, asks=whole.asks, turned=start > whole.first))
        return parts

    def rest_from(self, at: int) -> str:
        """Return what is left of a clause from a place on."""
        end = next(
            (n for n in range(at, len(self.encoded.tokens)) if self.encoded.tokens[n].kind in _CUTS),
            len(self.encoded.tokens),
        )
        return next((piece.raw for piece in self.piece(at, end, asks=False)), "")
