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
        "she is not herself tonight",
        "I just want it over. Standing on the overpass on 9th",
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


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("get this thing off my phone", Kind.OPT_OUT),
        ("ya no ocupamos que nos estén mandando textos", Kind.OPT_OUT),
        ("never set foot in that hospital", Kind.WRONG_PERSON),
        ("might there be sooner than that", Kind.RESCHEDULE),
        ("what are the chances of next week", Kind.RESCHEDULE),
        ("mom flat out will not hear of the visit", Kind.DECLINE),
        ("well see yall that day", Kind.CONFIRM),
    ],
)
def test_a_wish_no_rule_saw_is_read_and_says_who_read_it(text: str, kind: Kind) -> None:
    reading = rules.read(text)

    assert reading.kind is kind
    assert [span.rule for span in reading.spans] == ["second-reader"]


@pytest.mark.parametrize(
    "text",
    ["No calls from her today", "the bus to the last stop", "I quit smoking", "send me the number please"],
)
def test_everyday_words_are_no_wish_to_stop(text: str) -> None:
    assert Kind.OPT_OUT not in rules.read(text).acts


@pytest.mark.parametrize("text", ["sugr 38", "asucar 36", "oxijeno 80"])
def test_a_value_is_read_whatever_its_spelling(text: str) -> None:
    assert rules.read(text).tier == "RED"
