"""Promises of reading: it never raises, always says the same, and never takes long."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from outreach.triage import rules
from outreach.triage.rules import Kind, lexicon
from outreach.triage.rules.lexicon import Lexicon
from outreach.triage.rules.patterns import BadLexicon
from tests.examples import examples
from tests.triage import texts

WORDS = st.sampled_from(
    [
        "no",
        "not",
        "stop",
        "chest",
        "pain",
        "can't",
        "breathe",
        "my",
        "i",
        "2",
        "120/80",
        "911",
        ".",
        ",",
        "?",
        "!",
        "never",
        "gone",
        "better",
        "but",
        "si",
        "sin",
        "dolor",
        "pecho",
        "👍",
        "\u200b",
        "ＳＴＯＰ",
        "old",
        "year",
        "2015",
        "\n",
    ]
)


@examples(80)
@given(st.text(max_size=1700) | st.lists(WORDS, max_size=60).map(" ".join))
def test_reading_never_raises_and_no_text_is_dropped(text: str) -> None:
    for question in (None, *texts.QUESTIONS.values()):
        reading = rules.read(text, question=question)

        assert reading == rules.read(text, question=question)
        assert all(text[span.start : span.end] == span.text for span in reading.spans)
        owned = reading.needs_human or reading.kind is not Kind.OTHER or reading.confidence >= 0.7
        assert owned
    for exact in (rules.exact_opt_out, rules.exact_opt_in, rules.exact_help, rules.lifts_provider_block):
        exact(text)


@examples(40)
@given(st.characters(codec=None), st.integers(0, 10))
def test_any_single_character_can_be_read(char: str, repeats: int) -> None:
    reading = rules.read(char * repeats)

    assert Kind.URGENT not in reading.acts
    assert not {Kind.OPT_OUT, Kind.OPT_IN} & set(reading.acts)


@pytest.mark.parametrize(
    "text",
    [
        "no " * 540, "chest " * 270, "a" * 1600, "stop me from " * 120, "a." * 800, "1 or " * 320, "120/" *
        400, "i cant " * 230,
        "s t o p " * 200, "no chest pain or " * 100, "pain chest " * 150, "é" * 1600, "👍🏽" * 400, "sugar " +
        "is " * 500 + "45", "x" * 100_000,
    ],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    rules.read(text)
    started = time.process_time()

    rules.read(text)

    assert time.process_time() - started < 0.1


def test_a_text_too_long_to_read_whole_goes_to_a_person() -> None:
    reading = rules.read("thank you " * 1_000)

    assert reading.found("too_long")
    assert reading.needs_human


def test_the_lexicon_version_follows_its_content() -> None:
    version = rules.read("hello").lexicon_version

    date, digest = version[:10], version[11:]
    assert date.count("-") == 2
    assert len(digest) == 10


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"tier": "PURPLE"}, "tier is one of"),
        ({"patterns": ["@nosuch thing"]}, "no class is called @nosuch"),
        ({"patterns": ["^ ..3 $"]}, "at least one word"),
        ({"id": "chest-pain"}, "two rules are called chest-pain"),
    ],
)
def test_a_bad_lexicon_line_is_refused_by_name(change: dict[str, object], complaint: str) -> None:
    files = {name: yaml.load(lexicon.source(name), Loader=yaml.BaseLoader) for name in lexicon.FILES}
    files["urgent"]["rules"].append({"id": "mine", "kind": "urgent", "patterns": ["purple rain"], **change})

    with pytest.raises(BadLexicon, match=complaint):
        Lexicon(files, "test")


def test_every_lexicon_names_its_source_and_date() -> None:
    for name in lexicon.FILES:
        content = yaml.load(lexicon.source(name), Loader=yaml.BaseLoader)
        assert {"source", "date", "version"} <= set(content), name
