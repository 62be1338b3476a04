"""Finds the blood pressure in a text that answers the question for one: two figures, and which is the upper.

"130/85", "130 con 85", "top 130 bottom 85", "130 85". Two pressures, or a figure more that may belong to one,
are nobody's to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from outreach.triage.rules import days, measures, numbered
from outreach.triage.rules.numbered import Figure

_MM = r"\s*(?:mm\s?hg)?\s*"
_BETWEEN = re.compile(rf"{_MM}(?:/|\\|\||-|&|x|over|sobre|entre|con|y|and|por|with|by)\s*")
_BESIDE = re.compile(rf"{_MM}[ ,.]\s*")
_UPPER = re.compile(
    r"\b(?:upper|top|high|higher|systolic|sys|sistolica|alta|maxima|max|de arriba|arriba|first|primera)\b"
)
_LOWER = re.compile(
    r"\b(?:lower|bottom|low|diastolic|dia|diastolica|baja|minima|min|de abajo|abajo|second|segunda)\b"
)
_GLUED = re.compile(r"(\d{2,3})[.,](\d{2,3})$")
_PULSES = (30, 220)
_SMALL = 50
"""Below this a figure beside a pressure is none of it: `measures` takes no upper one that low."""
PAIR = 2


@dataclass(frozen=True, slots=True)
class Cuff:
    """What was found: one pressure, and why a person should look, or why there is none."""

    measure: measures.Measure | None = None
    problems: tuple[str, ...] = ()
    dangers: tuple[measures.Measure, ...] = ()
    """Every pressure in it that is dangerous, whether it could be taken for the answer or not."""


@dataclass(frozen=True, slots=True)
class _Pair:
    first: int
    upper: Figure
    lower: Figure
    sign: str

    @property
    def start(self) -> int:
        return min(self.upper.start, self.lower.start)

    @property
    def end(self) -> int:
        return max(self.upper.end, self.lower.end)

    @property
    def level(self) -> measures.Measure:
        return measures.judged(self.upper.value, self.lower.value, self.start, self.end)


def find(text: str, found: Sequence[Figure]) -> Cuff:
    """Find the one pressure a text tells. `found` are its figures as `numbered` lists them."""
    free = [one for one in found if one.role is None]
    if any(one.role == numbered.UNCLEAR for one in found):
        return Cuff(problems=("ambiguous",))
    pairs = _pairs(text, free) or _glued(text, free) or _beside(text, free)
    pairs, free = _without_dates(pairs, free)
    if not pairs:
        return Cuff(problems=("incomplete",) if free else (), dangers=_of_one(text, free))
    dangers = tuple(one.level for one in pairs if one.level.tier)
    return replace(_settled(text, free, pairs), dangers=dangers)


def _settled(text: str, free: Sequence[Figure], pairs: list[_Pair]) -> Cuff:
    if _overlap(pairs):
        return _chained(text, free, pairs)
    if len({(one.upper.value, one.lower.value) for one in pairs}) > 1:
        now = _now(text, pairs)
        if now is None:
            return Cuff(problems=("ambiguous",))
        return Cuff(measure=now.level, problems=("remainder",))
    gone = days.of_now(text, [pairs[0].upper]) == []
    if gone and len(pairs) == 1:
        return Cuff(problems=("ambiguous",))
    return _alone(text, free, pairs)


def _now(text: str, pairs: Sequence[_Pair]) -> _Pair | None:
    """Return the pressure told of now, where every one is told with its day."""
    wholes = [Figure(value=one.upper.value, start=one.start, end=one.end) for one in pairs]
    now = days.of_now(text, wholes)
    if now is None or len(now) != 1:
        return None
    return next(one for one in pairs if one.start == now[0].start)


def _alone(text: str, free: Sequence[Figure], pairs: Sequence[_Pair]) -> Cuff:
    """Take the one pressure, if no other figure may belong to it. A pulse may follow it."""
    one = pairs[0]
    mine = {place for pair in pairs for place in (pair.upper.start, pair.lower.start)}
    others = [figure for figure in free if figure.start not in mine]
    problems: tuple[str, ...] = ()
    for other in others:
        after = other.start > one.end and not re.search(r"[a-z]", text[one.end : other.start])
        before = other.end <= one.start and not re.search(r"[a-z]", text[other.end : one.start])
        if after and one.sign and _PULSES[0] <= other.value <= _PULSES[1]:
            problems = ("remainder",)
        elif before or after or other.value >= _SMALL:
            return Cuff(problems=("ambiguous",))
        else:
            problems = ("remainder",)
    return Cuff(measure=one.level, problems=problems)


def _chained(text: str, free: Sequence[Figure], pairs: Sequence[_Pair]) -> Cuff:
    """Take "130/85/72" for a pressure and a pulse, as cuffs show them, and no other row of figures."""
    same = len(pairs) == PAIR and len(free) == PAIR + 1 and pairs[0].sign == pairs[1].sign in ("/", "-")
    if same and pairs[0].level.level != "impossible" and _PULSES[0] <= pairs[1].lower.value <= _PULSES[1]:
        return Cuff(measure=pairs[0].level, problems=("remainder",))
    return Cuff(problems=("ambiguous",))


def _overlap(pairs: Sequence[_Pair]) -> bool:
    return any(after.first == before.first + 1 for before, after in pairwise(pairs))


def _without_dates(pairs: list[_Pair], free: list[Figure]) -> tuple[list[_Pair], list[Figure]]:
    """Leave out "11/22" where there is a pressure beside it."""
    dates = [
        one for one in pairs if one.upper.value <= _MONTHS and one.lower.value <= _DAYS and one.sign in "/-"
    ]
    if len(dates) == len(pairs):
        return pairs, free
    gone = [figure for one in dates for figure in (one.upper, one.lower)]
    return [one for one in pairs if one not in dates], [one for one in free if one not in gone]


_MONTHS, _DAYS = 12, 31


def _pairs(text: str, free: Sequence[Figure]) -> list[_Pair]:
    found = []
    for at in range(len(free) - 1):
        one, other = free[at], free[at + 1]
        gap = text[one.end : other.start]
        match = _BETWEEN.fullmatch(gap)
        if match and _may_be(one) and _may_be(other):
            found.append(_Pair(at, one, other, gap.strip()))
            continue
        ordered = _labelled(text, free, at)
        if ordered is not None:
            found.append(_Pair(at, *ordered, "labelled"))
    return found


def _of_one(text: str, free: Sequence[Figure]) -> tuple[measures.Measure, ...]:
    """Judge a figure that stands alone, and is called a pressure: people tell the upper one first."""
    if len(free) != 1 or free[0].unit or not measures.names_pressure(text):
        return ()
    one = measures.single("systolic", free[0].value, free[0].start, free[0].end)
    return (one,) if one.level == "high" else ()


def _may_be(one: Figure) -> bool:
    return one.value == int(one.value) and 10 <= one.value < 1000


def _labelled(text: str, free: Sequence[Figure], at: int) -> tuple[Figure, Figure] | None:
    """Return the upper and the lower of two figures that are named so, before them or after."""
    one, other = free[at], free[at + 1]
    if not (_may_be(one) and _may_be(other)):
        return None
    before = text[free[at - 1].end if at else 0 : one.start]
    gap = text[one.end : other.start]
    after = text[other.end : free[at + 2].start if at + 2 < len(free) else len(text)]
    upper, lower = _UPPER.search, _LOWER.search
    if lower(before) and upper(gap) and not upper(before):
        return other, one
    if upper(before) and lower(gap) and not lower(before):
        return one, other
    if not (upper(before) or lower(before)):
        if upper(gap) and lower(after) and not lower(gap):
            return one, other
        if lower(gap) and upper(after) and not upper(gap):
            return other, one
    return None


def _glued(text: str, free: Sequence[Figure]) -> list[_Pair]:
    """Take "130.85" and "130,85" for two figures: no pressure has a decimal."""
    for at, one in enumerate(free):
        match = _GLUED.match(text[one.start : one.end])
        if match:
            middle = one.start + match.start(2)
            upper = Figure(value=float(match[1]), start=one.start, end=middle - 1)
            lower = Figure(value=float(match[2]), start=middle, end=one.end)
            return [_Pair(at, upper, lower, "")] if len(free) == 1 else []
    return []


def _beside(text: str, free: Sequence[Figure]) -> list[_Pair]:
    """Take two figures beside each other, where there are no more."""
    if len(free) != PAIR or not all(map(_may_be, free)):
        return []
    one, other = free
    return [_Pair(0, one, other, "")] if _BESIDE.fullmatch(text[one.end : other.start]) else []
