"""Reads what a text answers to the question that is open: digits, words, places, labels, values."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from outreach.triage.rules import measures, words
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, Kind, OpenQuestion, Option, QuestionKind
from outreach.triage.rules.spelling import is_slip

_UNITS = """days day weeks week hours hour hrs hr minutes minute mins min months month years year pills pill
times time pm am mg ml pounds lbs lb kg miles blocks people kids tablets tablet doses dose p a
oclock percent dias semanas horas hora minutos meses anos pastillas pastilla veces vez libras kilos
personas doctors appointments cups glasses steps"""
_UNITS_AFTER = frozenset(_UNITS.split())
_INTRODUCES = frozenset(
    [
        "option",
        "number",
        "answer",
        "opcion",
        "numero",
        "respuesta",
        "#",
        "choice",
        "choose",
        "pick",
        "say",
        "elijo",
        "escojo",
        "reply",
    ]
)
_OWNS = frozenset(["my", "mi", "mis", "his", "her", "our", "have", "has", "had", "tengo", "took", "these"])
_OF = frozenset(["of", "de"])
_LITTLE_WORDS = frozenset(["a", "y", "o", "i"])
_WEIGHT = re.compile(
    r"(?<![\d/.])(\d{2,3}(?:[.,]\d{1,2})?)\s*(lbs?|pounds?|libras?|kgs?|kilos?|kilogramos?)?(?![\d/:])\b"
)
_ANY = re.compile(r"(?<![\d/.:])(\d{1,4}(?:[.,]\d{1,2})?)(?![\d/:])")
_PAIN = re.compile(r"(?<![\d.])(\d{1,2})(?:\.\d)?(?:\s*(?:/|out of|of|de|sobre)\s*(?:10|ten|diez))?(?![\d/])")
_RANGE = re.compile(r"(?<!\d)(\d{1,4})\s*(?:-|to|or|a|o|y|and|/)\s*(\d{1,4})(?!\d)")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was read as an answer, which words it used, and what a person should look at."""

    answer: Answer | None
    used: frozenset[int] = frozenset()
    problems: tuple[str, ...] = ()


NOTHING = Found(answer=None)


@dataclass(frozen=True, slots=True)
class _Candidate:
    word: str
    how: str
    first: int
    last: int
    confidence: float


def read_choice(
    lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, *, denied: Collection[int] = ()
) -> Found:
    """Find the one option a text chooses; more than one, or one that isn't offered, is a problem for a
    person. Labels among the words at `denied` ("don't cancel") choose nothing.
    """
    offered = {words.fold(option.word).text.strip(): option for option in question.options}
    candidates = list(_listed(lexicon, encoded, offered)) or list(
        _by_place(lexicon, encoded, question.options)
    )
    labeled = [
        one
        for one in _labeled(lexicon, encoded, question.options)
        if not any(at in denied for at in range(one.first, one.last))
    ]
    if not candidates:
        candidates = labeled = labeled or list(_slipped(lexicon, encoded, question.options))
    chosen = {candidate.word for candidate in candidates}
    agreeing = {candidate.word for candidate in labeled}
    if not chosen:
        return _not_offered(lexicon, encoded, offered)
    used = frozenset(at for found in (*candidates, *labeled) for at in range(found.first, found.last))
    if len(chosen) > 1 or (agreeing and not chosen <= agreeing) or (labeled and _is_part(encoded)):
        return Found(answer=None, used=used, problems=("ambiguous",))
    return Found(answer=_answer(encoded, candidates[0], offered[candidates[0].word]), used=used)


def _answer(encoded: Encoded, found: _Candidate, option: Option) -> Answer:
    start, end = encoded.where(found.first, found.last)
    value = float(found.word) if found.word.isdigit() else None
    return Answer(
        word=option.word,
        value=value,
        how=found.how,
        confidence=found.confidence,
        means=option.means,
        start=start,
        end=end,
    )


def _listed(lexicon: Lexicon, encoded: Encoded, offered: dict[str, Option]) -> Iterator[_Candidate]:
    """List the reply words that stand where an answer stands: alone, first, or introduced."""
    tokens = encoded.tokens
    alone = _all_around(lexicon, encoded)
    for at, token in enumerate(tokens):
        number = _as_number(lexicon, token, alone=alone)
        word = number if number in offered else token.form if token.form in offered else None
        if word is None or not _stands_as_answer(lexicon, encoded, at, alone=alone):
            continue
        exact = token.kind == "number" or token.form in offered
        yield _Candidate(
            word, "digit" if token.kind == "number" else "word", at, at + 1, 1.0 if exact else 0.9
        )


def _as_number(lexicon: Lexicon, token: words.Token, *, alone: bool) -> str | None:
    if token.kind == "number":
        return str(int(token.form)) if token.form.isdigit() else None
    if token.form in lexicon.alone_only and not alone:
        return None
    return lexicon.number_words.get(token.form)


def _all_around(lexicon: Lexicon, encoded: Encoded) -> bool:
    """Say whether a text holds at most one thing besides words that surround an answer."""
    rest = [
        t
        for t in encoded.tokens
        if t.kind
        in (
            "word",
            "number",
        )
        and not (t.form in lexicon.around and t.form not in lexicon.number_words)
    ]
    return len(rest) <= 1


