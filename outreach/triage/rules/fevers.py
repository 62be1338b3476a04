"""Reads a temperature as the answer to "do you have a fever?"."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import OpenQuestion, Option

FEVER = {"F": 100.4, "C": 38.0}
"""From here on it is a fever: measures.yaml's source says the same of adults (CDC, 100.4 F or 38 C)."""
NORMAL = {"F": 99.4, "C": 37.4}
"""Up to here it is none; between the two a person looks."""
POSSIBLE = {"F": (94.0, 109.0), "C": (34.5, 43.0)}
_HAS = frozenset(("fever", "fiebre", "tengo fiebre", "i have a fever"))
_HAS_NOT = frozenset(("no fever", "sin fiebre"))
_EARLIER = frozenset(("last", "anoche", "was", "tuve", "had"))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The option a temperature chooses, None if it contradicts what is said beside it or is in between."""

    option: Option | None
    at: int
    used: frozenset[int] = frozenset()


def read(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion) -> Measured | None:
    """Return what the one temperature in a text says of a fever; None if that is not asked or not told."""
    has, has_not = _option(question, _HAS), _option(question, _HAS_NOT)
    if has is None or has_not is None or has is has_not:
        return None
    read = [(at, _temperature(token.form, token.kind)) for at, token in enumerate(encoded.tokens)]
    found = [(at, *one) for at, one in read if one is not None]
    if not found:
        return None
    at, unit, degrees = found[0]
    if len(found) > 1:
        return Measured(option=None, at=at)
    said = _said(lexicon, encoded)
    if said is None:
        denied = any((word,) in lexicon.replies["denials"] for word in encoded.words)
        return Measured(option=None, at=at) if denied and degrees >= FEVER[unit] else None
    if NORMAL[unit] < degrees < FEVER[unit]:
        return None if said == "no" else Measured(option=None, at=at)
    feverish = degrees >= FEVER[unit]
    if said == ("no" if feverish else "yes"):
        return Measured(option=None, at=at)
    used = frozenset(range(len(encoded.tokens))) - _earlier(encoded)
    return Measured(option=has if feverish else has_not, at=at, used=used)


def _option(question: OpenQuestion, wanted: frozenset[str]) -> Option | None:
    chosen = [
        one for one in question.options if wanted & {x for listed in one.labels.values() for x in listed}
    ]
    return chosen[0] if len(chosen) == 1 else None


def _temperature(form: str, kind: str) -> tuple[str, float] | None:
    try:
        degrees = float(form.rstrip("fcº°").replace(",", ".")) if kind == "number" else 0.0
    except ValueError:
        return None
    return next(((unit, degrees) for unit, (low, high) in POSSIBLE.items() if low <= degrees <= high), None)


def _said(lexicon: Lexicon, encoded: Encoded) -> str | None:
    """Return yes, no or nothing as it is said beside a temperature; None if more is said than that."""
    sets, said = lexicon.replies, ""
    for word, token in zip(encoded.words, encoded.tokens, strict=True):
        if token.kind != "word" or (word,) in sets["beside_fever"]:
            continue
        if (word,) in sets["denials"]:
            said = "no"
        elif (word,) in sets["strong_yes"] and word != "y":
            said = "yes" if said != "no" else said
        elif (word,) not in sets["beside_value"] and word not in lexicon.measure_words:
            return None
    return said


def _earlier(encoded: Encoded) -> frozenset[int]:
    """Return the words that tell it was not now: a person reads them."""
    return frozenset(at for at, word in enumerate(encoded.words) if word in _EARLIER)
