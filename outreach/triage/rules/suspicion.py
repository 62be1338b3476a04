"""The second reader: a small linear model that suspects danger where no rule saw any.

It knows how often words, letters and meanings stood in dangerous and in harmless texts that were invented for
it (`tests/triage/training`), and adds up. Its weights are a data file made by `bench/second_reader.py`; it
reads nothing else, and the same text always gets the same sum. It says which words weighed most.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from outreach.triage.rules import features, lexicon
from outreach.triage.rules.lexicon import Encoded

SURE = 3.4
"""From this sum on a text is read as urgent: see docs/reading.md for how it was chosen."""
DOUBTFUL = 1.0
"""From this sum on a person looks, whatever else was read."""
TAKEN_BACK = 1.5
"""What a text that takes a sign back must weigh more."""
# The more words, the more small weights add up by chance.
_FREE_WORDS, _PER_WORD = 9, 0.4
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How dangerous a text looks (log-odds), and the words that made it so."""

    sum: float
    start: int
    end: int

    @property
    def confidence(self) -> float:
        """The probability that goes with the sum, never quite certain."""
        return round(min(0.89, 1 / (1 + math.exp(-self.sum))), 3)


class SecondReader:
    """The weights, ready to add up."""

    def __init__(self, raw: bytes, known: lexicon.Lexicon) -> None:
        self._weights: dict[str, float] = {}
        for line in raw.decode().splitlines():
            name, _, weight = line.rpartition("\t")
            if name and not name.startswith("# "):
                self._weights[name] = int(weight) / 100
        self._bias = self._weights.pop("bias", 0.0)
        self._groups = features.groups_of(known)
        self._words: dict[str, float] = {}

    def suspect(self, encoded: Encoded) -> Suspicion:
        """Add up what each window of a text weighs, and give the heaviest."""
        best = Suspicion(-99.0, 0, 0)
        for start, end in features.windows(encoded.codes):
            found = self._window(encoded, start, end)
            if found.sum > best.sum:
                best = found
        return best

    def _window(self, encoded: Encoded, start: int, end: int) -> Suspicion:
        words, kept = features.plain(encoded, start, end)
        weights = self._weights
        each: list[float] = []
        for place, word in enumerate(words):
            total = self._word(word)
            for name in features.of_neighbors(words, place):
                total += weights.get(name, 0.0)
            for name in features.of_groups(encoded.codes, kept, place, self._groups):
                total += weights.get(name, 0.0)
            each.append(total)
        first, last = _heaviest(each)
        total = self._bias + sum(each) - _PER_WORD * max(0, len(each) - _FREE_WORDS)
        return Suspicion(total, kept[first], kept[last] + 1) if kept else Suspicion(-99.0, 0, 0)

    def _word(self, word: str) -> float:
        known = self._words.get(word)
        if known is None:
            known = sum(self._weights.get(name, 0.0) for name in features.of_word(word))
            if len(self._words) > _REMEMBERED:
                self._words.clear()
            self._words[word] = known
        return known


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
    return SecondReader(lexicon.second_reader(), lexicon.load())
