"""What is usual of each measure, and what a value becomes in a question's cases."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from outreach.programs.rules import conditions, memory
from outreach.programs.rules.definition import Case, Question

THRESHOLD = re.compile(r"value\.(number|systolic|diastolic)\s*(?:<=|<|>=|>|==|!=)\s*(-?\d+(?:\.\d+)?)")
TURNED = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)\s*(?:<=|<|>=|>)\s*value\.(number|systolic|diastolic)")
Value = dict[str, float]


class Measure(NamedTuple):
    """What is usual of a measure: values that need nobody, values that do, values that can be true."""

    calm: tuple[tuple[float, float], ...]
    alarming: tuple[tuple[float, float], ...]
    possible: tuple[float, float]
    beyond: tuple[float, float]
    """Limits wider than these let typing errors through."""


MEASURES: Mapping[str, Measure] = {
    "blood_pressure": Measure(
        ((118, 76), (124, 79), (110, 70)), ((185, 122), (70, 40)), (70, 250), (30, 320)
    ),
    "glucose": Measure(((100, 0), (120, 0)), ((40, 0), (520, 0)), (40, 500), (1, 1000)),
    "weight": Measure(((182, 0),), (), (90, 450), (20, 1200)),
    "pain": Measure(((0, 0), (2, 0)), (), (0, 10), (0, 10)),
    "temperature_f": Measure(((98, 0), (98.6, 0)), ((104, 0),), (95, 105), (80, 115)),
    "temperature_c": Measure(((36.6, 0), (37, 0)), ((40, 0),), (35, 41), (25, 46)),
    "oxygen": Measure(((97, 0), (98, 0)), ((80, 0),), (75, 100), (30, 100)),
    "pulse": Measure(((72, 0), (80, 0)), ((150, 0), (35, 0)), (40, 180), (10, 300)),
}
"""Severe pressure 180/120: AHA; after a birth 160/110: ACOG Bulletin 222. Glucose under 54 is ADA level 2;
 over 500 few meters show well. Fever 104 F, oxygen 80 %, pulse 150 and 35: no clinic's limits differ."""
OF_WORDS = (
    ("oxygen", re.compile(r"\boxygen\b|\boximeter\b", re.I)),
    ("pulse", re.compile(r"\bpulse\b|\bheart rate\b", re.I)),
    ("temperature", re.compile(r"\btemperature\b|\bthermometer\b|\bdegrees\b|\bfever\b", re.I)),
)
CELSIUS_UNDER = 50
NOBODY: Mapping[str, Any] = {
    "patient": {
        "language": "en",
        "literacy": "standard",
        "risk_tier": "",
        "needs": [],
        "deceased": False,
        "hospice": False,
    },
    "birth": False,
    "birth_dated": False,
    "earlier": [],
    "value": {"number": 0.0, "systolic": 0.0, "diastolic": 0.0},
}
"""What conditions may ask about, of somebody of whom nothing is known."""


def measure_of(question: Question) -> Measure | None:
    """Return what is known of what a question asks for, None if nothing is."""
    if question.kind in MEASURES:
        return MEASURES[question.kind]
    text = question.text.get("en", "")
    name = next((name for name, pattern in OF_WORDS if pattern.search(text)), None)
    if name == "temperature":
        name = "temperature_c" if (question.highest or 100) < CELSIUS_UNDER else "temperature_f"
    return MEASURES.get(name or "")


def value(question: Question, first: float, second: float) -> Value:
    """Return a value as conditions see it."""
    return memory.value_of(question, first, second or None, None)


def case_at(question: Question, first: float, second: float, *before: tuple[float, int]) -> Case | None:
    """Return the case a value falls under, after values of so many days ago."""
    return memory.case_of(question, known(question, first, second, before))


def known(
    question: Question, first: float, second: float, before: Sequence[tuple[float, int]]
) -> dict[str, Any]:
    """Return what conditions may ask about, with this value and those of so many days ago."""
    earlier = [
        {
            "question": question.key,
            "means": one.means,
            "days_ago": days,
            "number": float(number),
            "second": 0.0,
        }
        for number, days in before
        for one in question.cases[:1]
    ]
    return {**NOBODY, "earlier": earlier, "value": value(question, first, second)}


def possible(question: Question, first: float, second: float) -> bool:
    """Return whether a value passes the question's limits."""
    return memory.plausible(question, value(question, first, second))


def hidden(
    question: Question, one: tuple[float, float], tier: Callable[[Case], int], wanted: int
) -> Case | None:
    """Return a case of at least some tier that a value would fall under, if no earlier one took it."""
    facts = known(question, *one, ())
    return next(
        (
            case
            for case in question.cases
            if case.when and tier(case) >= wanted and conditions.holds(case.when, facts)
        ),
        None,
    )


def points(question: Question) -> tuple[list[float], list[float]]:
    """Return values around every threshold and limit: of the first figure, of the second."""
    written = " ".join(
        [case.when or "" for case in question.cases]
        + [then.when or "" for case in question.cases for then in case.then]
    )
    found: dict[bool, set[float]] = {False: set(), True: set()}
    named = [*THRESHOLD.findall(written), *((name, figure) for figure, name in TURNED.findall(written))]
    for name, figure in named:
        found[name == "diastolic"] |= {float(figure) + by for by in (-1, 0, 1)}
    for limit in (question.lowest, question.highest):
        if limit is not None:
            found[False] |= {limit - 1, limit, limit + 1}
    ordered = sorted(found[False])
    ordered = sorted({*ordered, *((low + high) / 2 for low, high in pairwise(ordered))})
    return ordered or [0.0, 100.0], sorted(found[True]) or [80.0]
