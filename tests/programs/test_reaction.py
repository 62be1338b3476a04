"""What follows an answer: in time, late, and after the program's end. No answer ends nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from outreach.kernel.segments import count_segments
from outreach.programs import files
from outreach.programs.rules import course, house, reaction
from outreach.programs.rules.definition import Then
from outreach.programs.rules.lint.texts import LONGEST
from outreach.touchpoints.rules.wording import fill

ASKS = Then(ask="signs")
RED = Then(ask="signs", escalate="red", topic="reading")
ORANGE = Then(ask="signs", escalate="orange")
MOOD = Then(ask="signs", escalate="yellow")
SAYS = Then(say="red", escalate="red")


def react(then: Then, *, late: bool = False, state: str = "active", **more: bool) -> reaction.Reaction:
    return reaction.react(
        then,
        means="worse",
        late=late,
        state=state,
        clinical=more.get("clinical", True),
        danger=lambda: more.get("danger", False),
    )


@pytest.mark.parametrize(
    ("then", "late", "state", "expected"),
    [
        (ASKS, False, "active", (None, "signs", None)),
        (ASKS, True, "active", (None, "signs", None)),
        (ASKS, True, "stopped", ("orange", None, "unasked:orange")),
        (ASKS, False, "stopped", ("orange", None, "unasked:orange")),
        (RED, False, "active", ("red", "signs", None)),
        (RED, True, "active", ("red", None, "unasked:red")),
        (RED, False, "stopped", ("red", None, "unasked:red")),
        (ORANGE, True, "finished", ("orange", None, "unasked:orange")),
        (MOOD, True, "active", ("yellow", "signs", None)),
        (MOOD, False, "stopped", ("yellow", None, "unasked:yellow")),
        (SAYS, True, "stopped", ("red", None, "red")),
    ],
)
def test_what_follows(
    then: Then, late: bool, state: str, expected: tuple[str | None, str | None, str | None]
) -> None:
    found = react(then, late=late, state=state)

    assert (found.escalate, found.ask, found.say) == expected
    assert found.kind == ("safety" if found.escalate in ("red", "orange") else "reply")


def test_an_everyday_question_waits_a_day_and_a_danger_read_already_is_not_told_twice() -> None:
    assert react(ASKS, state="stopped", clinical=False).escalate == "yellow"
    told = react(RED, late=True, danger=True)
    assert (told.escalate, told.ask, told.say) == (None, None, None)


def test_a_value_that_cant_be_true_is_asked_again_once_or_read_by_a_person() -> None:
    weight = next(one.program for one in files.library() if one.program.key == "heart-failure").questions[
        "weight"
    ]

    assert reaction.ask_again(weight, {}, late=False, state="active").ask == "weight"
    for why, late, state in (({"says": "x"}, False, "active"), ({}, True, "active"), ({}, False, "stopped")):
        assert reaction.ask_again(weight, why, late=late, state=state) == reaction.NOTHING


@pytest.mark.parametrize("key", sorted(read.program.key for read in files.library()))
def test_no_answer_of_the_library_ends_nowhere(key: str) -> None:
    program = next(read.program for read in files.library() if read.program.key == key)
    for question in program.questions.values():
        for then in (then for branch in question.branches() for then in branch.then):
            for late, state in ((False, "active"), (True, "active"), (True, "finished"), (True, "stopped")):
                found = reaction.react(
                    then, means="x", late=late, state=state, clinical=question.clinical, danger=lambda: False
                )
                assert found.ask or found.say or found.escalate or found.stop, (question.key, then)
                if found.escalate == "red":
                    assert found.ask or found.say, (question.key, then, "no words in danger")


@dataclass(frozen=True)
class Planned:
    why: dict[str, str]
    source_kind: str = "program"
    step: str = "visit"
    anchor_version: int = 1
    local_day: date = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("why", "state", "reason", "version", "expected"),
    [
        ({"task": "visit"}, "active", None, 1, None),
        ({"task": "visit"}, "active", None, 2, "anchor_moved"),
        ({"task": "visit"}, "paused", None, 2, None),
        ({"task": "visit"}, "stopped", "opted_out", 2, None),
        ({"task": "visit"}, "stopped", "by_staff", 1, "enrollment_ended"),
        ({"task": "visit"}, "stopped", "died", 1, "enrollment_ended"),
        ({"asks": "need"}, "paused", None, 1, "paused"),
        ({"asks": "need"}, "stopped", "opted_out", 1, "enrollment_ended"),
    ],
)
def test_what_a_person_does_outlasts_a_pause_and_an_opt_out(
    why: dict[str, str], state: str, reason: str | None, version: int, expected: str | None
) -> None:
    found = course.ended(Planned(why), state=state, anchor_version=version, stop_reason=reason)

    assert found == expected


@pytest.mark.parametrize("tier", ["red", "orange", "yellow"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_our_own_words_fit_into_one_text(tier: str, language: str) -> None:
    words = house.words(house.unasked(tier))
    assert words is not None
    for told in house.every_told():
        said = count_segments(fill(words[language], {**LONGEST, "told": told}))
        assert (said.encoding, said.segments) == ("GSM-7", 1)


def test_it_says_that_somebody_was_alerted_only_when_that_is_true() -> None:
    said = {
        (staffed, paged): house.told(staffed=staffed, paged=paged, language="en")
        for staffed in (True, False)
        for paged in (True, False)
    }
    assert [one for one, words in said.items() if "alerted" in words] == [(True, True)]
    assert said[False, True] == said[False, False] == "We are closed. Nobody may see this now."
