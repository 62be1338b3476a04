"""What conditions may ask about a birth: whether one is on record, and whether the record dates it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from outreach.programs import files
from outreach.programs.rules import anchors

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PRESSURE = next(read for read in files.library() if read.program.key == "maternity-blood-pressure")


def done(days_ago: float, **given: object) -> anchors.Noted:
    values = {"status": "completed", "text": "childbirth", "codes": (), "at": NOW - days_ago * DAY}
    return anchors.Noted(**values | given)  # type: ignore[arg-type]


def said(**given: object) -> anchors.Noted:
    values = {"status": "active", "text": "", "codes": ("icd10:Z37.0",), "at": None}
    return anchors.Noted(**values | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("procedures", "conditions", "recorded", "dated"),
    [
        ([], [], False, False),
        ([done(2)], [], True, True),
        ([done(2)], [said()], True, True),
        ([], [said()], True, False),
        ([done(0, at=None)], [], False, False),
        ([done(2, status="not-done")], [], False, False),
        ([done(2, status="preparation")], [], False, False),
        ([done(-1)], [], False, False),
        ([done(85)], [], False, False),
        ([done(85)], [said()], True, False),
        ([done(2, text="appendectomy")], [said(status="entered-in-error")], False, False),
        ([done(2, told_at=NOW + DAY)], [], False, False),
        ([done(2, told_at=NOW + DAY)], [said()], True, False),
        ([done(2, told_at=NOW)], [], True, True),
    ],
)
def test_a_birth_is_on_record_and_dated_as_the_record_has_it(
    procedures: list[anchors.Noted], conditions: list[anchors.Noted], *, recorded: bool, dated: bool
) -> None:
    found = anchors.births(procedures, conditions)

    assert anchors.born(found, until=NOW, told_by=NOW) == (recorded, dated)


def test_the_record_is_looked_up_for_a_program_that_asks_and_for_no_other() -> None:
    assert {read.program.key for read in files.library() if read.program.asks_of_births} == {
        "maternity-blood-pressure"
    }


@pytest.mark.parametrize(
    ("slip", "says"),
    [
        ("birth_datd", "There is no fact “birth_datd”"),
        ('birth_dated == "yes"', "“birth_dated” is true or false, and is compared with a text"),
        ("birth", "a patient gets this kind of task 2 times"),
        ("birth && birth_dated && !birth", "Holds for nobody"),
        ("encounter.length_days > 1", "known in `audience` and `exclude` only"),
    ],
)
def test_the_linter_knows_what_may_be_asked_of_births(slip: str, says: str) -> None:
    changed = PRESSURE.source_text.replace("when: birth_dated", f"when: '{slip}'", 1)
    assert changed != PRESSURE.source_text

    assert any(says in str(one.what) for one in files.check(changed))
    assert files.check(PRESSURE.source_text) == ()
