"""What a program file says, as values. files.py checks the file; nothing here reads one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from typing import Any, Literal

Words = Mapping[str, str]
"""Text by language: {"en": ..., "es": ...}."""


ABOUT_BIRTH = re.compile(r"\bbirth(?:_dated)?\b")
NUMBERS = ("number", "blood_pressure", "weight", "glucose", "pain")
"""Kinds of questions that are answered by a value, not by a reply word."""


@dataclass(frozen=True, kw_only=True)
class Then:
    """What an answer leads to. Each part may be absent; all that are there happen."""

    when: str | None = None
    """Of several, the first whose condition holds is taken; one without a condition always holds."""
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
    then: tuple[Then, ...] = ()
    share: float | None = None
    """How many of those who answer are expected to say this, for the dry run's staffing forecast."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a value means: the first case whose condition holds. One without a condition always holds."""

    means: str
    when: str | None = None
    then: tuple[Then, ...] = ()
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something we ask. An answer may come hours or days later; `lasts_hours` is how long it stays open."""

    key: str
    text: Words
    options: tuple[Option, ...] = ()
    kind: str = "choice"
    lasts_hours: int = 72
    clinical: bool = False
    """Asked only when somebody is rostered to act on the answer."""
    cases: tuple[Case, ...] = ()
    lowest: float | None = None
    """A value below this (of a blood pressure, the upper one) can't be true: it is a typing error."""
    highest: float | None = None
    unclear: str | None = None
    """Key of the text that asks again, once, after a value that can't be true."""
    topic: str | None = None
    """Which caregiver's it is, where the patient chose one (patients.rules.TOPICS)."""

    @cached_property
    def stored(self) -> dict[tuple[str, bool, str | None], dict[str, Any]]:
        """Keep its forms as an open question, by language, whether it is asked again, and topic."""
        return {}

    def option(self, means: str) -> Option | None:
        """Return the option with a meaning, or None."""
        return next((option for option in self.options if option.means == means), None)

    def branches(self) -> tuple[Option | Case, ...]:
        """Return every way an answer can go."""
        return (*self.options, *self.cases)


@dataclass(frozen=True, kw_only=True)
class Adapt:
    """A rhythm that follows the answers: less often when things are stable, back at once when they aren't."""

    stable: tuple[str, ...]
    """Meanings of answers that count as stable."""
    back: tuple[str, ...]
    """Meanings that bring the full rhythm back."""
    after: int
    """So many askings in a row answered stable, and the rhythm slows."""
    weekdays: tuple[int, ...]
    """Days of the week that are left then; Monday is 0."""


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something a person does for the patient: a call each week, a visit. No text takes its place."""

    kind: str
    """visit | weekly_call | live_call: the kind of task it becomes."""
    about: str
    """What it is for, in a few words for staff."""
    within_days: int = 1
    """Days from the step's day in which it is due."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """When something is said, asked or given to a person: on days from the anchor, at a wall-clock time."""

    id: str
    days: tuple[int, ...]
    at: time
    ask: str | None = None
    say: str | None = None
    lasts_hours: int = 34
    late: str = "skip"
    late_for_hours: int | None = None
    when: str | None = None
    """The step is taken only if this holds on its day."""
    adapt: Adapt | None = None
    weekdays: tuple[int, ...] = ()
    """Only on these days of the week, Monday is 0; none means every day."""
    task: Duty | None = None
    """What a person is given to do, in place of a text."""
    topic: str | None = None
    """As a question's, for all that this step says and asks."""


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
class Variant:
    """Other words for a text or question, for whom the condition holds."""

    of: str
    when: str
    text: Words


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who answers for the texts of a language, since when, and for which words exactly."""

    translator: str
    dated: date
    texts: Mapping[str, str]
    """Name of a text -> fingerprint of its English and its translation (rules/translations.py)."""


@dataclass(frozen=True, kw_only=True)
class Staffing:
    """Who must be there, and how many answers to expect."""

    role: str
    answered: float
    """Share of questions that are answered at all, for the dry run's forecast."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A whole program."""

    key: str
    title: str
    purpose: Literal["care", "reminders"]
    anchor: str
    """discharge | birth | procedure | missed_appointment | run_out (rules/anchors.py)"""
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
    replaces: tuple[str, ...] = ()
    """Programs a patient is not put into when this one fits too: merged, not stacked."""
    variants: tuple[Variant, ...] = ()
    approved: Mapping[str, Approval] = field(default_factory=dict)
    staffing: Staffing | None = None
    tcm: bool = False
    """Whether a human contact within two business days is due (CPT 99495, 99496)."""
    topic: str | None = None
    """As a question's, for all of it that names none of its own."""

    @cached_property
    def asks_of_births(self) -> bool:
        """Whether a condition on a step, a variant or an answer asks about births: they are looked up."""
        branches = [one for question in self.questions.values() for one in question.branches()]
        whens = [
            *(one.when for one in self.steps),
            *(one.when for one in self.variants),
            *(one.when for question in self.questions.values() for one in question.cases),
            *(then.when for one in branches for then in one.then),
        ]
        return any(ABOUT_BIRTH.search(when) for when in whens if when)

    def step(self, step_id: str) -> Step | None:
        """Return a step by id, or None."""
        return self._steps.get(step_id)

    @cached_property
    def _steps(self) -> Mapping[str, Step]:
        return {step.id: step for step in reversed(self.steps)}

    @cached_property
    def worded(self) -> dict[tuple[str, str], Any]:
        """Keep what is said by a text's name and the language it is wanted in (rules/translations.py)."""
        return {}

    @cached_property
    def variants_of(self) -> Mapping[str, tuple[tuple[int, Variant], ...]]:
        """Return the variants of each text, in the file's order, with their numbers from 1."""
        found: dict[str, tuple[tuple[int, Variant], ...]] = {}
        for number, variant in enumerate(self.variants, start=1):
            found[variant.of] = (*found.get(variant.of, ()), (number, variant))
        return found
