"""What a patient has answered so far, and what that means now: conditions, branches, the rhythm of asking."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from outreach.kernel.quick import quick
from outreach.programs.rules import anchors, conditions
from outreach.programs.rules.definition import Adapt, Case, Question, Then

POUNDS_PER_KG = 2.2046226
REMEMBERED = 16384
NO_BIRTH = anchors.Born()
LOWEST_DIASTOLIC, HIGHEST_DIASTOLIC = 20.0, 200.0
"""Beyond these no cuff shows a diastolic pressure (home cuffs show 40 to 180; widened)."""


@quick
@dataclass(frozen=True, kw_only=True)
class Heard:
    """One answer, on the day it was asked for."""

    answer_id: str
    question: str
    step: str
    occurrence: int
    day: date
    means: str
    number: float | None = None
    second: float | None = None


@quick
@dataclass(frozen=True, kw_only=True)
class Asked:
    """One asking of a step: its day after the anchor, and what was answered, if anything was."""

    day: int
    means: str | None


@lru_cache(maxsize=REMEMBERED)
def asking(day: int, means: str | None) -> Asked:
    """Return an asking. Never changed, so that equal ones are one."""
    return Asked(day=day, means=means)


def dump(heard: Iterable[Heard]) -> str:
    """Return answers as they are stored, sealed, with the enrollment."""
    return json.dumps({"heard": [asdict(one) | {"day": one.day.isoformat()} for one in heard]})


def load(stored: str) -> tuple[Heard, ...]:
    """Return the answers that `dump` wrote, oldest first."""
    found = json.loads(stored).get("heard", [])
    return tuple(Heard(**{**one, "day": date.fromisoformat(one["day"])}) for one in found)


def with_one_more(known: Sequence[Heard], heard: Heard) -> tuple[Heard, ...]:
    """Return what was heard with one answer more; it takes the place of one to the very same asking.

    Whoever writes "oops, I meant 3" has not been better: what they took back counts for nothing.
    """
    same = (heard.question, heard.step, heard.occurrence)
    return (*(one for one in known if (one.question, one.step, one.occurrence) != same), heard)


def facts(
    *,
    patient: Mapping[str, Any],
    heard: Sequence[Heard],
    today: date,
    value: Mapping[str, float] | None = None,
    born: anchors.Born = NO_BIRTH,
) -> dict[str, Any]:
    """Return what conditions may ask about: `patient`, births, `earlier` answers, newest first, this `value`.

    `born` is for who has seen to it that the program asks (Program.asks_of_births).
    """
    return {
        "patient": patient,
        "birth": born.recorded,
        "birth_dated": born.dated,
        "earlier": [
            _entry(one.question, one.means, (today - one.day).days, one.number, one.second)
            for one in reversed(heard)
        ],
        "value": dict(value or {"number": 0.0, "systolic": 0.0, "diastolic": 0.0}),
    }


@lru_cache(maxsize=REMEMBERED)
def _entry(
    question: str, means: str, days_ago: int, number: float | None, second: float | None
) -> conditions.Plain:
    """Return an answer as conditions see it. Never changed, so that equal ones are one."""
    return conditions.Plain(
        question=question,
        means=means,
        days_ago=days_ago,
        number=float(number or 0.0),
        second=float(second or 0.0),
    )


def value_of(question: Question, number: float, second: float | None, unit: str | None) -> dict[str, float]:
    """Return `value` for a condition. Weights are in pounds, whatever was typed."""
    pounds = number * POUNDS_PER_KG if question.kind == "weight" and unit == "kg" else number
    return {"number": float(pounds), "systolic": float(number), "diastolic": float(second or 0.0)}


def plausible(question: Question, value: Mapping[str, float]) -> bool:
    """Return whether a value can be true at all; one that can't is a typing error and is asked for again."""
    first = value["systolic"] if question.kind == "blood_pressure" else value["number"]
    if question.lowest is not None and first < question.lowest:
        return False
    if question.highest is not None and first > question.highest:
        return False
    if question.kind != "blood_pressure":
        return True
    return (
        LOWEST_DIASTOLIC <= value["diastolic"] <= HIGHEST_DIASTOLIC and value["diastolic"] < value["systolic"]
    )


def case_of(question: Question, known: Mapping[str, Any]) -> Case | None:
    """Return the first case a value falls under, None if the file leaves it open."""
    return next(
        (case for case in question.cases if case.when is None or conditions.holds(case.when, known)), None
    )


def follows(then: Sequence[Then], known: Mapping[str, Any]) -> Then:
    """Return what an answer leads to, given what was answered before."""
    return next((one for one in then if one.when is None or conditions.holds(one.when, known)), Then())


_DAY = operator.attrgetter("day")


def wanted_today(adapt: Adapt, *, weekday: int, asked: Sequence[Asked]) -> bool:
    """Return whether an adaptive step asks on a day.

    The rhythm slows once `after` askings in a row were answered stable, and is back with the first answer
    that isn't. An unanswered one begins the count anew, and never slows anything.
    """
    if weekday in adapt.weekdays or len(asked) < adapt.after:
        return True
    slow, run = False, 0
    for one in sorted(asked, key=_DAY):
        if one.means in adapt.back:
            slow, run = False, 0
        elif one.means in adapt.stable:
            run += 1
            slow = slow or run >= adapt.after
        else:
            run = 0
    return not slow
