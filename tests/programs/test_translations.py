"""Who gets which words: variants, and translations somebody vouches for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from outreach.programs import files
from outreach.programs.rules import memory, translations
from outreach.programs.rules.definition import Program, Variant

GENERIC = next(read for read in files.library() if read.program.key == "generic-medical")


def known(*, literacy: str = "standard") -> dict[str, Any]:
    patient = {"language": "en", "literacy": literacy, "risk_tier": "", "needs": []}
    return memory.facts(patient=patient, heard=(), today=date(2026, 3, 10))


def with_english(program: Program, key: str, words: str) -> Program:
    return replace(program, texts={**program.texts, key: {**program.texts[key], "en": words}})


def test_an_approved_translation_is_sent() -> None:
    text, language = translations.in_words(GENERIC.program, "glad", language="es", known=known())

    assert language == "es"
    assert "Nos alegra" in text


def test_a_changed_english_text_takes_the_approval_away_and_says_where_help_is() -> None:
    changed = with_english(GENERIC.program, "glad", "{clinic}: Good. Emergency? Call 911")

    text, language = translations.in_words(changed, "glad", language="es", known=known())

    assert language == "en"
    assert text == "{clinic}: Good. Emergency? Call 911 Ayuda en español: {callback}"
    assert translations.in_words(changed, "closing", language="es", known=known())[1] == "es"


def test_a_changed_translation_takes_the_approval_away_too() -> None:
    texts = {**GENERIC.program.texts, "glad": {**GENERIC.program.texts["glad"], "es": "{clinic}: Bien."}}

    assert (
        translations.in_words(replace(GENERIC.program, texts=texts), "glad", language="es", known=known())[1]
        == "en"
    )


@pytest.mark.parametrize(
    ("language", "line"),
    [("zh", "Help in your language: {callback}"), ("es", "Ayuda en español: {callback}")],
)
def test_a_language_nobody_approved_gets_english_and_a_line(language: str, line: str) -> None:
    program = replace(GENERIC.program, approved={})

    text, used = translations.in_words(program, "glad", language=language, known=known())

    assert used == "en"
    assert text.endswith(line)


def test_english_readers_get_no_line() -> None:
    text, _ = translations.in_words(GENERIC.program, "glad", language="en", known=known())

    assert text == GENERIC.program.texts["glad"]["en"]


def test_a_variant_takes_the_place_of_the_text_for_those_it_is_for() -> None:
    plain = Variant(of="glad", when='patient.literacy == "plain"', text={"en": "{clinic}: Good."})
    program = replace(GENERIC.program, variants=(plain,))

    assert (
        translations.in_words(program, "glad", language="en", known=known(literacy="plain"))[0]
        == "{clinic}: Good."
    )
    assert "Good to hear" in translations.in_words(program, "glad", language="en", known=known())[0]


def test_approving_again_after_a_change_makes_the_translation_sendable() -> None:
    changed = GENERIC.source_text.replace("Good to hear. Text us", "Glad to hear it. Text us")
    before = files.read(changed)
    after = files.read(
        files.approve(before, language="es", translator="Rosa Vidal, certified", dated=date(2026, 12, 1))
    )

    assert translations.in_words(before.program, "glad", language="es", known=known())[1] == "en"
    assert translations.in_words(after.program, "glad", language="es", known=known())[1] == "es"
    assert after.program.approved["es"].translator == "Rosa Vidal, certified"
    assert after.program.steps == before.program.steps


def test_nothing_to_approve_is_said() -> None:
    with pytest.raises(files.BadProgram, match="no texts in 'fr'"):
        files.approve(GENERIC, language="fr", translator="Rosa Vidal", dated=date(2026, 12, 1))
