"""The linter: later slips and sound files, somebody built from a condition, one finding for one slip."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.programs import files
from outreach.programs.rules import conditions, syntax
from outreach.programs.rules.lint import concepts, cured, reach, solve, tongues, whom
from tests.programs.test_lint import FOLDER, LIBRARY, defects, is_found, swapped

STAY = whom._facts("discharge", living=True)


@pytest.mark.parametrize("name", ["fourth_b.yaml", "kinds_b.yaml"])
def test_slips_of_somebody_else_and_others_of_their_kinds_are_found(name: str) -> None:
    assert [one["name"] for one in defects(name) if not is_found(one)] == []


def test_sound_files_of_strangers_raise_nothing() -> None:
    whole = sorted((FOLDER.parent / "sound").glob("*.yaml"))
    raised = {one.stem: [str(found) for found in files.check(one.read_text("utf-8"))] for one in whole}

    assert {name: found for name, found in raised.items() if found} == {}
    assert len(raised) >= 13


def test_sound_files_with_other_audiences_rhythms_and_first_texts_raise_nothing() -> None:
    raised = {one["name"]: _said_of(one) for one in defects("sound_b.yaml")}

    assert {name: found for name, found in raised.items() if found} == {}
    assert len(raised) >= 20


def _said_of(one: dict[str, Any]) -> list[str]:
    found = files.check(swapped(LIBRARY[one["file"]].source_text, one["swap"]))
    return [str(each) for each in found if each.rule != "approval"]


@pytest.mark.parametrize(
    "asked",
    [
        'encounter.length_days >= 5 && encounter.length_days < 7 && patient.risk_tier == "high"',
        'conditions.exists(c, c.contains("heart") && !c.contains("family")) && conditions.size() == 3',
        'codes.all(c, !c.startsWith("icd10:C")) && codes.exists(c, c.startsWith("icd10:E11"))',
        '!("ride" in patient.needs) && patient.needs.size() >= 2',
        'encounter.reason.startsWith("fall") && encounter.reason.contains("stairs") || birth',
        'conditions.filter(c, c.contains("chronic")).size() >= 2',
    ],
)
def test_somebody_is_built_who_meets_a_condition(asked: str) -> None:
    found = solve.somebody(syntax.read(asked), STAY)

    assert found.person is not None
    assert conditions.holds(asked, found.person)


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        ('encounter.kind == "inpatient" && encounter.kind == "emergency"', "encounter.kind"),
        ("encounter.length_days > 7 && encounter.length_days < 3", "encounter.length_days"),
        ('conditions.size() == 0 && conditions.exists(c, c.contains("x"))', "conditions"),
        ("appointment.missed_before >= 1", "appointment.missed_before"),
    ],
)
def test_that_there_is_nobody_is_sure_and_has_its_reason(asked: str, because: str) -> None:
    found = solve.somebody(syntax.read(asked), STAY)

    assert (found.person, found.sure, found.because) == (None, True, {because})


@pytest.mark.parametrize(
    "asked",
    [
        'conditions.exists(c, c.matches("^[xyz]+q$"))',
        "encounter.length_days - appointment.missed_before > 400",
    ],
)
def test_what_cannot_be_decided_is_not_sure(asked: str) -> None:
    found = solve.somebody(syntax.read(asked), STAY)

    assert (found.person, found.sure) == (None, False)


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        (
            "joint-replacement",
            "You can still call us at {callback}",
            "You can still call 202-555-0143",
            "contact",
        ),
        ("copd", "{clinic}: Thank you. Text us here", "Thank you. Text us here", "identity"),
        ("copd", "[{name}, ]how is your breathing", "{first_name}, how is your breathing", "field"),
        ("copd", 'means == "worse" &&', 'means == "worst" &&', "condition"),
        (
            "copd",
            '"home_health", "unknown"]',
            '"home_health", "unknown"] && encounter.length_days > "1"',
            "condition",
        ),
    ],
)
def test_one_slip_is_one_finding(file: str, old: str, new: str, rule: str) -> None:
    source = LIBRARY[file].source_text
    assert old in source

    found = [one.rule for one in files.check(source.replace(old, new, 1)) if one.rule != "approval"]

    assert found == [rule]


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("Take your water pill", "Tome sus pastillas para orinar"),
        ("your pressure pills", "sus pastillas de la presión"),
        ("your heart medicine", "su medicina para el corazón"),
        ("a blood thinner", "un anticoagulante"),
        ("Use your puffer", "Use su inhalador"),
        ("a pain patch", "un parche para el dolor"),
        ("your knee replacement", "su reemplazo de rodilla"),
        ("your new hip", "su cadera nueva"),
        ("How is your knee?", "¿Cómo va su rodilla?"),
        ("about your drinking", "sobre su forma de beber"),
        ("a panic attack", "un ataque de pánico"),
        ("home oxygen", "el oxígeno en casa"),
    ],
)
def test_what_is_private_in_one_language_is_so_in_the_other(english: str, spanish: str) -> None:
    assert concepts.SAYS["en"].search(english)
    assert concepts.SAYS["es"].search(spanish)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("You will be all well", "Se va a curar del todo"),
        ("It won't come back", "No va a volver"),
        ("Nothing bad will happen", "No le va a pasar nada"),
        ("You'll soon feel better", "Pronto va a estar mejor"),
        ("Everything will be fine", "Todo va a salir bien"),
        ("There is no risk", "No hay riesgo"),
    ],
)
def test_a_cure_is_promised_in_neither_language(english: str, spanish: str) -> None:
    assert cured.SAYS["en"].search(english)
    assert cured.SAYS["es"].search(spanish)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("{clinic}: Este é o nosso último texto para você. {callback}", "pt"),
        ("{clinic}: Ceci est notre dernier message pour vous. Puede llamarnos al {callback}", "fr"),
        ("{clinic}: Sa a se denye mesaj nou pou ou. {callback}", "ht"),
        ("{clinic}: Call us if you need our help with this", "en"),
        ("{clinic}: Gracias. Si algo cambia, responda a este texto", ""),
        ("{clinic}: Gracias", ""),
    ],
)
def test_the_language_of_a_text_is_known_by_its_small_words(words: str, found: str) -> None:
    assert tongues.other_than(words, "es") == found


def test_told_within_a_sentence_is_no_field_that_was_lost() -> None:
    assert not reach.NAMES.search("Get your shots as told. A walk helps.")
    assert reach.NAMES.search("{clinic}: Thank you. told {callback}")
