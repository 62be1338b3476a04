"""The reader of answers that learned from examples: what it takes, and where it must be surer or silent."""

from __future__ import annotations

import pytest

from outreach.inbound.rules import to_triage
from outreach.programs import files
from outreach.programs.rules.course import as_prompt
from outreach.reminders.rules import texts as reminders
from outreach.triage import rules
from outreach.triage.rules import OpenQuestion, learned, lexicon, words

ASKED = {
    f"{found.program.key}/{key}": to_triage(as_prompt(one, "en"))
    for found in files.library()
    for key, one in found.program.questions.items()
    if one.options
} | {
    f"reminder/{kind}": to_triage(reminders.question(kind, language="en"))
    for kind in ("appointment", "refill")
}
LEFT_TO_RULES = {"maternity-general/harm"}
"""Nobody's thoughts of self-harm are guessed at."""


def look(question: OpenQuestion, text: str) -> learned.Look | None:
    known = lexicon.load()
    return learned.weigh(known, known.encode(words.cut(words.fold(text))), question)


def test_every_question_with_options_has_examples_but_the_one_left_to_rules() -> None:
    without = {name for name, question in ASKED.items() if look(question, "hello") is None}

    assert without == LEFT_TO_RULES


def test_each_concept_has_weights_for_its_answers_and_for_none() -> None:
    reader, known = learned.load(), lexicon.load()

    for concept in known.asked:
        found = reader.probabilities(concept.name, frozenset(["better", "~bet"]))
        assert found.keys() == {*concept.answers, learned.NONE}
        assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("asked", "text", "word"),
    [
        ("copd/breathing", "slept flat for the first time in weeks", "1"),
        ("copd/breathing", "bout like it was yesterday", "2"),
        ("copd/breathing", "mom is having a harder time today", "3"),
        ("generic-medical/medicines", "the pharmacy was out of the water pill till monday", "2"),
        ("generic-medical/medicines", "got every one of my pills right here on the counter", "1"),
        ("reminder/refill", "its 60 bucks a month i cant afford that", "3"),
        ("reminder/appointment", "i have to work that day can we do thursday instead", "3"),
        ("joint-replacement/exercise", "hice la mitad nomas", "2"),
    ],
)
def test_what_is_said_in_own_words_is_an_answer(asked: str, text: str, word: str) -> None:
    answer = rules.read(text, question=ASKED[asked]).answer

    assert answer is not None
    assert answer.word == word


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ("copd/breathing", "maybe breathing a bit easier than before"),
        ("copd/breathing", "2 pillows at night and still short of sleep"),
        ("copd/breathing", "should my breathing be easier by now?"),
        ("copd/breathing", "my husband is breathing easier since he quit smoking"),
        ("generic-medical/medicines", "the flowers came yesterday they are lovely"),
        ("reminder/appointment", "what should i bring to the visit?"),
        ("joint-replacement/exercise", "yes"),
    ],
)
def test_doubt_figures_questions_and_other_matters_are_not_guessed_at(asked: str, text: str) -> None:
    answer = rules.read(text, question=ASKED[asked]).answer

    assert answer is None or answer.how != learned.HOW


def test_a_no_to_a_danger_must_be_surer_than_a_yes() -> None:
    known, question = lexicon.load(), ASKED["generic-medical/warning_signs"]
    encoded = known.encode(words.cut(words.fold("doing all right over here today")))
    yes, no = (
        learned._bar(
            known,
            encoded,
            question,
            learned.Look(concept=known.asked[3], name=name, option=question.options[at], probability=1),
            doubted=False,
        )
        for at, name in enumerate(("yes", "no"))
    )

    assert known.asked[3].name == "warning"
    assert (yes, no) == (learned.LIKELY, learned.SURE)


def test_a_figure_that_leads_is_taken_where_the_rest_says_the_same() -> None:
    question = ASKED["pneumonia/treatment"]

    assert rules.read("3 insurance wants 90 bucks for it", question=question).answer is not None
    assert rules.read("2 of the pills fell in the sink", question=question).answer is None
