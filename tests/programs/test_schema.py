"""The JSON Schema names what the files hold, and nothing a file may not."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
import yaml

from outreach.programs import files

SCHEMA = files.json_schema()
EDITOR = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("read", files.library(), ids=lambda read: read.program.key)
def test_every_key_of_a_shipped_program_is_in_the_schema(read: Any) -> None:
    assert set(read.definition) <= set(SCHEMA["properties"])
    assert set(SCHEMA["required"]) <= set(read.definition)
    questions = SCHEMA["properties"]["questions"]["additionalProperties"]["properties"]
    for question in read.definition["questions"].values():
        assert set(question) <= set(questions)


def test_an_editor_learns_limits_and_choices() -> None:
    step = SCHEMA["properties"]["steps"]["items"]
    then = SCHEMA["properties"]["questions"]["additionalProperties"]["properties"]["options"]["items"]

    assert step["properties"]["late"]["enum"] == ["skip", "next_window"]
    assert "pattern" in step["properties"]["at"]
    assert step["additionalProperties"] is False
    assert then["properties"]["then"]["oneOf"][0]["properties"]["escalate"]["enum"] == [
        "red",
        "orange",
        "yellow",
    ]
    assert "exclude" in SCHEMA["properties"]


@pytest.mark.parametrize("read", files.library(), ids=lambda read: read.program.key)
def test_an_editors_validator_agrees_with_the_shipped_programs(read: Any) -> None:
    assert list(EDITOR.iter_errors(read.definition)) == []


SAMPLE = next(one.source_text for one in files.library() if one.program.key == "heart-failure")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("lasts_hours: 26", "lasts_hours: -5", "lasts less than an hour"),
        ("late_for_hours: 30", "late_for_hours: 0", "late, but by less than an hour"),
        ("{after: 2, say: final_check}", "{after: 2, say: final_check, escalate: purple}", "no urgency"),
        ("{role: nurse,", "{role: wizard,", "no role of those"),
        ("{from: 2, to: 29}", '{from: "2", to: "29"}', "days must be a list"),
    ],
)
def test_what_no_program_can_use_is_found_by_the_editor_and_by_the_check(
    right: str, wrong: str, said: str
) -> None:
    assert right in SAMPLE
    changed = SAMPLE.replace(right, wrong, 1)
    line = SAMPLE[: SAMPLE.index(right)].count("\n") + 1

    found = [one for one in files.check(changed) if said in one.what]

    assert [one.blocks for one in found] == [True]
    assert abs(found[0].line - line) <= 3
    assert list(EDITOR.iter_errors(yaml.safe_load(changed)))


@pytest.mark.parametrize(
    ("right", "wrong", "line_of"),
    [
        ("dated: 2026-11-22", "dated: 2026-13-45", "dated: "),
        ("days: [30]", "days: [1000000000]", "id: close"),
        ("days: {from: 2, to: 29}", "days: {from: 1, to: 1000000000}", "id: daily"),
    ],
)
def test_a_day_that_does_not_exist_is_told_with_its_line(right: str, wrong: str, line_of: str) -> None:
    line = SAMPLE[: SAMPLE.index(line_of)].count("\n") + 1

    (found,) = files.check(SAMPLE.replace(right, wrong, 1))

    assert abs(found.line - line) <= 3


@pytest.mark.parametrize("text", ["program: &a [*a]", 'program: !!int "x"', "program: [x"])
def test_a_file_that_cannot_be_read_is_told_as_such(text: str) -> None:
    assert [one.rule for one in files.check(text)] == ["yaml"]


def test_a_question_and_a_text_of_one_name_are_told_apart() -> None:
    named = SAMPLE.replace(
        "\ntexts:\n", '\ntexts:\n  scale: {en: "{clinic}: Good.", es: "{clinic}: Bien."}\n', 1
    )
    line = named[: named.index("  scale: {en")].count("\n") + 1

    found = [one for one in files.check(named) if "both a question and a text" in one.what]

    assert [(one.line, one.blocks) for one in found] == [(line, True)]


def test_an_editor_has_words_for_every_key() -> None:
    def bare(schema: Any, place: str = "") -> list[str]:
        if isinstance(schema, list):
            return [name for one in schema for name in bare(one, place)]
        if not isinstance(schema, dict):
            return []
        inner = schema.get("properties", {})
        found = [f"{place}.{name}" for name, one in inner.items() if not one.get("description")]
        return found + [name for key, one in schema.items() for name in bare(one, f"{place}.{key}")]

    assert bare({key: one for key, one in SCHEMA.items() if key != "description"}) == [
        ".properties.steps.items.properties.days.oneOf.from",
        ".properties.steps.items.properties.days.oneOf.to",
    ]
