"""Counting parts of a text, against the provider's own calculator."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.kernel.segments import (
    GSM_BASIC,
    GSM_EXTENSION,
    SegmentCount,
    count_segments,
    normalize_gsm,
    outside_gsm,
)


def shared(*parts: str) -> Path:
    """Find a file of the shared inputs beside the repository, or skip the test."""
    for folder in Path(__file__).resolve().parents:
        found = folder.joinpath("shared", "data", *parts)
        if found.exists():
            return found
    pytest.skip("the shared inputs are not on this machine")


def test_agrees_with_the_calculator_of_the_provider() -> None:
    lines = shared("segments", "vectors.jsonl").read_text(encoding="utf-8").splitlines()
    vectors = [json.loads(line) for line in lines]
    plain = [vector for vector in vectors if not vector["smart"]]

    wrong = [
        (vector["text"][:30], vector["encoding"], vector["segments"], count_segments(vector["text"]))
        for vector in plain
        if (vector["encoding"], vector["segments"])
        != (count_segments(vector["text"]).encoding, count_segments(vector["text"]).segments)
    ]

    assert len(plain) > 100
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", SegmentCount("GSM-7", 0, 1)),
        ("a" * 160, SegmentCount("GSM-7", 160, 1)),
        ("a" * 161, SegmentCount("GSM-7", 161, 2)),
        ("a" * 306, SegmentCount("GSM-7", 306, 2)),
        ("a" * 307, SegmentCount("GSM-7", 307, 3)),
        ("€" * 80, SegmentCount("GSM-7", 160, 1)),
        # 76 euro signs fill 152 of 153 septets: the 77th may not be split, so every part holds 76.
        ("€" * 153, SegmentCount("GSM-7", 306, 3)),
        ("á" + "a" * 69, SegmentCount("UCS-2", 70, 1)),
        ("á" + "a" * 70, SegmentCount("UCS-2", 71, 2)),
        # 33 emoji fill 66 of 67 units: the pair may not be split either.
        ("👍" * 67, SegmentCount("UCS-2", 134, 3)),
        ("👍" * 1600, SegmentCount("UCS-2", 3200, 49)),
    ],
)
def test_counts_units_and_parts(text: str, expected: SegmentCount) -> None:
    assert count_segments(text) == expected


@given(st.text(max_size=400))
def test_parts_hold_all_units_and_waste_at_most_one_each(text: str) -> None:
    count = count_segments(text)
    single, part = (160, 153) if count.encoding == "GSM-7" else (70, 67)

    assert (count.segments == 1) == (count.units <= single)
    if count.segments > 1:
        assert count.segments * part >= count.units > (count.segments - 1) * (part - 1)


def test_replaces_what_a_reader_would_not_notice() -> None:
    assert normalize_gsm("“Don’t wait”—call\u00a0us… •\u200b ok") == '"Don\'t wait"-call us... - ok'


def test_leaves_letters_and_emoji_alone() -> None:
    assert normalize_gsm("¿Cómo está el año? 👍 👨‍👩‍👧") == "¿Cómo está el año? 👍 👨‍👩‍👧"


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    once = normalize_gsm(text)

    assert normalize_gsm(once) == once


def test_names_the_characters_that_cost() -> None:
    assert outside_gsm("está así, sí") == ("á", "í")
    assert not GSM_BASIC & GSM_EXTENSION
    assert (len(GSM_BASIC), len(GSM_EXTENSION)) == (127, 10)