def _stands_as_answer(lexicon: Lexicon, encoded: Encoded, at: int, *, alone: bool) -> bool:
    tokens = encoded.tokens
    if at + 1 < len(tokens) and tokens[at + 1].form in _UNITS_AFTER:
        return False
    if tokens[at].form in _LITTLE_WORDS and not _by_itself(lexicon, tokens, at):
        return False
    if at and tokens[at - 1].form in _OWNS and at + 1 < len(tokens) and tokens[at + 1].kind == "word":
        return False
    before = [token for token in tokens[:at] if token.kind in ("word", "number", "other", "mark")]
    if not before or before[-1].form in _INTRODUCES:
        return True
    if all(_says_nothing(lexicon, token) for token in before):
        return True
    return at == len(tokens) - 1 and tokens[at - 1].kind in ("soft", "stop")


def _by_itself(lexicon: Lexicon, tokens: Sequence[words.Token], at: int) -> bool:
    """Say whether a letter that is a word too ("a friend is with me") can only be the reply word."""
    if at == 0 and len(tokens) > 1 and tokens[1].kind != "word":
        return True
    others = (token for place, token in enumerate(tokens) if place != at)
    return not any(
        one.kind == "word" and len(one.form) > 1 and one.form not in lexicon.around for one in others
    )


def _says_nothing(lexicon: Lexicon, token: words.Token) -> bool:
    if (
        token.form in lexicon.around
        or token.form in lexicon.or_words
        or token.kind in ("other", "mark", "number")
    ):
        return True
    return _as_number(lexicon, token, alone=False) is not None


def _by_place(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[_Candidate]:
    """List options named by their place: "the second one", "la ultima"."""
    for at, token in enumerate(encoded.tokens):
        place = lexicon.ordinals.get(token.form)
        if token.form in lexicon.last_words:
            place = len(options)
        if place and place <= len(options) and _stands_as_answer(lexicon, encoded, at, alone=False):
            yield _Candidate(words.fold(options[place - 1].word).text.strip(), "position", at, at + 1, 0.9)


def _labeled(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[_Candidate]:
    """List options whose label, or a word that means the same, is in the text."""
    found: list[_Candidate] = []
    for option in options:
        for phrase in lexicon.label_phrases(option):
            found.extend(_places(lexicon, encoded, phrase, words.fold(option.word).text.strip()))
    longest = [one for one in found if not any(_covers(other, one) for other in found)]
    yield from (one for one in longest if not _denied(lexicon, encoded, one))


def _is_part(encoded: Encoded) -> bool:
    """Say whether a part of a whole is told ("I have 1 of 3"): no label says that."""
    kinds = ["of" if token.form in _OF else token.kind for token in encoded.tokens]
    return any(kinds[at : at + 3] == ["number", "of", "number"] for at in range(len(kinds) - 2))


def _slipped(lexicon: Lexicon, encoded: Encoded, options: tuple[Option, ...]) -> Iterator[_Candidate]:
    """List options whose label stands alone, with one slip in it that makes no word of its own."""
    if not _all_around(lexicon, encoded):
        return
    for at, token in enumerate(encoded.tokens):
        form = token.form
        if token.kind != "word" or form in lexicon.alphabet.codes or form in lexicon.around:
            continue
        if form in lexicon.guarded_words():
            continue
        for option in options:
            if any(len(one) == 1 and is_slip(form, one[0]) for one in lexicon.label_phrases(option)):
                yield _Candidate(words.fold(option.word).text.strip(), "label", at, at + 1, 0.8)


def _places(lexicon: Lexicon, encoded: Encoded, phrase: tuple[str, ...], word: str) -> Iterator[_Candidate]:
    seen = lexicon.plain_words(encoded)
    for at in range(len(seen) - len(phrase) + 1):
        little = len(phrase) == 1 and encoded.tokens[at].form in _LITTLE_WORDS
        if tuple(seen[at : at + len(phrase)]) == phrase and (
            not little or _by_itself(lexicon, encoded.tokens, at)
        ):
            yield _Candidate(word, "label", at, at + len(phrase), 0.9)


def _covers(other: _Candidate, one: _Candidate) -> bool:
    return (
        other.first <= one.first
        and one.last <= other.last
        and other.last - other.first > one.last - one.first
    )


def _denied(lexicon: Lexicon, encoded: Encoded, one: _Candidate) -> bool:
    if one.first == 0 or one.last - one.first > 1:
        return False
    denials = ("not", "dont", "isnt", "arent", "havent", "no", "doesnt", "didnt", "never")
    seen = lexicon.plain_words(encoded)
    if seen[one.first] in ("no", "not"):
        return False
    before = seen[max(0, one.first - 2) : one.first]
    return any(word in denials for word in before)


def _not_offered(lexicon: Lexicon, encoded: Encoded, offered: dict[str, Option]) -> Found:
    """Say that a lone number was sent that the question doesn't offer."""
    numbers = [t for t in encoded.tokens if t.kind == "number"]
    if numbers and _all_around(lexicon, encoded) and all(word.isdigit() for word in offered):
        return Found(answer=None, problems=("not_an_option",))
    return NOTHING


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
    if kind is QuestionKind.PAIN:
        matches = [
            match
            for match in matches
            if not re.match(r"\s*(?:days?|hours?|weeks?|am|pm|pills?|mg)", text[match.end() :])
        ]
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
        or token.form in _UNITS_AFTER
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


def by_meaning(question: OpenQuestion, kind: Kind) -> Answer | None:
    """Find the option that means what a text said in its own words ("I'll be there" chooses the one that
    confirms).
    """
    meant = [option for option in question.options if option.means is kind]
    return Answer(word=meant[0].word, how="meaning", confidence=0.85, means=kind) if len(meant) == 1 else None
