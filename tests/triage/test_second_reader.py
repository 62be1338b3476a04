"""The second reader: what it raises, what it only doubts, and where it holds back."""

from __future__ import annotations

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind

LONG = (
    "Good morning, the flowers were lovely and my sister came by with soup. The dog got out again. "
    "I breathe so fast and I feel dizzy. We had a nice talk about the garden."
)


@pytest.mark.parametrize(
    "text", ["I breathe so fast and I feel dizzy", "me siento dizzy y se me fue la vision", LONG]
)
def test_what_no_rule_saw_is_raised_for_the_day(text: str) -> None:
    reading = rules.read(text)

    assert reading.kind is Kind.URGENT
    assert reading.tier == "ORANGE"
    assert reading.found("suspected")
    assert [span.rule for span in reading.spans if span.kind == "urgent"] == ["second-reader"]
    assert reading.confidence < 0.9
    assert reading.needs_human


@pytest.mark.parametrize(
    "text",
    [
        "Im scared im gonna do something stupid tonight",
        "no one needs me. ive got enough oxy here to make it stop",
    ],
)
def test_a_doubt_is_for_a_person_whatever_else_was_read(text: str) -> None:
    reading = rules.read(text)

    assert reading.found("suspected")
    assert reading.needs_human


@pytest.mark.parametrize(
    "text",
    [
        "no chest pain at all today",
        "yes",
        "2",
        "thank you so much",
        "took my pills with breakfast",
        "camine media hora",
    ],
)
def test_everyday_words_raise_no_suspicion(text: str) -> None:
    assert not rules.read(text).found("suspected")


def test_many_pills_at_once_are_counted() -> None:
    assert rules.read("i took like 12 of my anxiety pills").topic == "overdose"
    assert Kind.URGENT not in rules.read("took 3 pills this morning").acts
    assert Kind.URGENT not in rules.read("took my 12 pills").acts
