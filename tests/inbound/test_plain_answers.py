"""Which replies are plain answers: who doesn't know, denies something else or asks back has given none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import yaml

from outreach.inbound import rules
from outreach.programs import files
from outreach.programs.rules.course import as_prompt
from outreach.reminders.rules import texts as reminders
from outreach.triage.rules import read

GROUPS: list[dict[str, Any]] = [
    group
    for name in ("plain_answers.yaml", "other_words.yaml", "first_sight.yaml")
    for group in yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))
]
PROGRAMS = {found.program.key: found.program for found in files.library()}
ASKED_AT = datetime(2026, 3, 10, 16, tzinfo=UTC)
SPACE, PROMPT = UUID(int=7), UUID(int=1)


@dataclass(frozen=True, kw_only=True)
class Open:
    """An open question."""

    patient_id: UUID
    question: dict[str, Any]
    prompt_id: UUID = PROMPT
    state: str = "open"
    opened_at: datetime = ASKED_AT
    expires_at: datetime = ASKED_AT + timedelta(days=2)


def whom(name: str) -> UUID:
    return uuid5(SPACE, name)


def question(group: dict[str, Any]) -> dict[str, Any]:
    program, key = group["asks"].split("/")
    language = group.get("language", "en")
    if program == "reminder":
        return reminders.question(key, language=language)
    return as_prompt(PROGRAMS[program].questions[key], language)


def became(group: dict[str, Any], said: str) -> str:
    """Return what becomes of a text: decided as `inbound` decides it, without a database."""
    names = group.get("shared", ["Ana"])
    asked = Open(patient_id=whom(group.get("whom", names[0])), question=question(group))
    reading = read(said, question=rules.to_triage(asked.question), language_hint=group.get("language", "en"))
    staff_wrote = ASKED_AT + timedelta(minutes=1) if group.get("staff") else None
    plan = rules.decide(
        rules.Situation(
            reading=reading,
            candidates=rules.candidates(
                [asked], reading, read=lambda _: reading, staff_wrote_at=staff_wrote, said=said
            ),
            patients_here=tuple(map(whom, names)),
            patients_asked=frozenset([asked.patient_id]),
            may_answer=frozenset(map(whom, names)),
            named=rules.named_in(said, {whom(name): [name] for name in names}) if names[1:] else frozenset(),
            may_be_named=True,
            talking=bool(group.get("staff")),
            question_waits=True,
            courtesy=rules.is_courtesy(said),
            asks_who=rules.asks_who(reading, said),
        )
    )
    if plan.bind is not None:
        return bound(plan.bind, asked.question) + ("+" if plan.needs_human else "")
    assert plan.needs_human
    return (reading.tier or "").lower() or "person"


def bound(candidate: rules.Candidate, asked: dict[str, Any]) -> str:
    answer = candidate.answer
    if answer.how == "unreadable":
        return "again"
    if answer.word is not None:
        return next(str(one["means"]) for one in asked["options"] if one["word"] == answer.word)
    return f"{answer.value:g}" + (f"/{answer.second:g}" if answer.second is not None else "")


@pytest.mark.parametrize(
    "group", GROUPS, ids=[f"{one['kind']}: {one['asks']} {one.get('language', 'en')}" for one in GROUPS]
)
def test_a_reply_is_an_answer_only_when_it_is_a_plain_one(group: dict[str, Any]) -> None:
    found = {said: became(group, said) for said, _ in group["rows"]}

    other = {
        said: (found[said], expected)
        for said, expected in group["rows"]
        if not {found[said], found[said].removesuffix("+")} & set(str(expected).split("|"))
    }
    assert other == {}


def test_an_answer_of_somebody_else_on_the_phone_calls_somebody_all_the_same() -> None:
    june, walt = whom("June"), whom("Walt")
    asked = Open(patient_id=walt, question=question({"asks": "heart-failure/breathing"}))
    reading = read("June here. I feel worse", question=rules.to_triage(asked.question))
    held = rules.candidates([asked], reading, read=lambda _: reading, staff_wrote_at=None)

    plan = rules.decide(
        rules.Situation(
            reading=reading,
            candidates=held,
            patients_here=(june, walt),
            may_answer=frozenset((june, walt)),
            named=frozenset((june,)),
        )
    )

    assert plan.bind is None
    assert plan.needs_human
    assert plan.alarm is not None
    assert plan.alarm.calls == "red"
