"""Leads a word as people type it to the word the lexicons know: abbreviations, typing mistakes, disguises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from outreach.triage.rules import words

_REPEATS = re.compile(r"(.)\1+")
_SHORTEST_CORRECTED = 5
_SHORTEST_TWO_MISTAKES = 9
_SHORTEST_GLUED = 7
_SHORTEST_HEARD = 4
_SHORTEST_BY_EAR = 7
_BY_EAR_MOST = 4
# Letters that sound alike in Spanish, and are taken for one another in both languages.
_SOUNDS = (
    (re.compile(r"ch"), "%"), (re.compile(r"^h"), ""), (re.compile(r"qu(?=[ei])"), "k"),
    (re.compile(r"gu(?=[ei])"), "g"), (re.compile(r"g(?=[ei])|x"), "j"), (re.compile(r"c(?=[ei])|z"), "s"),
    (re.compile(r"c|q"), "k"), (re.compile(r"v"), "b"), (re.compile(r"ll"), "y"), (_REPEATS, r"\1"),
)  # fmt: skip
# What English words sound like to somebody who writes them by ear; the vowels between are left out.
_BY_EAR = (
    (re.compile(r"tion|sion|cion"), "%n"), (re.compile(r"sh|ch|%"), "%"), (re.compile(r"^kn"), "n"),
    (re.compile(r"^wr"), "r"), (re.compile(r"gh(?=t)|mb$"), ""), (re.compile(r"ph"), "f"),
    (re.compile(r"c(?=[eiy])|z"), "s"), (re.compile(r"x"), "ks"), (re.compile(r"ck|c|q"), "k"),
    (re.compile(r"(?<=.)[aeiouyh]"), ""), (_REPEATS, r"\1"),
)  # fmt: skip
_LEET = (
    str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s"}),
    str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s"}),
)


class Speller:
    """Knows every word of the lexicons and the mistakes that lead to them."""

    def __init__(
        self,
        *,
        aliases: Mapping[str, tuple[str, ...]],
        merges: Mapping[tuple[str, str], str],
        guarded: Iterable[str],
    ) -> None:
        self.aliases = dict(aliases)
        self.merges = dict(merges)
        self._known: set[str] = set()
        self._near: dict[str, list[str]] = {}
        self._heard: dict[str, str] = {}
        self._glued: set[str] = set()
        self._swapped: dict[str, str] = {}
        self._by_ear: dict[str, str] = {}
        self.guarded = frozenset(guarded)
        self._cache: dict[str, tuple[tuple[str, ...], bool]] = {}

    def learn(self, known: Iterable[str], *, correctable: Iterable[str], glueable: Iterable[str]) -> None:
        """Take the words of the lexicons:

        all of them, those worth correcting to, those people run together.
        """
        self._known.update(known)
        self._glued.update(word for word in glueable if len(word) > 2)
        for word in sorted(set(correctable)):
            if len(word) >= _SHORTEST_HEARD:
                self._heard.setdefault(heard(word), word)
            if len(word) >= _SHORTEST_CORRECTED:
                for shorter in _shortened(word):
                    self._near.setdefault(shorter, []).append(word)

    def learn_said(self, said: Iterable[str]) -> None:
        """Take the everyday words that answers are made of: mended, too, where no other word is near.

        Two letters of them may be swapped ("smae", "abuot"), or the long ones written by ear ("sumtimes").
        """
        for word in sorted(said):
            for slip in _swaps(word):
                self._swapped.setdefault(slip, word)
            if len(word) >= _SHORTEST_BY_EAR:
                self._by_ear.setdefault(_consonants(word), word)

    def canonical(self, typed: Iterable[str]) -> list[str]:
        """Write lexicon words in their canonical form, two that belong together as one."""
        plain: list[str] = []
        for word in typed:
            for part in self.aliases.get(word, (word,)):
                merged = self.merges.get((plain[-1], part)) if plain else None
                if merged:
                    plain[-1] = merged
                else:
                    plain.append(part)
        return plain

    def spell(self, form: str) -> tuple[tuple[str, ...], bool]:
        """Say which words a typed form stands for, and whether that took a guess."""
        found = self._cache.get(form)
        if found is None:
            found = self._spell(form)
            if len(self._cache) > 20_000:
                self._cache.clear()
            self._cache[form] = found
        return found

    def _spell(self, form: str) -> tuple[tuple[str, ...], bool]:
        exact = self._exact(form)
        if exact:
            return exact, False
        bare = form.replace("'", "").replace("*", "")
        exact = self._exact(bare)
        if exact:
            return exact, False
        if words.borrows_letters(bare):
            bare = words.without_lookalikes(bare)
        if not bare.isalpha():
            return self._unmask(bare)
        return self._guess(bare)

    def _exact(self, form: str) -> tuple[str, ...]:
        if form in self.aliases:
            return self.aliases[form]
        return (form,) if form in self._known else ()

    def _unmask(self, form: str) -> tuple[tuple[str, ...], bool]:
        if not any(char.isalpha() for char in form):
            return (form,), False
        for table in _LEET:
            plain = form.translate(table)
            exact = self._exact(plain)
            if exact:
                return exact, True
        plain = form.translate(_LEET[0])
        guess, guessed = self._guess(plain) if plain.isalpha() else ((form,), False)
        return (guess, True) if guessed else ((form,), False)

    def _guess(self, form: str) -> tuple[tuple[str, ...], bool]:
        exact = self._exact(form)
        if exact:
            return exact, True
        if form in self.guarded or len(form) > 40:
            return (form,), False
        for shorter in _squeezed(form):
            exact = self._exact(shorter)
            if exact:
                return exact, False
        close = self._close(form)
        return (close, True) if close else ((form,), False)

    def _close(self, form: str) -> tuple[str, ...]:
        """Find what a form sounds like or is a slip of: "goin", "oxijeno", "chset"."""
        if form.endswith("in") and form + "g" in self._known:
            return (form + "g",)
        same = self._heard.get(heard(form)) if len(form) >= _SHORTEST_HEARD else None
        if same:
            return self.aliases.get(same, (same,))
        if len(form) < _SHORTEST_CORRECTED - 1:
            return ()
        return self._nearest(form) or self._unglue(form) or self._said(form)

    def _said(self, form: str) -> tuple[str, ...]:
        word = self._swapped.get(form)
        if word is None and len(form) >= _SHORTEST_BY_EAR - 1:
            word = self._by_ear.get(_consonants(form))
            if word is not None and (abs(len(word) - len(form)) > 2 or _mistakes(form, word) > _BY_EAR_MOST):
                word = None
        return self.aliases.get(word, (word,)) if word else ()

    def _nearest(self, form: str) -> tuple[str, ...]:
        best: tuple[int, str] | None = None
        for shorter in _shortened(form):
            for word in self._near.get(shorter, ()):
                mistakes = _mistakes(form, word)
                allowed = 2 if min(len(form), len(word)) >= _SHORTEST_TWO_MISTAKES else 1
                if (
                    mistakes <= allowed
                    and _same_start(form, word)
                    and (best is None or (mistakes, word) < best)
                ):
                    best = (mistakes, word)
        return self.aliases.get(best[1], (best[1],)) if best else ()

    def _unglue(self, form: str) -> tuple[str, ...]:
        if len(form) < _SHORTEST_GLUED:
            return ()
        for at in range(3, len(form) - 2):
            first, second = form[:at], form[at:]
            if first in self._glued and second in self._glued:
                return tuple(self.canonical((first, second)))
        return ()


def heard(word: str) -> str:
    """Write a word the way it sounds, so that "oxijeno" and "oxigeno" are one."""
    for letters, sound in _SOUNDS:
        word = letters.sub(sound, word)
    return word


def _swaps(word: str) -> list[str]:
    """List a word with two letters beside each other swapped, the first one left in its place."""
    pairs = range(1, len(word) - 1)
    return [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in pairs if word[at] != word[at + 1]]


def _consonants(word: str) -> str:
    """Write what is heard of a word besides its vowels: "medisins" and "medicines" are one."""
    for letters, sound in _BY_EAR:
        word = letters.sub(sound, word)
    return word


def is_slip(typed: str, meant: str) -> bool:
    """Say whether a form is a word of four letters or more with one slip in it: "peior", "mejro"."""
    shortest = min(len(typed), len(meant))
    return shortest >= _SHORTEST_HEARD and _same_start(typed, meant) and _mistakes(typed, meant) == 1


def _squeezed(form: str) -> list[str]:
    """List a word with its repeated letters written twice, and once."""
    if not _REPEATS.search(form):
        return []
    return [re.sub(r"(.)\1{2,}", r"\1\1", form), re.sub(r"(.)\1{2,}", r"\1", form), _REPEATS.sub(r"\1", form)]


def _shortened(word: str) -> set[str]:
    """List a word, and the word without each of its letters (two letters when it is long)."""
    ones = {word[:at] + word[at + 1 :] for at in range(len(word))}
    found = ones | {word}
    if len(word) >= _SHORTEST_TWO_MISTAKES - 1 and len(word) <= 24:
        for one in ones:
            found.update(one[:at] + one[at + 1 :] for at in range(len(one)))
    return found


def _same_start(form: str, word: str) -> bool:
    if form[0] == word[0] or form[:2] == word[1::-1]:
        return True
    if "h" in (form[0], word[0]):
        return form.lstrip("h")[:1] == word.lstrip("h")[:1]
    return any(form[0] in group and word[0] in group for group in ("bv", "ckq", "szc", "yli", "gj"))


def _mistakes(typed: str, meant: str) -> int:
    """Count slips between two words: a letter missing, added, swapped with its neighbor, or wrong."""
    if abs(len(typed) - len(meant)) > 2:
        return 3
    before_last: list[int] = []
    last = list(range(len(meant) + 1))
    for row, one in enumerate(typed, 1):
        current = [row]
        for column, other in enumerate(meant, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (one != other))
            swapped = row > 1 and column > 1 and one == meant[column - 2] and typed[row - 2] == other
            current.append(min(cost, before_last[column - 2] + 1) if swapped else cost)
        before_last, last = last, current
    return last[-1]
