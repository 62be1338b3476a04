"""The reader of answers that learned from examples: what no rule reads, it may.

For each thing the programs ask about (asked.yaml) it knows how often words, letters and pairs of words stood
in answers invented for it (`tests/triage/training/answers`), and how often in texts that answer nothing.
Its weights are a data file made by `bench/answer_reader.py`; the same text always gets the same figures. It
is asked last, takes only what is likely, and in doubt leaves a text to a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from outreach.triage.rules import features, lexicon, plainly
from outreach.triage.rules.answers import Found
from outreach.triage.rules.concepts import Concept
from outreach.triage.rules.lexicon import Encoded, Lexicon
from outreach.triage.rules.meanings import Answer, OpenQuestion, Option

HALF = 0.5
"""So likely it must be that what follows a figure says the same."""
LIKELY = 0.7
"""From this probability on an answer is taken: see docs/reading.md for how these were chosen."""
DOUBTED = 0.85
"""So likely it must be where the rules found an answer that is not plain, or a short text holds a "no"."""
SURE = 0.92
"""So likely it must be of a "no" to a sign of danger, of a calm answer that the rules found not plain, of a
wish in a question, and to leave a rest unread.
"""
CERTAIN = 0.97
"""So likely it must be to be believed more than a label that stands in a text."""
HOW = "learned"
NONE = "none"
_SCALE = 4.0
_FEW_WORDS, _TWO_WORDS = 6, 2
_OTHER_WORDS = ("label", "meaning")
_MAY_BE = frozenset(("maybe", "perhaps", "possibly", "probably", "hopefully", "quizas", "ojala"))
_WISHES = frozenset(("call", "medicines", "appointment", "other", "book", "reschedule", "need"))
"""What may be said in a question: "can somebody call me?"."""
_CLOSED = frozenset((plainly.UNSURE, plainly.ASKED_BACK))

_Row = tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What a text most likely answers, and how likely that is."""

    concept: Concept
    name: str
    option: Option | None
    probability: float


def settle(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, found: Found) -> Found:
    """Return what was found, or what the examples say where nothing was or where they surely say else."""
    answer = found.answer
    if answer is not None and (answer.how not in _OTHER_WORDS or len(encoded.words) < _TWO_WORDS):
        return found
    if not _CLOSED.isdisjoint(found.problems) or not _says_something(lexicon, encoded):
        return found
    first = _first(encoded, question)
    if first is not None and answer is not None and _goes_on(encoded, question) and first.word != answer.word:
        return Found(answer=None, problems=(plainly.AMBIGUOUS,))
    if first is not None and answer is None:
        return _led_by(lexicon, encoded, question, found, first)
    look = weigh(lexicon, encoded, question)
    if look is None or look.option is None:
        return found
    if answer is not None:
        return found if look.option.word == answer.word else _weighed(encoded, found, look)
    bar = _bar(lexicon, encoded, question, look, doubted=bool(found.problems))
    return _taken(encoded, look.option, look.probability) if look.probability >= bar else found


def _says_something(lexicon: Lexicon, encoded: Encoded) -> bool:
    """Say whether a text is more than figures, a yes or a no: those the rules read."""
    told = plainly.Told.of(lexicon, encoded)
    return any(token.kind == "word" for token in encoded.tokens) and not plainly.is_polar(
        told, (0, len(told.words))
    )


def confirms(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, word: str) -> bool:
    """Say whether the examples surely say the same option: "I'll be there tuesday" is no bare yes."""
    look = weigh(lexicon, encoded, question) if len(encoded.words) > _TWO_WORDS else None
    return (
        look is not None and look.option is not None and look.option.word == word and look.probability >= SURE
    )


def _weighed(encoded: Encoded, found: Found, look: Look) -> Found:
    """Take an answer back that the examples gainsay, or take theirs where it is all but certain."""
    if look.option is not None and look.probability >= CERTAIN:
        return _taken(encoded, look.option, look.probability, whole=False)
    return Found(answer=None, problems=(plainly.AMBIGUOUS,)) if look.probability >= SURE else found


def _taken(encoded: Encoded, option: Option, probability: float, *, whole: bool = True) -> Found:
    where = encoded.where(0, len(encoded.words))
    answer = Answer.choosing(option, how=HOW, confidence=round(probability, 3), where=where)
    whole = whole and probability >= SURE and len(encoded.words) <= _FEW_WORDS
    return Found(answer=answer, used=frozenset(range(len(encoded.words))) if whole else frozenset())


