"""The linter: it raises nothing on the library, and finds seeded defects, with their line."""

from __future__ import annotations

import difflib
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from outreach.programs import files
from outreach.programs.rules import reading_ease
from outreach.programs.rules.lint import Rostered

FOLDER = Path(__file__).parent / "defects"
SOUND = Path(__file__).parent / "sound"
LIBRARY = {read.program.key: read for read in files.library()}
AFTER = ("frozen.yaml", "second.yaml", "third.yaml", "fourth.yaml", "fifth.yaml")
"""Defects written after the linter was frozen."""
STUDIED = (
    *("unseen.yaml", "kinds.yaml", "unseen_again.yaml", "kinds_again.yaml"),
    *("unseen_third.yaml", "unseen_fourth.yaml", "unseen_fifth.yaml"),
)
"""Slips by authors who had not seen the linter, and more of their kinds."""
FOUND: dict[tuple[str, str], bool] = {}
"""Some are looked at by two tests, and checked once."""
ENOUGH = 0.95
"""Share of the defects that must be found with their line."""


@pytest.mark.parametrize("key", sorted(LIBRARY))
def test_nothing_is_raised_on_a_shipped_program(key: str) -> None:
    assert [str(one) for one in files.check(LIBRARY[key].source_text)] == []


def defects(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")))


def seeded(defect: dict[str, Any]) -> tuple[str, range]:
    """Return the bad file and where a finding may stand: the lines that changed, and two around them."""
    source = LIBRARY[defect["file"]].source_text
    if "append" in defect:
        bad = source + defect["append"]
    elif "swap" in defect:
        bad = swapped(source, defect["swap"])
    else:
        assert defect["old"] in source, defect["name"]
        bad = source.replace(defect["old"], defect["new"], defect.get("times", 1))
    changed = [
        number
        for tag, _, _, first, last in difflib.SequenceMatcher(
            None, source.splitlines(), bad.splitlines(), autojunk=False
        ).get_opcodes()
        if tag != "equal"
        for number in range(first, max(last, first + 1))
    ]
    return bad, range(min(changed) - 1, max(changed) + 3)


def swapped(source: str, pairs: list[list[str]]) -> str:
    """Return a file with one or more of its parts in other words."""
    for old, new in pairs:
        assert old in source, old
        source = source.replace(old, new, 1)
    return source


def is_found(defect: dict[str, Any]) -> bool:
    """Return whether the linter names the defect: by its rule, at its place (some are the whole file's)."""
    key = (defect["name"], defect["file"])
    if key not in FOUND:
        FOUND[key] = _is_found(defect)
    return FOUND[key]


def _is_found(defect: dict[str, Any]) -> bool:
    bad, near = seeded(defect)
    rules = set(str(defect["rule"]).split())
    hours = (Rostered.daily(time(8), time(17)),) if defect.get("rostered") else ()
    return any(
        one.rule in rules and (one.line in near or defect.get("anywhere")) and one.mend
        for one in files.check(bad, rostered=hours)
    )


@pytest.mark.parametrize("defect", defects("known.yaml"), ids=lambda one: one["name"])
def test_a_known_defect_is_found_with_its_line(defect: dict[str, Any]) -> None:
    assert is_found(defect)


def test_of_all_defects_most_of_them_written_after_the_linter_was_frozen_enough_are_found() -> None:
    known, frozen = defects("known.yaml"), [one for name in AFTER for one in defects(name)]
    missed = [one["name"] for one in (*known, *frozen) if not is_found(one)]

    assert len(frozen) >= len(known) >= 30
    assert len(missed) <= (1 - ENOUGH) * len((*known, *frozen)), missed


@pytest.mark.parametrize("name", STUDIED)
def test_slips_of_one_who_had_not_seen_the_linter_and_others_of_their_kinds_are_found(
    name: str,
) -> None:
    assert [one["name"] for one in defects(name) if not is_found(one)] == []


def test_sound_files_with_other_limits_words_and_people_raise_nothing() -> None:
    raised = {
        one["name"]: [
            str(found)
            for found in files.check(swapped(LIBRARY[one["file"]].source_text, one["swap"]))
            if found.rule != "approval"
        ]
        for one in defects("sound.yaml")
    }

    assert {name: found for name, found in raised.items() if found} == {}
    assert len(raised) >= 10


@pytest.mark.parametrize("path", sorted(SOUND.glob("*.yaml")), ids=lambda one: one.stem)
def test_whole_programs_by_others_raise_nothing(path: Path) -> None:
    assert [str(one) for one in files.check(path.read_text(encoding="utf-8"))] == []


def test_a_finding_about_a_condition_over_several_lines_stands_at_its_own_line() -> None:
    source = LIBRARY["copd"].source_text.replace('"copd"', '"COPD"')
    line = next(number for number, row in enumerate(source.splitlines(), start=1) if '"COPD"' in row)

    assert [one.line for one in files.check(source) if "COPD" in one.what] == [line]


def test_crossed_labels_are_named_at_the_answers_and_not_at_the_text() -> None:
    source = LIBRARY["pneumonia"].source_text
    crossed = source.replace('es: ["mejor", "bien"]}', 'es: ["peor"]}', 1).replace(
        'labels: {en: ["worse"], es: ["peor"]}', 'labels: {en: ["worse"], es: ["mejor"]}', 1
    )
    rows = crossed.splitlines()

    found = [one for one in files.check(crossed) if one.rule == "reply_word"]

    assert found
    assert all("labels:" in rows[one.line - 1] for one in found)


def test_a_branch_after_one_that_always_holds_is_the_only_thing_named() -> None:
    then = '"3", means: worse, share: 0.07, labels: {en: ["worse"], es: ["peor"]}, then: '
    source = LIBRARY["copd"].source_text.replace(
        then + "{say: red, escalate: red, topic: worse}",
        then + "[{say: red, escalate: red, topic: worse}, "
        "{when: 'patient.literacy == \"plain\"', say: red, escalate: red, topic: worse}]",
    )

    assert [one.what for one in files.check(source)] == ["What comes after this never happens"]


@pytest.mark.parametrize(
    ("words", "language", "hard"),
    [
        ("{clinic}: How are you today? 1 Better 2 Same 3 Worse. Emergency? Call 911", "en", False),
        (
            "{clinic}: Please ensure compliance with your medication administration regimen after discharge",
            "en",
            True,
        ),
        (
            "{clinic}: We are reaching out to follow up regarding your recent hospitalization experience",
            "en",
            True,
        ),
        ("{clinic}: ¿Se siente 1 Mejor 2 Igual 3 Peor? ¿Emergencia? Llame al 911", "es", False),
        (
            "{clinic}: Comunique inmediatamente cualquier complicación de su tratamiento farmacológico",
            "es",
            True,
        ),
    ],
)
def test_reading_grade(words: str, language: str, hard: bool) -> None:
    assert bool(reading_ease.problems(words, language)) is hard


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("Ask our nurse if you should call 911", "Pregunte a la enfermera si debe llamar al 911"),
        ("Call 911 once you have talked to us", "Llame al 911 una vez que hable con nosotros"),
        (
            "Try {callback} first. No answer? Call 911",
            "Llame primero al {callback}. ¿No contestan? Llame al 911",
        ),
        ("Rest for an hour. Not better? Call 911", "Descanse una hora. ¿Sigue mal? Llame al 911"),
        ("Call 911 only if it is still bad tomorrow", "Llame al 911 solo si mañana sigue mal"),
        ("Please wait for our nurse before you call 911", "Espere a la enfermera antes de llamar al 911"),
    ],
)
def test_words_that_come_between_somebody_and_help_are_found_in_both_languages(
    english: str, spanish: str
) -> None:
    rows = LIBRARY["copd"].source_text.splitlines(keepends=True)
    at = next(number for number, row in enumerate(rows) if row.startswith("  red:"))
    rows[at + 1 : at + 3] = [f'    en: "{{clinic}}: {english}"\n', f'    es: "{{clinic}}: {spanish}"\n']

    found = {one.line for one in files.check("".join(rows)) if one.rule == "danger"}

    assert {at + 2, at + 3} <= found


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("Do not wait. Call 911 now. {told}", "No espere. Llame al 911 ahora. {told}"),
        ("Chest pain? Call 911 first, then {callback}", "¿Dolor? Llame primero al 911 y luego al {callback}"),
        ("Getting worse? Don't wait for us, call 911", "¿Empeora? No nos espere, llame al 911"),
        (
            "Worse before your visit? {callback}. Emergency? Call 911",
            "¿Empeora? {callback}. ¿Emergencia? Llame al 911",
        ),
        ("If you can't come, call {callback}", "Si no puede venir, llame al {callback}"),
        ("You don't need to do a thing. {callback}", "No necesita hacer nada. {callback}"),
        ("Bring only your card", "Traiga solo su tarjeta"),
        ("Do not drive until we say so", "No maneje hasta que le digamos"),
        ("We are here on weekdays. {callback}", "Estamos de lunes a viernes. {callback}"),
        ("Even if you feel well, keep your visit", "Aun si se siente bien, venga a su cita"),
    ],
)
def test_words_that_say_the_same_and_send_for_help_at_once_raise_nothing(english: str, spanish: str) -> None:
    rows = LIBRARY["copd"].source_text.splitlines(keepends=True)
    at = next(number for number, row in enumerate(rows) if row.startswith("  tell_us:"))
    rows[at + 1 : at + 3] = [f'    en: "{{clinic}}: {english}"\n', f'    es: "{{clinic}}: {spanish}"\n']

    found = [str(one) for one in files.check("".join(rows)) if one.rule in ("danger", "translation")]

    assert found == []
