"""`outreach read`, as checks outside this repository use it."""

from __future__ import annotations

import json

from click.testing import CliRunner

from outreach.cli.read import read


def test_it_prints_the_class_what_else_acts_and_the_words() -> None:
    result = CliRunner().invoke(read, ["STOP, I want to die"])

    assert result.exit_code == 0
    assert "class       opt_out" in result.output
    assert "also        urgent" in result.output
    assert "'want to die' self-harm" in result.output


def test_json_names_everything() -> None:
    result = CliRunner().invoke(
        read, ["2, and my leg hurts", "--open", "1,2,3", "--language", "en", "--json"]
    )

    reading = json.loads(result.output)
    assert reading["class"] == "answer"
    assert reading["answer"]["word"] == "2"
    assert reading["needs_human"] is True
    assert {"also", "spans", "language", "confidence", "lexicon_version", "tier", "topic"} <= set(reading)
    assert reading["spans"][0]["text"] == "2"


def test_standard_input_gives_one_json_per_line_even_for_odd_bytes() -> None:
    lines = b"no puedo respirar\nthank you\n\n\xff\xfe stop\n"

    result = CliRunner().invoke(read, ["--stdin"], input=lines)

    readings = [json.loads(line) for line in result.output.splitlines()]
    assert [reading["class"] for reading in readings] == ["urgent", "other", "other", "opt_out"]
    assert (readings[0]["tier"], readings[0]["topic"], readings[0]["language"]) == ("RED", "breathing", "es")


def test_without_a_text_it_says_what_to_do() -> None:
    result = CliRunner().invoke(read, [])

    assert result.exit_code == 2
    assert "Give the text in quotes" in result.output
