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
LIBRARY = {read.program.key: read for read in files.library()}
AFTER = ("frozen.yaml", "second.yaml", "third.yaml", "fourth.yaml", "fifth.yaml")
"""Defects written after the linter was frozen."""
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


def is_found(defect: dict[str, Any]) -> bool:
    """Return whether the linter names the defect: by its rule, at its place (some are the whole file's)."""
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
