"""What answers mean: values, typing errors, conditions on the past, a rhythm that follows them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.programs.rules import conditions, memory
from outreach.programs.rules.definition import Adapt, Case, Question, Then

PRESSURE = Question(
    key="pressure",
    kind="blood_pressure",
    text={"en": "?"},
    lowest=60,
    highest=260,
    cases=(
        Case(means="severe", when="value.systolic >= 160 || value.diastolic >= 110"),
        Case(means="high", when="value.systolic >= 140 || value.diastolic >= 90"),
        Case(means="fine"),
    ),
)
WEIGHT = Question(
    key="weight",
    kind="weight",
    text={"en": "?"},
    lowest=60,
    highest=700,
    cases=(
        Case(
            means="gain",
            when='earlier.exists(a, a.question == "weight" && a.days_ago <= 2'
            " && value.number - a.number >= 3.0)",
        ),
        Case(means="steady"),
    ),
)
TODAY = date(2026, 3, 20)
PATIENT = {"language": "en", "literacy": "standard", "risk_tier": "", "needs": []}


def heard(question: str, means: str, *, days_ago: int, number: float | None = None) -> memory.Heard:
    return memory.Heard(
        answer_id=f"{question}-{days_ago}",
        question=question,
        step="daily",
        occurrence=20 - days_ago,
        day=TODAY - timedelta(days=days_ago),
        means=means,
        number=number,
    )


def known(*past: memory.Heard, value: dict[str, float] | None = None) -> dict[str, object]:
    return memory.facts(patient=PATIENT, heard=past, today=TODAY, value=value)


@pytest.mark.parametrize(
    ("upper", "lower", "means"),
    [
        (118, 76, "fine"),
        (140, 80, "high"),
        (139, 90, "high"),
        (160, 80, "severe"),
        (150, 110, "severe"),
        (159, 109, "high"),
    ],
)
def test_a_blood_pressure_falls_under_the_first_case_that_holds(
    upper: float, lower: float, means: str
) -> None:
    value = memory.value_of(PRESSURE, upper, lower, "mmHg")
    found = memory.case_of(PRESSURE, known(value=value))

    assert found is not None
    assert found.means == means


@pytest.mark.parametrize(
    ("upper", "lower", "possible"),
    [(118, 76, True), (12, 8, False), (76, 118, False), (120, 12, False), (300, 80, False), (120, 0, False)],
)
def test_a_pressure_no_cuff_shows_is_a_typing_error(upper: float, lower: float, possible: bool) -> None:
    assert memory.plausible(PRESSURE, memory.value_of(PRESSURE, upper, lower, None)) is possible


@pytest.mark.parametrize(
    ("typed", "unit", "before", "days_ago", "means"),
    [
        (183, None, 180, 2, "gain"),
        (182, None, 180, 2, "steady"),
        (183, None, 180, 3, "steady"),
        (83.2, "kg", 180, 1, "gain"),  # 183.4 lb
        (81.6, "kg", 180, 1, "steady"),
    ],
)
def test_a_weight_is_compared_with_the_days_before_in_pounds(
    typed: float, unit: str | None, before: float, days_ago: int, means: str
) -> None:
    value = memory.value_of(WEIGHT, typed, None, unit)
    past = heard("weight", "steady", days_ago=days_ago, number=before)

    found = memory.case_of(WEIGHT, known(past, value=value))

    assert found is not None
    assert found.means == means


def test_what_follows_an_answer_may_depend_on_the_ones_before() -> None:
    again = 'earlier.exists(a, a.question == "breathing" && a.means == "worse" && a.days_ago <= 7)'
    then = (Then(when=again, escalate="red"), Then(escalate="orange"))

    assert memory.follows(then, known()).escalate == "orange"
    assert memory.follows(then, known(heard("breathing", "worse", days_ago=6))).escalate == "red"
    assert memory.follows(then, known(heard("breathing", "worse", days_ago=8))).escalate == "orange"
    assert memory.follows((), known()) == Then()


def test_what_was_heard_survives_storage() -> None:
    past = (heard("weight", "steady", days_ago=2, number=180.4), heard("breathing", "same", days_ago=1))

    assert memory.load(memory.dump(past)) == past


ADAPT = Adapt(stable=("better", "same"), back=("worse",), after=14, weekdays=(0, 3))


def asked(*means: str | None) -> tuple[memory.Asked, ...]:
    return tuple(memory.Asked(day=day, means=one) for day, one in enumerate(means, start=1))


@pytest.mark.parametrize(
    ("past", "tuesday", "thursday"),
    [
        (asked(), True, True),
        (asked(*["same"] * 13), True, True),
        (asked(*["same"] * 14), False, True),  # twice a week after 14 stable askings
        (asked(*["same"] * 14, "worse"), True, True),  # one "worse" brings every day back
        (asked(*["same"] * 14, "worse", *["same"] * 13), True, True),
        (asked(*["same"] * 14, "worse", *["same"] * 14), False, True),
        (asked(*["same"] * 13, None, *["same"] * 13), True, True),  # silence is no sign of being stable
        (asked(*["same"] * 14, None), False, True),  # and does not speed up asking somebody silent
    ],
)
def test_the_rhythm_follows_the_answers(
    past: tuple[memory.Asked, ...], tuesday: bool, thursday: bool
) -> None:
    assert memory.wanted_today(ADAPT, weekday=1, asked=past) is tuesday
    assert memory.wanted_today(ADAPT, weekday=3, asked=past) is thursday


@given(st.lists(st.sampled_from(["better", "same", "worse", None, "odd"]), max_size=40))
def test_a_worse_at_the_end_always_means_every_day(past: list[str | None]) -> None:
    assert memory.wanted_today(ADAPT, weekday=1, asked=asked(*past, "worse"))


@pytest.mark.parametrize("expression", ["patient.shoe_size > 3", "1 + 1", "earlier ==", "nosuch.thing"])
def test_a_condition_that_cannot_be_judged_is_refused(expression: str) -> None:
    with pytest.raises(conditions.BadExpression):
        conditions.holds(expression, known())