def _first(encoded: Encoded, question: OpenQuestion) -> Option | None:
    """Return the option whose figure a text begins with: "2 cvs says they need the doctor to ok it"."""
    token = encoded.tokens[0]
    if token.kind != "number" or len(encoded.tokens) < _TWO_WORDS:
        return None
    return next((one for one in question.options if one.word == token.form), None)


def _goes_on(encoded: Encoded, question: OpenQuestion) -> bool:
    """Say whether a figure that leads is followed by something else: "4 and also out of test strips"."""
    offered = {option.word for option in question.options}
    figures = [one for one in encoded.tokens if one.kind == "number" and one.form in offered]
    after = encoded.tokens[1]
    return len(figures) == 1 and (after.kind in ("soft", "stop") or after.form in _AND)


_AND = frozenset(("and", "but", "also", "n", "y", "pero", "tambien"))


def _led_by(
    lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, found: Found, option: Option
) -> Found:
    """Take the figure a text begins with where the examples say the same of what follows it."""
    rest = replace(encoded, codes=encoded.codes[1:], words=encoded.words[1:], tokens=encoded.tokens[1:])
    look = weigh(lexicon, rest, question)
    if look is None or look.option is not option or look.probability < HALF:
        return found
    return _taken(encoded, option, look.probability, whole=False)


def _names_a_reply_word(encoded: Encoded, question: OpenQuestion) -> bool:
    """Say whether a figure stands in a text that would be an answer alone: "2 pillows at night"."""
    offered = {option.word for option in question.options}
    return any(one.form in offered and one.kind == "number" for one in encoded.tokens)


def _bar(lexicon: Lexicon, encoded: Encoded, question: OpenQuestion, look: Look, *, doubted: bool) -> float:
    """Return how likely an answer must be to be taken; `doubted` if the rules found one and not plain."""
    told = plainly.Told.of(lexicon, encoded)
    unclear = _MAY_BE.intersection(encoded.words) or plainly.says_both(told, ())
    if unclear or _names_a_reply_word(encoded, question):
        return math.inf
    if "question" in told.kinds and look.name not in _WISHES:
        return math.inf
    calm = look.option is None or not question.calls_most(look.option)
    if plainly.asks(told) or (calm and (look.concept.grave or doubted)):
        return SURE
    short = len(encoded.words) <= _FEW_WORDS and not features.DENIES.isdisjoint(encoded.words)
    return DOUBTED if short or doubted or told.places("guesses") else LIKELY


def weigh(known: Lexicon, encoded: Encoded, question: OpenQuestion) -> Look | None:
    """Weigh what a text answers; None for a question nobody wrote examples of."""
    for concept in known.asked:
        options = concept.options(question)
        if options is not None:
            break
    else:
        return None
    reader = load()
    likely = reader.probabilities(concept.name, features.of_answer(encoded, reader.groups))
    for name in concept.answers.keys() - options.keys():
        likely[NONE] += likely.pop(name, 0.0)
    name = max(likely, key=lambda one: likely[one])
    return Look(concept=concept, name=name, option=options.get(name), probability=likely[name])


class AnswerReader:
    """The weights, ready to add up: for each concept its answers, and what each thing seen says of them."""

    def __init__(self, raw: bytes, known: Lexicon) -> None:
        self.groups = features.groups_of(known)
        self._answers: dict[str, tuple[str, ...]] = {}
        self._bias: dict[str, _Row] = {}
        self._weights: dict[str, dict[features.Name, _Row]] = {}
        rows: dict[features.Name, _Row] = {}
        for line in raw.decode().splitlines()[1:]:
            name, *rest = line.split("\t")
            if name.startswith("== "):
                concept = name[3:]
                rows = self._weights.setdefault(concept, {})
                self._answers[concept] = tuple(rest)
                continue
            row = tuple([int(one or 0) / 100 for one in rest])
            if name == "bias":
                self._bias[concept] = row
            else:
                rows[tuple(name.split(" ")) if " " in name else name] = row

    def probabilities(self, concept: str, seen: frozenset[features.Name]) -> dict[str, float]:
        """Return how likely each answer of a concept is, and that there is none; they add up to one."""
        weights = self._weights[concept]
        rows = [row for name in seen if (row := weights.get(name)) is not None]
        size = _SCALE / math.sqrt(len(rows)) if rows else 0.0
        sums = [bias + size * sum(column) for bias, *column in zip(self._bias[concept], *rows, strict=True)]
        most = max(sums)
        raised = [math.exp(one - most) for one in sums]
        total = sum(raised)
        return {name: one / total for name, one in zip(self._answers[concept], raised, strict=True)}


@cache
def load() -> AnswerReader:
    """Load the reader of answers that came with this version."""
    return AnswerReader(lexicon.weights("answer_reader"), lexicon.load())
