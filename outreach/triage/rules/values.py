"""Reads the value a text reports: a weight, a pressure, a reading, a pain from 0 to 10."""

from __future__ import annotations

import re

from outreach.triage.rules import measures, words
from outreach.triage.rules.answers import NOTHING, UNITS_AFTER, Found
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, OpenQuestion, QuestionKind

_WEIGHT = re.compile(
    r"(?<![\d/.])(\d{2,3}(?:[.,]\d{1,2})?)\s*(lbs?|pounds?|libras?|kgs?|kilos?|kilogramos?)?(?![\d/:])\b"
)
_ANY = re.compile(r"(?<![\d/.:])(\d{1,4}(?:[.,]\d{1,2})?)(?![\d/:])")
_PAIN = re.compile(r"(?<![\d.])(\d{1,2})(?:\.\d)?(?:\s*(?:/|out of|of|de|sobre)\s*(?:10|ten|diez))?(?![\d/])")
_RANGE = re.compile(r"(?<!\d)(\d{1,4})\s*(?:-|to|or|a|o|y|and|/)\s*(\d{1,4})(?!\d)")


_COUNTED = re.compile(
    r"\s*(?:days?|hours?|hrs?|weeks?|months?|years?|minutes?|mins?|pills?|shots?|eggs?|units?|nights?"
    r"|times?\b|glasses|cups?|puffs?|tablets?|doses?|dias?|horas?|semanas?|veces|vez|pastillas?|huevos?|unidades)"
)
"""What is counted is no value: "already had 2 eggs"."""


def read_value(encoded: Encoded, folded: words.Folded, question: OpenQuestion, lexicon: Lexicon) -> Found:
    """Find the value a text reports for a question that asks for a number."""
    kind = QuestionKind(question.kind)
    if kind is QuestionKind.BLOOD_PRESSURE:
        return _pressure(lexicon, folded, encoded)
    text = (
        _digits_for_words(lexicon, encoded)
        if kind is QuestionKind.PAIN and not re.search(r"\d", folded.text)
        else folded.text
    )
    pattern = {QuestionKind.WEIGHT: _WEIGHT, QuestionKind.PAIN: _PAIN}.get(kind, _ANY)
    matches = list(pattern.finditer(text))
    matches = [match for match in matches if not _COUNTED.match(text, match.end())]
    if kind is QuestionKind.PAIN:
        matches = [match for match in matches if not re.match(r"\s*(?:am|pm|mg)", text[match.end() :])]
    if not matches:
        return NOTHING
    values = {measures.number(match.group(1)) for match in matches}
    if len(values) > 1 or (_RANGE.search(text) and kind is not QuestionKind.PAIN):
        return Found(answer=None, used=_numbers(lexicon, encoded), problems=("ambiguous",))
    match = matches[0]
    value = measures.number(match.group(1))
    unit = _unit(kind, match)
    start, end = (
        (folded.original(match.start()), folded.original_end(match.end())) if text is folded.text else (0, 0)
    )
    problems = () if _can_be_true(kind, value, unit, question) else ("implausible",)
    answer = Answer(
        value=value, unit=unit, how="number", confidence=0.5 if problems else 0.95, start=start, end=end
    )
    return Found(answer=answer, used=_numbers(lexicon, encoded), problems=problems)


def _numbers(lexicon: Lexicon, encoded: Encoded) -> frozenset[int]:
    """List the words a value takes up: numbers, units, and the words people put around them."""
    return frozenset(
        at
        for at, token in enumerate(encoded.tokens)
        if token.kind in ("number", "mark")
        or (token.form in UNITS_AFTER and at and encoded.tokens[at - 1].kind == "number")
        or token.form in lexicon.measure_words
        or token.form in lexicon.number_words
    )


def _digits_for_words(lexicon: Lexicon, encoded: Encoded) -> str:
    return " ".join(lexicon.number_words.get(token.form, token.form) for token in encoded.tokens)


def _unit(kind: QuestionKind, match: re.Match[str]) -> str | None:
    if kind is QuestionKind.WEIGHT:
        typed = match.group(2) or ""
        return "kg" if typed.startswith("k") else "lb" if typed else None
    return "mg/dL" if kind is QuestionKind.GLUCOSE else None


_POSSIBLE = {
    QuestionKind.PAIN: (0.0, 10.0),
    QuestionKind.GLUCOSE: (10.0, 1500.0),
    QuestionKind.WEIGHT: (40.0, 900.0),
}


def _can_be_true(kind: QuestionKind, value: float, unit: str | None, question: OpenQuestion) -> bool:
    lowest, highest = _POSSIBLE.get(kind, (float("-inf"), float("inf")))
    if unit == "kg":
        lowest, highest = 20.0, 400.0
    lowest = question.lowest if question.lowest is not None else lowest
    highest = question.highest if question.highest is not None else highest
    return lowest <= value <= highest


def _pressure(lexicon: Lexicon, folded: words.Folded, encoded: Encoded) -> Found:
    found = measures.pairs(folded.text)
    if not found:
        lone = [match for match in _ANY.finditer(folded.text) if len(match.group(1)) >= 2]
        return (
            Found(answer=None, used=_numbers(lexicon, encoded), problems=("incomplete",)) if lone else NOTHING
        )
    if len({(one.value, one.second) for one in found}) > 1:
        return Found(answer=None, used=_numbers(lexicon, encoded), problems=("ambiguous",))
    one = found[0]
    problems = ("implausible",) if one.level == "impossible" else ()
    answer = Answer(
        value=one.value, second=one.second, unit="mmHg", how="number", confidence=0.5 if problems else 0.95,
        start=folded.original(one.start), end=folded.original_end(one.end),
    )  # fmt: skip
    return Found(answer=answer, used=_numbers(lexicon, encoded), problems=problems)
