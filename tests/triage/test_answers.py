"""What a text answers to the question that is open."""

from __future__ import annotations

import pytest

from outreach.triage import rules
from outreach.triage.rules import Kind, OpenQuestion
from tests.triage import texts

ROWS = texts.rows("answers")


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['question']}: {row['text']}" for row in ROWS])
def test_answers(row: dict[str, str]) -> None:
    reading = rules.read(row["text"], question=texts.QUESTIONS[row["question"]])

    answer = reading.answer
    assert (answer.word if answer and row["word"] else "") == row["word"]
    if row["value"]:
        assert answer is not None
        assert answer.value == float(row["value"])
    if not row["word"] and not row["value"]:
        assert answer is None
    assert reading.needs_human == (row["human"] == "yes")


def test_a_blood_pressure_has_two_numbers_and_may_be_dangerous() -> None:
    reading = rules.read("182/124", question=texts.QUESTIONS["bp"])

    assert reading.answer is not None
    assert (reading.answer.value, reading.answer.second, reading.answer.unit) == (182.0, 124.0, "mmHg")
    assert reading.kind is Kind.URGENT
    assert Kind.ANSWER in reading.also


def test_a_value_that_cannot_be_true_is_flagged_not_believed() -> None:
    reading = rules.read("80/120", question=texts.QUESTIONS["bp"])

    assert reading.found("implausible")
    assert reading.answer is not None
    assert reading.answer.confidence < 0.7


def test_a_question_may_set_its_own_bounds() -> None:
    question = OpenQuestion(kind="number", lowest=0, highest=8)

    assert not rules.read("6", question=question).needs_human
    assert rules.read("12", question=question).found("implausible")


def test_an_urgent_text_beside_an_answer_keeps_both() -> None:
    reading = rules.read("2 and my chest hurts", open_words=("1", "2", "3"))

    assert reading.kind is Kind.URGENT
    assert Kind.ANSWER in reading.also
    assert reading.answer is not None
    assert reading.answer.word == "2"


@pytest.mark.parametrize(
    "text", ["I took 2 pills", "see you at 2", "it has been 3 days", "my 2 daughters are here"]
)
def test_a_number_in_a_sentence_is_no_answer(text: str) -> None:
    assert rules.read(text, open_words=("1", "2", "3")).answer is None


def test_without_an_open_question_a_digit_is_for_a_person() -> None:
    reading = rules.read("2")

    assert reading.kind is Kind.OTHER
    assert reading.needs_human
