"""What reading a text yields: values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a text is, first of all."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"
    URGENT = "urgent"
    WRONG_PERSON = "wrong_person"
    CONFIRM = "confirm"
    DECLINE = "decline"
    RESCHEDULE = "reschedule"
    ANSWER = "answer"
    OTHER = "other"


class QuestionKind(StrEnum):
    """What an open question asks for."""

    CHOICE = "choice"
    NUMBER = "number"
    BLOOD_PRESSURE = "blood_pressure"
    WEIGHT = "weight"
    GLUCOSE = "glucose"
    PAIN = "pain"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to answer a question.

    It has a reply word, labels by language, and what choosing it means (confirm, decline, reschedule) if
    anything.
    """

    word: str
    labels: Mapping[str, tuple[str, ...] | list[str]] = field(default_factory=dict)
    means: Kind | None = None
    tier: str | None = None
    """red | orange | yellow: how soon a person acts on it; ask: it only leads to a question."""
    topic: str | None = None
    """What that person is called about."""


_RANKS = {"ask": 1, "yellow": 2, "orange": 3, "red": 4}
_YES_OR_NO = 2


@dataclass(frozen=True, kw_only=True)
class OpenQuestion:
    """A question that waits for an answer.

    `lowest` and `highest` bound what can be true, not what is healthy.
    """

    kind: QuestionKind | str = QuestionKind.CHOICE
    options: tuple[Option, ...] = ()
    lowest: float | None = None
    highest: float | None = None
    about_appointment: bool = False
    asks: str = ""
    """Its Spanish text as the program words it, if it is known."""
    wording: str = ""
    """Its English text as the program words it, if it is known."""

    def calls_most(self, option: Option) -> bool:
        """Say whether taking a doubtful answer for this option errs to the safe side, or nobody knows."""
        ranks = [_RANKS.get(one.tier or "", 0) for one in self.options if one is not option]
        return not any((*ranks, option.tier)) or _RANKS.get(option.tier or "", 0) > max(ranks, default=0)

    @property
    def gravest(self) -> Option | None:
        """The option of a yes-or-no question that calls for a person at once, if one does."""
        red = [one for one in self.options if one.tier == "red"]
        return red[0] if red and len(self.options) == _YES_OR_NO else None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a text answers.

    `word` is the reply word of the option chosen, `value` a number (in a blood pressure the upper one, and
    `second` the lower). `how` says what it was read from: digit, word, label, position, meaning, number.
    """

    word: str | None = None
    value: float | None = None
    second: float | None = None
    unit: str | None = None
    how: str = "digit"
    confidence: float = 1.0
    means: Kind | None = None
    tier: str | None = None
    topic: str | None = None
    bare: bool = False
    """Nothing but a yes or a no, that any question may have been asked for."""
    start: int = 0
    end: int = 0

    @classmethod
    def choosing(cls, option: Option, *, how: str, confidence: float, where: tuple[int, int]) -> Answer:
        """Return the answer that chooses an option, read so surely and there."""
        start, end = where
        return cls(
            word=option.word,
            how=how,
            confidence=confidence,
            means=option.means,
            tier=option.tier,
            topic=option.topic,
            start=start,
            end=end,
        )


@dataclass(frozen=True, kw_only=True)
class Span:
    """A run of characters that made a rule fire.

    The words themselves stay out of its repr: they are a patient's.
    """

    start: int
    end: int
    kind: str
    rule: str
    text: str = field(repr=False)
    topic: str | None = None
    tier: str | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a person or a caller should know that doesn't change the class.

    A code, and where it was seen.
    """

    code: str
    topic: str | None = None
    rule: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one text means, and why."""

    kind: Kind
    also: tuple[Kind, ...] = ()
    spans: tuple[Span, ...] = ()
    language: str = "und"
    confidence: float = 1.0
    lexicon_version: str = ""
    answer: Answer | None = None
    needs_human: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def acts(self) -> tuple[Kind, ...]:
        """Everything this text asks us to act on, the first thing first."""
        return (self.kind, *self.also)

    @property
    def tier(self) -> str | None:
        """The gravest tier among the urgent signs seen: RED, ORANGE or None."""
        tiers = {span.tier for span in self.spans if span.kind == Kind.URGENT}
        return "RED" if "RED" in tiers else "ORANGE" if "ORANGE" in tiers else None

    @property
    def topic(self) -> str | None:
        """The topic of the gravest urgent sign seen."""
        urgent = [span for span in self.spans if span.kind == Kind.URGENT]
        gravest = [span for span in urgent if span.tier == self.tier]
        return gravest[0].topic if gravest else None

    def found(self, code: str) -> bool:
        """Say whether there is a finding with this code."""
        return any(finding.code == code for finding in self.findings)
