"""Dry runs of invented people: the same each time, and each difference with its cause. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from uuid import UUID

import pytest

from outreach.programs import files
from outreach.programs.rules import conditions, house
from outreach.programs.rules.definition import Program
from outreach.rehearsal.rules import compare, run, synthetic
from outreach.rehearsal.rules.answers import NOBODY, Rates
from outreach.rehearsal.rules.cast import Crew
from outreach.rehearsal.rules.report import DryRun
from outreach.touchpoints.rules.wording import fill
from outreach.why.answer import REASONS

DAY = timedelta(days=1)
SINCE = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
CREW = Crew(
    id=UUID(int=1),
    clinic="Riverside",
    callback="(202) 555-0101",
    emergency="911",
    zone="America/New_York",
    opening=({"days": [0, 1, 2, 3, 4, 5, 6], "from": "08:00", "to": "20:00"},),
    holidays=frozenset(),
)


def shifts(hours: int) -> tuple[tuple[datetime, datetime], ...]:
    days = (SINCE + timedelta(days=number, hours=2) for number in range(6))
    return tuple((start, start + timedelta(hours=hours)) for start in days)


ROSTERED = replace(CREW, shifts=shifts(8), by_role={"nurse": shifts(4), "coordinator": shifts(8)})
LIBRARY = {one.program.key: one.program for one in files.library()}
HEART = LIBRARY["heart-failure"]


@pytest.mark.parametrize(
    ("crew", "role", "hours", "nobody"),
    [
        (ROSTERED, None, 8.0, False),
        (ROSTERED, "coordinator", 8.0, False),
        (ROSTERED, "nurse", 4.0, False),
        (ROSTERED, "lead", 0.0, True),
        (replace(CREW, by_role={"nurse": ()}), "nurse", 12.0, False),
        (replace(CREW, by_role={"coordinator": ()}), "nurse", 0.0, True),
        (CREW, "nurse", 12.0, False),
    ],
)
def test_hours_are_staffed_while_somebody_of_the_role_is_on(
    crew: Crew, role: str | None, hours: float, nobody: bool
) -> None:
    lines = synthetic.lines(2, program=HEART, version=1, crew=crew, since=SINCE)
    until = SINCE + timedelta(days=5)
    asked = run.Asked(program=HEART.key, version="1", since=SINCE, until=until, rates=Rates(), role=role)

    done = run.rehearse(lines, asked)

    assert (max(day.staffed_hours for day in done.days), done.nobody) == (hours, nobody)


def rehearse(
    program: Program = HEART, *, patients: int = 4, days: int = 30, rates: Rates | None = None
) -> DryRun:
    lines = synthetic.lines(patients, program=program, version=1, crew=CREW, since=SINCE)
    asked = run.Asked(
        program=program.key,
        version="1",
        since=SINCE,
        until=SINCE + timedelta(days=days),
        rates=rates or Rates(),
    )
    return run.rehearse(lines, asked)


def test_the_same_again_is_the_same() -> None:
    assert rehearse() == rehearse()


def test_nobody_gets_more_than_the_program_told_them_or_at_an_hour_that_is_not_allowed() -> None:
    done = rehearse(patients=12)

    counted: dict[tuple[str, str], int] = {}
    for one in done.texts:
        if one.kind in ("program", "reminder"):
            counted[one.label, one.local[:10]] = counted.get((one.label, one.local[:10]), 0) + 1
            assert "09:00" <= one.local[11:] < "20:00"
    assert max(counted.values()) <= 4


def test_silence_leads_to_one_call_each() -> None:
    done = rehearse(rates=NOBODY)

    calls = [one.label for one in done.events if one.what == "escalated"]
    assert sorted(calls) == [f"synthetic-{nth}" for nth in range(4)]
    assert sum(day.silent for day in done.days) == 4


def test_the_figures_add_up() -> None:
    done = rehearse(patients=8)

    assert done.joined == done.patients == 8
    assert sum(day.texts for day in done.days) == len(done.texts) == sum(done.by_program.values())
    assert sum(day.segments for day in done.days) == done.segments
    assert {one.what for one in done.clashes} >= {"merged"}
    dumped = done.dump()
    assert dumped["texts"][0]["body"].startswith("Riverside")


def _without(program: Program, step: str) -> Program:
    return replace(program, steps=tuple(one for one in program.steps if one.id != step))


def _at(program: Program, step: str, at: time) -> Program:
    return replace(
        program, steps=tuple(replace(one, at=at) if one.id == step else one for one in program.steps)
    )


def _reworded(program: Program) -> Program:
    words = {
        **program.texts["closing"],
        "en": "{clinic}: Goodbye, and thank you. {callback}. Emergency? Call 911",
    }
    return replace(program, texts={**program.texts, "closing": words})


@pytest.mark.parametrize(
    ("changed", "kind", "says"),
    [
        (_without(HEART, "medicines"), "dropped", "no longer in the file"),
        (_at(HEART, "close", time(15, 0)), "moved", "goes out at 15:00 instead of 10:00"),
        (_reworded(HEART), "reworded", "The text closing was changed in the file"),
    ],
)
def test_another_version_reports_each_difference_and_what_made_it(
    changed: Program, kind: str, says: str
) -> None:
    before, after = rehearse(days=38, rates=NOBODY), rehearse(changed, days=38, rates=NOBODY)

    found = compare.differences(before.texts, after.texts, happened=after.events, old=HEART, new=changed)

    theirs = [one for one in found if one.kind == kind and one.cause == "file"]
    assert any(says in one.why for one in theirs), found
    assert compare.differences(before.texts, before.texts, old=HEART, new=HEART) == ()


PLAIN = 'patient.literacy == "plain"'


@pytest.mark.parametrize("key", sorted(LIBRARY))
def test_a_dry_run_has_plain_words_for_those_who_need_them_and_for_nobody_else(key: str) -> None:
    program = LIBRARY[key]
    lines = synthetic.lines(24, program=program, version=1, crew=CREW, since=SINCE)
    people = {one.id: one for line in lines for one in line.people}
    asked = run.Asked(program=key, version="1", since=SINCE, until=SINCE + 16 * DAY, rates=Rates())
    plain = {one.of: one.text for one in program.variants if one.when == PLAIN}

    found = {True: set[str](), False: set[str]()}
    for one in run.rehearse(lines, asked).texts:
        if one.question in plain:
            person, template = people[one.patient_id], plain[one.question][one.language]
            meant = {fill(template, {**person.fields, "told": told}) for told in house.every_told()}
            found[one.body in meant].add(str(person.patient["literacy"]))

    assert found[True] == {"plain"}
    assert "standard" in found[False]  # and plain ones with other letters, or in one text with another


FILLED = [
    {"question": question, "means": means, "days_ago": days, "number": number, "second": 0.0}
    for question, means in (("breathing", "worse"), ("weight", "steady"), ("scale", "has_scale"))
    for days, number in ((0, 180.0), (2, 176.0), (9, 150.0))
]


@pytest.mark.parametrize("key", sorted(LIBRARY))
def test_looking_only_at_what_matters_changes_no_judgment(key: str) -> None:
    program = LIBRARY[key]
    asked = {
        then.when
        for question in program.questions.values()
        for one in question.branches()
        for then in one.then
    }
    asked |= {one.when for question in program.questions.values() for one in question.cases}
    asked |= {one.when for one in program.variants} | {one.when for one in program.steps}
    patient = {
        "language": "en",
        "risk_tier": "",
        "needs": [],
        "deceased": False,
        "hospice": False,
    }
    value = {"number": 183.0, "systolic": 150.0, "diastolic": 95.0}
    birth = {"birth": True, "birth_dated": False}
    earlier_ones = ([], FILLED, FILLED[:1], FILLED[3:5], FILLED[-1:])
    for expression in asked - {None}:
        for earlier, literacy in product(earlier_ones, ("plain", "standard")):
            facts = {
                "patient": {**patient, "literacy": literacy},
                "earlier": earlier,
                "value": value,
                **birth,
            }
            plainly = conditions._compiled(expression).execute(facts)
            assert conditions.holds(expression, facts) is plainly


def test_each_reason_a_contact_is_let_go_for_has_words_in_a_replay() -> None:
    assert set(REASONS) <= set(compare.RULES)
