"""Our own labelled texts (`data/*.tsv`), every sentence invented for these tests."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from outreach.triage.rules import Kind, OpenQuestion, Option, QuestionKind

DATA = Path(__file__).parent / "data"
CLASSES = ("urgent", "opt_out", "opt_in", "help", "wrong_person", "confirm", "decline", "reschedule", "talk")
HARMLESS = ("ordinary_es", "lookalike", "talk")


@dataclass(frozen=True)
class Labelled:
    """One text, what it is, and its language."""

    text: str
    expected: str
    lang: str


def rows(name: str) -> list[dict[str, str]]:
    """Read one file of labelled texts."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def labelled(name: str) -> list[Labelled]:
    """List the texts of one file with their class."""
    return [Labelled(row["text"], row["expected"], row["lang"]) for row in rows(name)]


def _options(**labels: tuple[str, str]) -> tuple[Option, ...]:
    return tuple(
        Option(word=word.lstrip("_"), labels={"en": [english], "es": [spanish]})
        for word, (english, spanish) in labels.items()
    )


QUESTIONS = {
    "plain": OpenQuestion(options=(Option(word="1"), Option(word="2"), Option(word="3"))),
    "abc": OpenQuestion(options=(Option(word="A"), Option(word="B"), Option(word="C"))),
    "bms": OpenQuestion(options=_options(_1=("better", "mejor"), _2=("same", "igual"), _3=("worse", "peor"))),
    "yesno": OpenQuestion(options=_options(_1=("yes", "sí"), _2=("no", "no"))),
    "appt": OpenQuestion(
        options=(
            Option(word="1", means=Kind.CONFIRM),
            Option(word="2", means=Kind.DECLINE),
            Option(word="3", means=Kind.RESCHEDULE),
        ),
        about_appointment=True,
    ),
    "pain": OpenQuestion(kind=QuestionKind.PAIN),
    "bp": OpenQuestion(kind=QuestionKind.BLOOD_PRESSURE),
    "weight": OpenQuestion(kind=QuestionKind.WEIGHT),
    "glucose": OpenQuestion(kind=QuestionKind.GLUCOSE),
}
