"""The small language the lexicons are written in, compiled to regular expressions over *words*.

Every known word is given one character of its own, so that a text of thirty words becomes a string of thirty
characters. A class of words is then a character set, a gap is a bounded repeat, and a match costs
microseconds however many words a class holds. No repeat is unbounded, so time grows with the length of
the text and nothing else.

=============  ==========================================================================
``chest``      this word (any spelling that the spelling table leads to it)
``hurt|pain``  one of these (``going_to`` is a run of two words, ``@class`` may stand among them)
``@breathe``   a word, or a run of words, of this class
``..3``        up to three words in between, none of them a "but" or a "no"
``...3``       up to three words in between, whatever they are
``....3``      the same, into the next sentence too
``a ~4 b``     both, in any order, at most four words apart
``#``          a number
``please?``    may be missing (also ``@class?``)
``^`` ``$``    the text begins, the text ends (``now|$``: a word, or the end)
=============  ==========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from outreach.kernel.errors import OutreachError

UNKNOWN = "\x01"
COMMA = "\x02"
STOP = "\x03"
QUESTION = "\x04"
NUMBER = "\x05"
TIME = "\x06"
YEAR = "\x07"
_SIGNS = {"#": NUMBER, "#time": TIME, "#year": YEAR, ",": COMMA, ".": STOP, "?": QUESTION}
_FIRST_CODE = 0x3400  # one block of the basic plane: the regex engine keeps such sets as bitmaps
_LAST_CODE = 0xD7FF
_NO_WORDS = frozenset(
    ("not", "dont", "doesnt", "didnt", "isnt", "arent", "wasnt", "wont", "hasnt", "havent", "never")
)
_END_WORDS = frozenset(
    ("stopped", "stop", "stops", "stopping", "gone", "lost", "paro", "dejo", "deje", "parar")
)
_GAP = re.compile(r"^(\.{2,4})(\d*)$")


class BadLexicon(OutreachError):
    """A lexicon file can't be used: correct the line it names."""


