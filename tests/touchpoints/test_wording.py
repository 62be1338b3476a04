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


LONG = "{clinic}: {name}, ¿le va mejor hoy con el aire y las piernas? 1 Mejor 2 Igual 3 Peor. Llame al 911"


@pytest.mark.parametrize(
    ("template", "name", "said"),
    [
        (LONG, "María", "Maria"),
        (LONG, "Íñigo", "Iñigo"),  # ñ is a letter texts can hold
        (LONG, "Zoë Łuć", "Zoë Łuć"),  # "Ł" is no plain letter with a mark: nothing would be gained
        ("{clinic}: hola {name}", "María", "María"),  # short enough with its accent
        (LONG.replace("mejor", "así"), "María", "María"),  # the words cost as much without the name
    ],
)
def test_a_names_accents_are_left_out_where_only_they_cost_another_part(
    template: str, name: str, said: str
) -> None:
    assert fill(template, {"clinic": "Riverside", "name": name}).count(said) == 1


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
