"""Which words a patient gets: the variant that fits them, in a language somebody has approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from outreach.programs.rules import conditions, house
from outreach.programs.rules.definition import Program, Words

SOURCE = "en"
"""Texts are written in English first; the others are translations of it."""

HELP_LINES = {"es": "Ayuda en español: {callback}", "en": "Help in your language: {callback}"}
"""Follows an English text sent to somebody who reads another language (45 CFR 92.201)."""

FINGERPRINT_LENGTH = 12


def fingerprint(words: Words, language: str) -> str:
    """Return what an approval vouches for: the English and its translation, exactly as they stand."""
    return _fingerprint(f"{words.get(SOURCE, '')}\n{words.get(language, '')}")


@lru_cache(maxsize=2048)
def _fingerprint(pair: str) -> str:
    return hashlib.sha256(pair.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def every_text(program: Program) -> dict[str, Words]:
    """Return all texts of a program by the name an approval uses: `intro`, `need`, `need/2` for a variant."""
    found: dict[str, Words] = {key: question.text for key, question in program.questions.items()}
    found |= program.texts
    for number, variant in enumerate(program.variants, start=1):
        found[f"{variant.of}/{number}"] = variant.text
    return found


def is_approved(program: Program, name: str, words: Words, language: str) -> bool:
    """Return whether a text may be sent in a language: English always, others as they were approved."""
    if language == SOURCE:
        return True
    approval = program.approved.get(language)
    return approval is not None and approval.texts.get(name) == fingerprint(words, language)


def choose(program: Program, key: str, known: Mapping[str, Any]) -> tuple[str, Words]:
    """Return the name and words of a text for somebody: the first variant that fits, or the text."""
    for number, variant in program.variants_of.get(key, ()):
        if conditions.holds(variant.when, known):
            return f"{key}/{number}", variant.text
    question = program.questions.get(key)
    return key, question.text if question else program.texts[key]


class Chosen(NamedTuple):
    """What is said, before it is filled."""

    template: str
    language: str
    name: str
    """Of the text, as an approval names it: `need`, `need/2` for a variant."""


def in_words(program: Program, key: str, *, language: str, known: Mapping[str, Any]) -> tuple[str, str]:
    """Return the template for somebody and the language it is in, as `chosen` does."""
    found = chosen(program, key, language=language, known=known)
    return found.template, found.language


def chosen(program: Program, key: str, *, language: str, known: Mapping[str, Any]) -> Chosen:
    """Return the template for somebody, the language it is in, and which of a program's texts it is.

    Without an approved translation it is the English text, and a line that says where there is help.
    """
    ours = house.words(key)
    name, words = (key, ours) if ours is not None else choose(program, key, known)
    found: Chosen | None = program.worded.get((name, language))
    if found is None:
        is_fit = ours is not None or is_approved(program, name, words, language)
        found = program.worded[name, language] = _worded(name, words, language, is_fit=is_fit)
    return found


def _worded(name: str, words: Words, language: str, *, is_fit: bool) -> Chosen:
    if language in words and is_fit:
        return Chosen(words[language], language, name)
    if language == SOURCE:
        return Chosen(words[SOURCE], SOURCE, name)
    helped = f"{words[SOURCE]} {HELP_LINES.get(language, HELP_LINES['en'])}"
    return Chosen(helped, SOURCE, name)