@dataclass(frozen=True)
class Pattern:
    """A pattern, and what a text must hold for it to be worth trying: one word of each of the sets."""

    source: str
    expression: str
    needed: tuple[frozenset[str], ...]
    has_no: bool
    has_end: bool

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern compiled, on first use: of thousands a process needs a few hundred, and soon."""
        return re.compile(self.expression)


class Alphabet:
    """Gives every known word a character, and every class its words."""

    def __init__(self, *, spell: Mapping[str, tuple[str, ...]], classes: Mapping[str, Iterable[str]]) -> None:
        self.codes: dict[str, str] = {}
        self._spell = spell
        self._classes = {
            name: [self.phrase(member) for member in members] for name, members in classes.items()
        }
        self._figures: list[str] = []
        self._barrier: str = STOP + QUESTION
        self._strict_barrier = self._barrier

    def phrase(self, text: str) -> str:
        """Turn words into their characters, giving new words new ones."""
        plain: list[str] = []
        for word in text.split():
            plain.extend(self._spell.get(word, (word,)))
        return "".join(self._code(word) for word in plain)

    def count(self, figures: Iterable[str]) -> None:
        """Take the figures that patterns name ("104"): `#` means them too, all but 911."""
        self._figures = [self._code(one) for one in sorted(set(figures) - {"911"})]

    def bar(self, words: Iterable[str]) -> None:
        """Set the words that an ordinary gap does not reach across."""
        self._strict_barrier = self._barrier + "".join(self.phrase(word) for word in words)

    def classes(self) -> Iterable[str]:
        """Name the classes of words there are."""
        return self._classes.keys()

    def members(self, name: str) -> list[str]:
        """Name a class's members, as characters."""
        if name not in self._classes:
            raise BadLexicon(f"no class is called @{name}")
        return self._classes[name]

    def _code(self, word: str) -> str:
        if word in _SIGNS:
            return _SIGNS[word]
        if word not in self.codes:
            if _FIRST_CODE + len(self.codes) > _LAST_CODE:
                raise BadLexicon("too many words: the alphabet is full")
            self.codes[word] = chr(_FIRST_CODE + len(self.codes))
        return self.codes[word]

    def compile(self, source: str) -> Pattern:
        """Compile one pattern."""
        items = source.split()
        if not items:
            raise BadLexicon("a pattern is empty")
        regex, needed = self._sequence(items, source)
        if not needed:
            raise BadLexicon(f"pattern needs at least one word that must be there: {source}")
        has_no = any(not _NO_WORDS.isdisjoint(item.split("|")) for item in items)
        has_end = any(not _END_WORDS.isdisjoint(item.split("|")) for item in items)
        return Pattern(source, regex, tuple(needed), has_no, has_end)

    def _sequence(self, items: list[str], source: str) -> tuple[str, list[frozenset[str]]]:
        unordered = next((index for index, item in enumerate(items) if item.startswith("~")), None)
        if unordered is not None:
            return self._both_ways(items, unordered, source)
        parts: list[str] = []
        needed: list[frozenset[str]] = []
        joint = ""
        for item in items:
            piece, words = self._item(item, source)
            loose = piece in (r"\A", r"\Z") or item.startswith("..")
            parts.append(piece if loose or not joint else self._join(joint, piece, item))
            joint = "" if loose else COMMA + "?"
            if words:
                needed.append(words)
        if items[-1].startswith(".."):
            parts[-1] = parts[-1].removesuffix("?")  # at the end there is nothing to stop it early
        return "".join(parts), needed

    @staticmethod
    def _join(joint: str, piece: str, item: str) -> str:
        return f"(?:{joint}{piece[:-1]})?" if item.endswith("?") and item != "?" else joint + piece

    def _both_ways(self, items: list[str], at: int, source: str) -> tuple[str, list[frozenset[str]]]:
        before, needed_before = self._sequence(items[:at], source)
        after, needed_after = self._sequence(items[at + 1 :], source)
        gap = f"[^{self._strict_barrier}]{{0,{int(items[at][1:])}}}?"
        return f"(?:{before}{gap}{after}|{after}{gap}{before})", needed_before + needed_after

    def _item(self, item: str, source: str) -> tuple[str, frozenset[str]]:
        if item in ("^", "$"):
            return (rf"\A{COMMA}?" if item == "^" else rf"[{COMMA}{STOP}]*\Z"), frozenset()
        gap = _GAP.match(item)
        if gap:
            barrier = {"..": self._strict_barrier, "...": self._barrier}.get(gap.group(1), "")
            word = f"[^{barrier}]" if barrier else r"[\s\S]"
            return f"{word}{{0,{int(gap.group(2) or 2)}}}?", frozenset()
        optional = item.endswith("?") and item != "?"
        name = item[:-1] if optional else item
        parts = name.split("|")
        if optional and ("$" in parts or "" in parts):
            raise BadLexicon(f"what may be missing is no end and no sign: {source}")
        members = [member for part in parts if part != "$" for member in self._meant(part)]
        regex = self.any_of(members)
        if "$" in parts:
            return rf"(?:{regex}|[{COMMA}{STOP}]*\Z)", frozenset()
        return (regex + "?", frozenset()) if optional else (regex, frozenset(member[0] for member in members))

    def _meant(self, part: str) -> list[str]:
        if part == "#":
            return [NUMBER, *self._figures]
        return self.members(part[1:]) if part.startswith("@") else [self.phrase(part.replace("_", " "))]

    def any_of(self, members: Iterable[str]) -> str:
        """Write the expression that matches any of these runs of characters, longest first."""
        singles = "".join(sorted({member for member in members if len(member) == 1}))
        runs = sorted({member for member in members if len(member) > 1}, key=lambda run: (-len(run), run))
        joined = [f"{COMMA}?".join(run) for run in runs]
        if singles:
            joined.append(f"[{singles}]")
        return joined[0] if len(joined) == 1 and not runs else "(?:" + "|".join(joined) + ")"
