"""How hard a text is to read: Flesch-Kincaid for English, Fernández-Huerta for Spanish, careful when short.

The formulas are unstable under about 100 words, so phrases every text must hold (911, STOP) and the fields
are left out, and hard words are reported one by one. Sources: Kincaid 1975; Fernández Huerta 1959; INFLESZ
(Barrio 2008) calls 65 to 80 "fairly easy"; grade 6 after AHRQ's universal precautions.
"""

from __future__ import annotations

import re

from outreach.kernel.said import Said

HIGHEST_GRADE = 6.0
LOWEST_EASE = 65.0
LONGEST_SENTENCE = 20
SHORTEST_JUDGED = 6
"""Words a text needs before a formula says anything about it."""
HARD_SYLLABLES = {"en": 4, "es": 6}
KNOWN_LONG = frozenset({"emergency", "appointment", "medicines"})
"""Long words everybody who has been in a hospital knows."""

_FORMULAS = re.compile(
    r"(emergency|(is|if) it is an emergency|¿?emergencia)\??[:,]?\s*"
    r"((call|llame al|llame)\s*)?(911)?( now| ahora)?"
    r"|(text |reply )?stop (to (end|opt out|stop)|para [a-z ]*?salir)"
    r"|help (for help|para ayuda)|help: ayuda|\b911\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-záéíóúüñ']+", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?:]+|\b[0-9A-E]\b(?=\s)")
_EN_VOWELS = re.compile(r"[aeiouy]+")
_ES_NUCLEUS = re.compile(r"[aeoáéó]|[iuíúü](?![aeoáéó])|[íú]")


def plain(template: str) -> str:
    """Return a text without its fields, brackets and the phrases every text holds."""
    text = re.sub(r"\{[a-z_]+\}", " ", template).replace("[", " ").replace("]", " ")
    return _FORMULAS.sub(". ", text)


def syllables(word: str, language: str) -> int:
    """Return a word's syllables, by rule: within one of the truth for nearly all words."""
    plain_word = word.lower().replace("'", "")
    if language == "es":
        return max(1, len(_ES_NUCLEUS.findall(plain_word)))
    count = len(_EN_VOWELS.findall(plain_word))
    silent = plain_word.endswith(("e", "es", "ed")) and not plain_word.endswith(
        ("le", "ted", "ded", "ses", "ces")
    )
    return max(1, count - 1 if silent and count > 1 else count)


def problems(template: str, language: str) -> list[str]:
    """Return what makes a text hard to read, in words for its author, where a formula is known."""
    if language not in HARD_SYLLABLES:
        return []
    sentences = _sentences(template)
    words = [word for sentence in sentences for word in sentence]
    told: list[str] = [
        Said("a sentence of %(count)s words", count=len(sentence))
        for sentence in sentences
        if len(sentence) > LONGEST_SENTENCE
    ]
    limit = HARD_SYLLABLES[language]
    hard = [w for w in words if syllables(w, language) >= limit and w.lower() not in KNOWN_LONG]
    told += [Said("the long word '%(word)s'", word=word) for word in hard]
    if len(words) >= SHORTEST_JUDGED:
        told += _by_formula(template, language)
    return told


def hardness(template: str, language: str) -> float:
    """Return how hard a text is: its grade in English, its ease with a minus in Spanish; higher is harder."""
    sentences = _sentences(template)
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return float("-inf")
    per_word = sum(syllables(word, language) for word in words) / len(words)
    per_sentence = len(words) / len(sentences)
    if language == "es":
        return 60.0 * per_word + 1.02 * per_sentence - 206.84
    return 0.39 * per_sentence + 11.8 * per_word - 15.59


def _sentences(template: str) -> list[list[str]]:
    return [found for part in _SENTENCE.split(plain(template)) if (found := _WORD.findall(part))]


def _by_formula(template: str, language: str) -> list[str]:
    found = hardness(template, language)
    if language == "es":
        low = Said("reading ease %(ease)s, below %(bound)s", ease=f"{-found:.0f}", bound=f"{LOWEST_EASE:.0f}")
        return [low] if -found < LOWEST_EASE else []
    high = Said(
        "reading grade %(grade)s, above %(bound)s", grade=f"{found:.1f}", bound=f"{HIGHEST_GRADE:.0f}"
    )
    return [high] if found > HIGHEST_GRADE else []
