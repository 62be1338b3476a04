"""Numbers as people text them: what is taken for the value asked for, and what is left to be asked again."""

from __future__ import annotations

import pytest

from outreach.triage import rules
from outreach.triage.rules import OpenQuestion, QuestionKind
from tests.triage import texts

ROWS = texts.rows("numbers")
QUESTIONS = {
    "weight": OpenQuestion(kind=QuestionKind.WEIGHT, lowest=60, highest=700),
    "bp": OpenQuestion(kind=QuestionKind.BLOOD_PRESSURE, lowest=60, highest=260),
    "glucose": OpenQuestion(kind=QuestionKind.GLUCOSE, lowest=20, highest=600),
    "pain": OpenQuestion(kind=QuestionKind.PAIN, lowest=0, highest=10),
    "temp": OpenQuestion(kind=QuestionKind.NUMBER, lowest=90, highest=110),
    "tempc": OpenQuestion(kind=QuestionKind.NUMBER, lowest=33, highest=43),
}


def taken(reading: rules.Reading) -> str:
    """Return the value taken for an answer, nothing where it is to be asked again or a person reads it."""
    answer = reading.answer
    if answer is None or reading.found("implausible"):
        return ""
    lower = f"/{answer.second:g}" if answer.second is not None else ""
    return f"{answer.value:g}{lower}{' kg' if answer.unit == 'kg' else ''}"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['question']}: {row['text']}" for row in ROWS])
def test_a_number_is_read_as_it_is_said(row: dict[str, str]) -> None:
    reading = rules.read(row["text"], question=QUESTIONS[row["question"]], language_hint=row["lang"])

    assert taken(reading) == row["value"]
    assert (reading.tier or "") == row["urgent"]
    if row["human"] != "any":
        assert reading.needs_human == (row["human"] == "yes")
