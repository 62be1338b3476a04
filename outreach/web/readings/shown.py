"""A text cut into pieces: what made a rule fire, and what lies between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from outreach.inbound.queries import MarkView
from outreach.triage.rules import Reading


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A run of characters, with the rules that saw something in it and the gravest tier among them."""

    words: str = field(repr=False)
    rules: tuple[str, ...] = ()
    tier: str = ""


Fired = tuple[int, int, str, str]
"""Start, end, rule, tier ("" if none)."""


def pieces(reading: Reading, said: str) -> tuple[Piece, ...]:
    """Return a text in pieces, as a reading saw it."""
    return cut(said, [(one.start, one.end, one.rule, (one.tier or "").lower()) for one in reading.spans])


def pieces_of_mark(mark: MarkView) -> tuple[Piece, ...]:
    """Return a marked text in pieces."""
    return cut(mark.words, [(start, end, rule, "") for start, end, rule in mark.fired])


def cut(said: str, fired: Iterable[Fired]) -> tuple[Piece, ...]:
    """Cut a text wherever a span starts or ends; spans may overlap."""
    spans = [(max(start, 0), min(end, len(said)), rule, tier) for start, end, rule, tier in fired]
    edges = sorted({0, len(said), *(place for start, end, _, _ in spans for place in (start, end))})
    return tuple(_piece(said, start, end, spans) for start, end in pairwise(edges) if start < end)


def _piece(said: str, start: int, end: int, spans: Iterable[Fired]) -> Piece:
    over = [one for one in spans if one[0] <= start and end <= one[1]]
    tiers = {tier for _, _, _, tier in over}
    return Piece(
        words=said[start:end],
        rules=tuple(dict.fromkeys(rule for _, _, rule, _ in over)),
        tier="red" if "red" in tiers else "orange" if "orange" in tiers else "",
    )
