"""Writes Spanish the way it sounds, so that "kiero", "nesesito" and "e sentido" are what they say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

_REPEATS = re.compile(r"(.)\1+")
_ALIKE = (
    (re.compile(r"ch"), "%"), (re.compile(r"h"), ""), (re.compile(r"qu(?=[ei])"), "k"),
    (re.compile(r"w"), "gu"), (re.compile(r"gu(?=[ei])"), "g"), (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"g(?=[ei])"), "j"), (re.compile(r"[cq]"), "k"), (re.compile(r"v"), "b"),
    (re.compile(r"ll"), "y"), (re.compile(r"n(?=[bp])"), "m"), (_REPEATS, r"\1"),
)  # fmt: skip
_RUN = re.compile(r"\\[A-Za-z]|[a-z]+")
_SMALL = re.compile(r"(?P<base>\w{2,}?)(?P<joint>s|)(?:it|ill|isim|itit|ik)(?P<end>[oa]s?)")


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """Write one plain word as it sounds."""
    for letters, same in _ALIKE:
        word = letters.sub(same, word)
    return word


def sound_pattern(source: str) -> str:
    """Write the words of a regular expression as they sound."""
    return _RUN.sub(lambda found: found[0] if found[0].startswith("\\") else sound(found[0]), source)


def vocabulary(sources: Iterable[str]) -> frozenset[str]:
    """List the words of patterns that were written as they sound, and those of stems ("inchad[oa]s?")."""
    found: set[str] = set()
    for source in sources:
        for run, stem in re.findall(r"(?<![a-z%\\])([a-z%]{2,})(\[oa\])?", source):
            found.update((run + "o", run + "a", run + "os", run + "as") if stem else (run,))
    return frozenset(one for one in found if len(one) > 2)


class Ear:
    """Leads a typed word to the words that the sayings are written with."""

    def __init__(self, short: Mapping[str, str], known: Collection[str]) -> None:
        self._short = {
            sound(one): tuple(sound(word) for word in str(full).split()) for one, full in short.items()
        }
        self._known = frozenset(known)
        self._heard: dict[str, tuple[str, ...]] = {}

    def words(self, typed: str) -> tuple[str, ...]:
        """Return what a typed word says: in full, without its small ending, with one slip mended."""
        found = self._heard.get(typed)
        if found is None:
            found = self._listen(sound(typed.replace("'", "")))
            if len(self._heard) > 20_000:
                self._heard.clear()
            self._heard[typed] = found
        return found

    def _listen(self, word: str) -> tuple[str, ...]:
        if word in self._short:
            return self._short[word]
        if word in self._known or len(word) < 4 or word.isdigit():
            return (word,)
        if word.endswith(("ao", "aos")) and word.replace("ao", "ado") in self._known:
            return (word.replace("ao", "ado"),)
        small = self._grown(word)
        return (small,) if small else (word,)

    def _grown(self, word: str) -> str | None:
        """Return the word of a small or a great form: "mejorsito", "toditas", "karisima"."""
        found = _SMALL.fullmatch(word)
        if found is None:
            return None
        base, end = found["base"], found["end"]
        plural = "s" if end.endswith("s") else ""
        ways = (
            base,
            base + end,
            base + end[0],
            base + "o" + plural,
            base + "a" + plural,
            base + "e" + plural,
        )
        return next((one for one in ways if one in self._known), None)
