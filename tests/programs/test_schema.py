"""The JSON Schema names what the files hold, and nothing a file may not."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.programs import files

SCHEMA = files.json_schema()


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
