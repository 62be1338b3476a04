"""Whom a text is about, which question it points at, whose value and which day it tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from outreach.inbound import rules
from outreach.inbound.rules import pointing
from outreach.triage import rules as triage

ANA, LUIS = UUID(int=1), UUID(int=2)
NAMES = {ANA: ["Ana", "Ana Ruiz"], LUIS: ["Luis", "Luis Ruiz"]}
NOW = datetime(2026, 3, 11, 16, tzinfo=UTC)
PILLS = {"wording": "do you have all your medicines? Reply 1 if you do, 2 if you don't."}
BREATHING = {"wording": "how is your breathing today? 1 Better 2 Same 3 Worse."}
FOOD = {"wording": "did you run short of food this month? 1 I did 2 No."}


@pytest.mark.parametrize(
    ("said", "whom"),
    [
        ("luis 2", LUIS),
        ("Ana 134", ANA),
        ("176 thats ana", ANA),
        ("Luis is breathing better", LUIS),
        ("not ana, luis feels worse", LUIS),
        ("its luis. anas sugar was 131", ANA),
        ("this is luis i got all mine", LUIS),
        ("2 for Luis", LUIS),
        ("Ana sigue igual", ANA),
        ("Luis drove me, 2", None),
        ("Ana 2 Luis 3", None),
        ("Ana is better but Luis is worse", None),
        ("I gave Luis his pills, 2", None),
        ("2", None),
    ],
)
def test_a_text_is_about_whom_it_names_so(said: str, whom: UUID | None) -> None:
    assert rules.about_whom(said, NAMES) == whom


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Luis is better", "she  is better"),
        ("Ana's sugar was 131", "her   sugar was 131"),
        ("Ana 134", "    134"),
        ("Grace is better", "Grace is better"),
        ("analog 2", "analog 2"),
    ],
)
def test_names_are_left_out_and_every_letter_keeps_its_place(said: str, read: str) -> None:
    found = rules.without_names(said, ["Ana Ruiz", "Luis", "Grace"], is_word=triage.is_word)

    assert found == read
    assert len(found) == len(said)


@pytest.mark.parametrize(
    ("said", "waiting", "found"),
    [
        ("the one about my breathing, worse", [PILLS, BREATHING], (1, "worse")),
        (
            "sorry i missed the other one. yes i do have all of them",
            [BREATHING, PILLS],
            (1, "yes i do have all of them"),
        ),
        ("the one about the bill, 2", [PILLS, BREATHING], None),
        ("1 for the food one, 2 for the pills", [PILLS, FOOD], None),
        ("the other one is fine", [PILLS], None),
    ],
)
def test_a_text_points_at_one_of_several_questions(
    said: str, waiting: list[dict[str, str]], found: tuple[int, str] | None
) -> None:
    assert pointing.find(said, waiting) == found


def test_the_matter_a_text_names_tells_which_question_it_answers() -> None:
    assert pointing.names("food we are ok this month", [PILLS, FOOD]) == 1
    assert pointing.names("we are ok this month", [PILLS, FOOD]) is None
    assert pointing.names("food and medicines are fine", [PILLS, FOOD]) is None


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ("I weigh 210 myself ha", True),
        ("im 210 myself haha but she wont get on the scale today", True),
        ("soy Rosa, yo tambien tengo azucar y hoy amaneci en 240", True),
        ("my own sugar was 210 this morning should i worry", True),
        ("mom is 181 today", False),
        ("hers was 138 mine 96", False),
        ("181", False),
    ],
)
def test_a_caregivers_own_value_is_told_apart(said: str, own: bool) -> None:
    assert rules.tells_own_value(said) == own


@pytest.mark.parametrize(
    ("said", "hours", "read"),
    [
        ("yesterday it was 132", 27, "          it was 132"),
        ("yesterday it was 132", 2, "yesterday it was 132"),
        ("no better than yesterday", 27, "no better than yesterday"),
        ("ayer 140", 27, "     140"),
        ("yesterday it was 132", 80, "yesterday it was 132"),
    ],
)
def test_yesterday_is_the_day_that_was_asked_about(said: str, hours: int, read: str) -> None:
    assert rules.as_of_then(said, asked_at=NOW - timedelta(hours=hours), now=NOW) == read
