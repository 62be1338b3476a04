"""Says which of several figures is told of now: "187 yesterday, 189 today", "antes 8, ahora 3"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from outreach.triage.rules.numbered import Figure

_GONE = re.compile(
    r"(?<!from )(?<!than )(?<!since )(?<!que )(?<!desde )(?<!as )(?<!como )\b"
    r"(?:yesterday|ayer|antier|anteayer"
    r"|last (?:week|time|month|visit|year)"
    r"|la semana pasada|el mes pasado"
    r"|la vez pasada|the other day|el otro dia|(?:last|on) (?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|on the \d+(?:st|nd|rd|th)?"
    r"|el (?:dia )?\d{1,2}(?= (?:pese|tenia|fue|era|estaba|salio|tuve|peso))|hace \d+ (?:dias|semanas)"
    r"|\d+ (?:days|weeks) ago|the day before|el dia antes)\b"
)
_WAS = re.compile(
    r"\b(?:was|were|had been|era|estaba|fue|tenia|pesaba|weighed"
    r"|used to be|before|antes|earlier|first|primero)\b"
)
_NOW = re.compile(
    r"\b(?:today|now|this morning|right now"
    r"|currently|tonight|hoy|ahora|ahorita|esta manana"
    r"|esta noche|present)\b"
)


_PREFACE = re.compile(
    r"\b(?:sorry|forgot|meant|missed|didnt|did not|couldnt|wasnt able|fell asleep|never|perdon"
    r"|disculpe|se me (?:olvido|paso)|olvide)\b"
    r"(?:(?! (?:it )?(?:was|is|im|i am|i weigh\w*)\b)[^\d.,;]){0,32}?\b(?:yesterday|last night|ayer"
    r"|anoche)\b"
)
"""Why they answer only now: "forgot to answer you yesterday"."""


def of_now(text: str, found: Sequence[Figure]) -> list[Figure] | None:
    """Return which of several figures are told of now, by the days named beside them.

    None if that is not told of each. One alone that is told of a day gone by is none of now.
    """
    text = _PREFACE.sub(lambda match: " " * len(match[0]), text)
    told = [_day(text, found, at) for at in range(len(found))]
    if len(found) == 1:
        return [] if told[0] == "gone" else list(found)
    if "now" not in told or any(one is None for one in told):
        return None
    return [one for one, day in zip(found, told, strict=True) if day == "now"]


def _day(text: str, found: Sequence[Figure], at: int) -> str | None:
    """Return when a figure was, by the words in its part of the text."""
    start, end = _part(text, found, at)
    around = f"{text[start : found[at].start]} | {text[found[at].end : end]}"
    if _NOW.search(around) and not (_GONE.search(around) and len(found) > 1):
        return "now"
    if _GONE.search(around):
        return "gone"
    return "was" if _WAS.search(around) else None


def _part(text: str, found: Sequence[Figure], at: int) -> tuple[int, int]:
    """Return the part of a text that is about one figure.

    Signs part them where they stand between any two; else a day is told before its figure, or after it where
    the first day that is named stands after the first figure.
    """
    before = found[at - 1].end if at else 0
    after = found[at + 1].start if at + 1 < len(found) else len(text)
    if len(found) == 1:
        return before, after
    cuts = [_CUT.search(text, one.end, other.start) for one, other in pairwise(found)]
    if all(cuts):
        first, last = cuts[at - 1] if at else None, cuts[at] if at + 1 < len(found) else None
        return first.end() if first else 0, last.start() if last else len(text)
    named = min((m.start() for p in (_GONE, _NOW, _WAS) if (m := p.search(text))), default=len(text))
    return (before, found[at].end) if named < found[0].start else (found[at].start, after)


_CUT = re.compile(r"[,;.\n]|\b(?:but|pero)\b")
