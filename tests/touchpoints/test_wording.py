"""Filling texts: a hole never reaches a patient."""

from __future__ import annotations

import pytest

from outreach.touchpoints.rules.wording import EmptyField, fields_of, fill, in_language


@pytest.mark.parametrize(
    ("template", "fields", "expected"),
    [
        ("{clinic}: [{name}, ]how are you?", {"clinic": "R", "name": "Ana"}, "R: Ana, how are you?"),
        ("{clinic}: [{name}, ]how are you?", {"clinic": "R", "name": None}, "R: how are you?"),
        ("{clinic}: [{name}, ]how are you?", {"clinic": "R"}, "R: how are you?"),
        ("{clinic}: hello", {"clinic": "{name}"}, "{name}: hello"),  # a value is never a template
    ],
)
def test_fields_are_filled_and_optional_parts_drop_out(
    template: str, fields: dict[str, str | None], expected: str
) -> None:
    assert fill(template, fields) == expected


@pytest.mark.parametrize("fields", [{}, {"clinic": None}, {"clinic": ""}])
def test_an_empty_field_outside_brackets_holds_the_text_back(fields: dict[str, str | None]) -> None:
    with pytest.raises(EmptyField):
        fill("{clinic}: hello", fields)


def test_the_fields_of_a_text_are_known_without_filling_it() -> None:
    assert fields_of("{clinic}: [{name}, ]call {callback}") == {"clinic", "name", "callback"}


def test_a_language_without_an_approved_text_reads_english() -> None:
    texts = {"en": "hello", "es": "hola"}

    assert in_language(texts, "es") == ("hola", "es")
    assert in_language(texts, "zh") == ("hello", "en")
