"""The second reader: small linear models that look again where no rule saw anything.

One suspects danger, one for each wish suspects a wish (to stop, another person, yes, no, another time, a
person). They know how often words, letters and meanings stood in texts that were invented for it
(`tests/triage/training`), and add up. Their weights are data files made by `bench/second_reader.py`; they
read nothing else, and the same text always gets the same sums. They say which words weighed most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from outreach.triage.rules import features, lexicon
from outreach.triage.rules.lexicon import Encoded
from outreach.triage.rules.meanings import Kind

SURE = 1.1
"""From this sum on a text is read as urgent: see docs/reading.md for how it was chosen."""
DOUBTFUL = 0.3
"""From this sum on a person looks, whatever else was read."""
TAKEN_BACK = 1.5
"""What a text that takes a sign back must weigh more."""
# The more words, the more small weights add up by chance.
_FREE_WORDS, _PER_WORD = 9, 0.4
_REMEMBERED = 20_000
_MOST_WINDOWS = 4

WISHES = (Kind.OPT_OUT, Kind.WRONG_PERSON, Kind.CONFIRM, Kind.DECLINE, Kind.RESCHEDULE, Kind.HELP)
"""The wishes that are weighed, in the order of the columns of wish_reader.tsv."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How much a text looks like something (log-odds), and the words that made it so."""

    sum: float
    start: int
    end: int

    @property
    def confidence(self) -> float:
        """The probability that goes with the sum, never quite certain."""
        return round(min(0.89, 1 / (1 + math.exp(-self.sum))), 3)


@dataclass(frozen=True, slots=True)
class Look:
    """What was weighed in one look at a text; no wishes for a text too long to be a wish and no more."""

    danger: Suspicion
    wishes: dict[Kind, float]


_NOTHING = Suspicion(-99.0, 0, 0)
_Row = tuple[float, ...]


class SecondReader:
    """The weights, ready to add up: the first column weighs danger, the others the wishes."""

    def __init__(self, danger: bytes, wishes: bytes, known: lexicon.Lexicon) -> None:
        self._weights = _joined(_rows(danger), _rows(wishes))
        self._bias = self._weights.pop("bias")
        self._groups = features.groups_of(known)
        self._words: dict[str, _Row] = {}

    def look(self, encoded: Encoded) -> Look:
        """Add up what each window of a text weighs: the heaviest tells of danger, all together of wishes."""
        danger = _NOTHING
        wishes: list[_Row] = []
        for start, end in features.windows(encoded.codes):
            found, row = self._window(encoded, start, end)
            danger = max(danger, found, key=lambda one: one.sum)
            wishes.append(row)
        if not wishes or len(wishes) > _MOST_WINDOWS:
            return Look(danger, {})
        sums = map(sum, zip(self._bias, *wishes, strict=True))
        return Look(danger, dict(zip(WISHES, list(sums)[1:], strict=True)))

    def _window(self, encoded: Encoded, start: int, end: int) -> tuple[Suspicion, _Row]:
        words, kept = features.plain(encoded, start, end)
        if not kept:
            return _NOTHING, self._bias
        weigh = self._weights.get
        rows: list[_Row] = []
        each: list[float] = []
        for place, word in enumerate(words):
            names = (
                *features.of_neighbors(words, place),
                *features.of_groups(encoded.codes, kept, place, self._groups),
            )
            here = [self._word(word), *(row for name in names if (row := weigh(name)) is not None)]
            each.append(sum([row[0] for row in here]))
            rows += here
        first, last = _heaviest(each)
        total = self._bias[0] + sum(each) - _PER_WORD * max(0, len(each) - _FREE_WORDS)
        return Suspicion(total, kept[first], kept[last] + 1), tuple(map(sum, zip(*rows, strict=True)))

    def _word(self, word: str) -> _Row:
        known = self._words.get(word)
        if known is None:
            rows = [self._weights[name] for name in features.of_word(word) if name in self._weights]
            known = tuple(map(sum, zip(*rows, strict=True))) if rows else (0.0,) * (1 + len(WISHES))
            if len(self._words) > _REMEMBERED:
                self._words.clear()
            self._words[word] = known
        return known


def _joined(
    danger: dict[features.Name, _Row], wishes: dict[features.Name, _Row]
) -> dict[features.Name, _Row]:
    nothing, no_wish = (0.0,), (0.0,) * len(WISHES)
    return {
        name: danger.get(name, nothing) + wishes.get(name, no_wish) for name in danger.keys() | wishes.keys()
    }


def _rows(raw: bytes) -> dict[features.Name, _Row]:
    lines = (line.split("\t") for line in raw.decode().splitlines() if line and not line.startswith("# "))
    return {
        tuple(name.split(" ")) if " " in name else name: tuple([int(weight or 0) / 100 for weight in row])
        for name, *row in lines
    }


def _heaviest(each: list[float]) -> tuple[int, int]:
    """Find the run of words that weighs most."""
    best, best_run, total, start = -99.0, (0, 0), 0.0, 0
    for at, weight in enumerate(each):
        if total <= 0:
            total, start = 0.0, at
        total += weight
        if total > best:
            best, best_run = total, (start, at)
    return best_run


@cache
def load() -> SecondReader:
    """Load the second reader that came with this version."""
    return SecondReader(lexicon.weights("second_reader"), lexicon.weights("wish_reader"), lexicon.load())
