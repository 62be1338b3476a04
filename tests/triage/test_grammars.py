"""Breadth: what people say of a visit, put together from its parts, is read for what it is."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind
from tests.triage import grammar

EACH = 24
TEMPLATES, SLOTS = grammar.read("grammar_visits")


@pytest.fixture(scope="module")
def read_as() -> dict[str, Counter[str]]:
    """Count how what each class says was read: some thousand texts, the same ones every time."""
    dice = random.Random(20_261_122)
    counts: dict[str, Counter[str]] = {}
    for kind, _, template in TEMPLATES:
        for said in grammar.ways(dice, template, SLOTS, EACH):
            reading = rules.read(said)
            counts.setdefault(kind, Counter())[reading.kind.value] += 1
            if kind == "chat":
                counts[kind]["stopped"] += Kind.OPT_OUT in reading.acts
    return counts


@pytest.mark.parametrize("kind", ["confirm", "decline", "reschedule"])
def test_a_visit_is_kept_given_up_or_moved_in_many_ways(read_as: dict[str, Counter[str]], kind: str) -> None:
    said = read_as[kind]
    others = sum(read_as[other][kind] for other in ("confirm", "decline", "reschedule") if other != kind)

    assert said.total() >= 200
    assert said[kind] / said.total() >= 0.95
    assert others / said.total() <= 0.03


def test_the_same_words_about_other_things_are_none_of_it(read_as: dict[str, Counter[str]]) -> None:
    chat = read_as["chat"]
    wished = sum(chat[kind] for kind in ("confirm", "decline", "reschedule"))

    assert wished / chat.total() <= 0.06
    assert chat["urgent"] / chat.total() <= 0.03
    assert chat["stopped"] == 0
