"""The linter's eye on what staff type: private matters and hard words. It advises, it never blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from outreach.kernel.said import Said
from outreach.kernel.segments import count_segments, normalize_gsm
from outreach.programs.rules import reading_ease
from outreach.programs.rules.lint import texts

PRIVATE = ("diagnosis", "drug", "specialty", "test", "identifier", "procedure")
"""What words.yaml lists, as the advice names it."""
MENDS = (
    "Others may read this phone: say it without naming it.",
    "Ask for another word.",
    "Leave it out to save cost.",
    "Short words, short sentences.",
)
MOST = 3
"""More lines than this nobody reads while typing."""


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One thing to look at before sending."""

    rule: str
    """private | reply_word | letters | grade"""
    what: str
    mend: str


def advise(words: str, *, language: str) -> tuple[Advice, ...]:
    """Return what the linter would say of a text to one person, the gravest first, few lines."""
    found = {one.what: one for one in (*_private(words), *_words(words), *_reading(words, language))}
    return tuple(found.values())[:MOST]


def _private(words: str) -> Iterator[Advice]:
    for kind, matched in texts.private_words(words):
        yield Advice(
            rule="private",
            what=Said("“%(words)s” gives away a %(kind)s", words=matched, kind=Said(kind)),
            mend=MENDS[0],
        )


def _words(words: str) -> Iterator[Advice]:
    for match in texts.OFFERED.finditer(words):
        yield Advice(
            rule="reply_word",
            what=Said("“%(word)s” is a word the phone company acts on", word=match.group(1).upper()),
            mend=MENDS[1],
        )
    plain = normalize_gsm(words)
    if count_segments(plain).encoding != "GSM-7":
        odd = " ".join(sorted({letter for letter in plain if count_segments(letter).encoding != "GSM-7"})[:5])
        yield Advice(
            rule="letters",
            what=Said("%(letters)s makes each part of a text shorter: 70 letters", letters=odd),
            mend=MENDS[2],
        )


def _reading(words: str, language: str) -> Iterator[Advice]:
    for problem in reading_ease.problems(words, language):
        yield Advice(rule="grade", what=Said("Hard to read: %(why)s", why=problem), mend=MENDS[3])
