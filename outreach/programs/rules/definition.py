"""What a program file says, as values. files.py checks the file; nothing here reads one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Literal

Words = Mapping[str, str]
"""Text by language: {"en": ..., "es": ...}."""


@dataclass(frozen=True, kw_only=True)
class Then:
    """What an answer leads to. Each part may be absent; all that are there happen."""

    say: str | None = None
    """Key of a text that acknowledges the answer."""
    ask: str | None = None
    """Key of the question that follows at once."""
    escalate: str | None = None
    """red | orange | yellow: somebody must act, within that tier's time."""
    topic: str | None = None
    """What the escalation is about, in a word staff use."""
    stop: str | None = None
    """Reason for which the program ends here."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One way to answer: the word to reply, its meaning for us, other words people use for it."""

    word: str
    means: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    then: Then = field(default_factory=Then)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something we ask. An answer may come hours or days later; `lasts_hours` is how long it stays open."""

    key: str
    text: Words
    options: tuple[Option, ...]
    kind: str = "choice"
    lasts_hours: int = 72
    clinical: bool = False
    """Asked only when somebody is rostered to act on the answer."""

    def option(self, means: str) -> Option | None:
        """Return the option with a meaning, or None."""
        return next((option for option in self.options if option.means == means), None)


@dataclass(frozen=True, kw_only=True)
class Step:
    """When something is said or asked: on days after the anchor, at a wall-clock time."""

    id: str
    days: tuple[int, ...]
    at: time
    ask: str | None = None
    say: str | None = None
    lasts_hours: int = 34
    late: str = "skip"
    late_for_hours: int | None = None


@dataclass(frozen=True, kw_only=True)
class Silence:
    """What happens when questions stay unanswered: never just nothing."""

    after: int
    say: str
    escalate: str = "silent"


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """More than the ordinary budget, told to the patient in the first text and reserved at enrollment."""

    per_day: int
    per_week: int


@dataclass(frozen=True, kw_only=True)
class Program:
    """A whole program."""

    key: str
    title: str
    purpose: Literal["care", "reminders"]
    anchor: str
    """discharge (others come with their programs)."""
    days: int
    audience: str
    exclude: str
    steps: tuple[Step, ...]
    questions: Mapping[str, Question]
    texts: Mapping[str, Words]
    stops: tuple[str, ...]
    sources: tuple[str, ...]
    cadence: Cadence | None = None
    silence: Silence | None = None
    activities: bool = True
    """Whether care-plan activities of the stay get their own questions while this program runs."""
    tcm: bool = False
    """Whether a human contact within two business days is due (CPT 99495, 99496)."""

    def step(self, step_id: str) -> Step | None:
        """Return a step by id, or None."""
        return next((step for step in self.steps if step.id == step_id), None)
