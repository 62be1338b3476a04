"""What follows an answer, and what follows silence. Decided here for the live path and the dry run alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from outreach.kernel.quick import quick
from outreach.programs.rules import house, memory
from outreach.programs.rules.definition import Case, Option, Program, Question, Then

Some = TypeVar("Some")
GRAVE = {"red": "RED"}
"""Tiers of programs for which the safety reader acts by itself when the words or the value say it."""
PRESSING = ("red", "orange")
"""Tiers of which the patient hears at once: a question that would come late is not waited for."""
FOLLOWED = ("active", "paused", "finished")
"""States of an enrollment in which an answer still leads to another question."""


@quick
@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer as it was bound."""

    answer_id: str
    means: str | None = None
    """What the chosen reply word means."""
    number: float | None = None
    second: float | None = None
    unit: str | None = None
    late: bool = False


@quick
@dataclass(frozen=True, kw_only=True)
class Understood:
    """What an answer is in the file's words: to be remembered, asked again, or a person's."""

    heard: memory.Heard | None = None
    then: Then = field(default_factory=Then)
    again: bool = False
    """The value can't be true: it is a typing error."""


@quick
@dataclass(frozen=True, kw_only=True)
class Reaction:
    """All that follows. Each part may be absent."""

    escalate: str | None = None
    topic: str | None = None
    stop: str | None = None
    ask: str | None = None
    says: str | None = None
    """Other words for the question asked."""
    say: str | None = None

    @property
    def kind(self) -> str:
        """Return the kind of text that `say` is: safety when somebody is in danger, or else a reply."""
        return "safety" if self.escalate in PRESSING else "reply"


def value_of(question: Question, given: Given) -> dict[str, float] | None:
    """Return `value` for conditions, None if the answer holds none."""
    if given.number is None:
        return None
    return memory.value_of(question, given.number, given.second, given.unit)


def understand(
    question: Question,
    given: Given,
    known: Mapping[str, Any],
    *,
    step: str,
    occurrence: int,
    today: date,
) -> Understood:
    """Return what an answer means in the file. `known` holds its value and what was answered before."""
    value = known["value"]
    if question.kind != "choice" and (given.number is None or not memory.plausible(question, value)):
        return Understood(again=True)
    branch: Option | Case | None = question.option(given.means or "")
    if question.kind != "choice":
        branch = memory.case_of(question, known)
    if branch is None:
        return Understood()
    number = value["systolic"] if question.kind == "blood_pressure" else value["number"]
    heard = memory.Heard(
        answer_id=given.answer_id,
        question=question.key,
        step=step,
        occurrence=occurrence,
        day=today,
        means=branch.means,
        number=None if given.number is None else number,
        second=given.second,
    )
    return Understood(heard=heard, then=memory.follows(branch.then, known))


def react(
    then: Then, *, means: str, late: bool, state: str, clinical: bool, danger: Callable[[], bool]
) -> Reaction:
    """Return what to do about an answer. `danger` tells whether the safety reader sees it by itself.

    No answer ends nowhere. One that leads to a question is asked it, late too; a late red or orange one gets
    words at once in its place, and where nothing can be asked any more a person reads it. `clinical` tells
    how soon.
    """
    told = then.escalate in GRAVE and danger()
    follows = bool(then.ask) and state in FOLLOWED
    asks_on = follows and not (late and then.escalate in PRESSING)
    tier = then.escalate
    if then.ask and not follows and tier is None:
        tier = "orange" if clinical else "yellow"
    say = then.say
    if then.ask and not say and tier is not None:
        say = house.unasked(tier)
    return Reaction(
        escalate=tier if tier and not told else None,
        topic=then.topic or means,
        stop=then.stop,
        ask=then.ask if asks_on else None,
        say=say if not asks_on and not told else None,
    )


NOTHING = Reaction()
"""Nothing follows by itself: a person reads the answer."""


def ask_again(question: Question, why: Mapping[str, Any], *, late: bool, state: str) -> Reaction:
    """Return the one repetition after a typing error; the second time, or late, a person reads it."""
    if "says" in why or late or state not in FOLLOWED:
        return NOTHING
    return Reaction(ask=question.key, says=question.unclear)


def unanswered_in_a_row(states: Sequence[str]) -> int:
    """Count the newest questions in a row that nobody answered. `states` of askings, newest first.

    One whose time is not over ("asking") is not counted yet.
    """
    count = 0
    for state in states:
        if state == "answered":
            break
        count += state != "asking"
    return count


def heard_last(askings: Sequence[tuple[Some, str]]) -> Some | None:
    """Return the newest question that was answered, None if none was: a silence after it is a new one."""
    return next((one for one, state in askings if state == "answered"), None)


def silent(program: Program, unanswered: int) -> bool:
    """Return whether so many unanswered questions call for a person."""
    return program.silence is not None and unanswered >= program.silence.after
