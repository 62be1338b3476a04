"""The steps: when, how often, reachable or not, and what every program must hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from outreach.kernel.said import Said
from outreach.programs.rules import conditions, memory
from outreach.programs.rules.definition import Program, Step
from outreach.programs.rules.lint import whom
from outreach.programs.rules.lint.answers import followed
from outreach.programs.rules.lint.findings import Finding, Subject

QUIET_FROM, QUIET_TO = time(20, 0), time(9, 0)
"""Outside the default hours texts may arrive in, they would wait."""
MUST_STOP = ("readmitted", "died", "hospice", "opted_out", "finished")
BUDGET = (1, 3)
"""Texts a day and a week without a cadence of its own."""
NOTHING = "Step “%(id)s” does nothing"
SEVERAL = "Step “%(id)s” does several things"
DAILY = "Up to %(found)s texts a day, but %(limit)s are agreed"
WEEKLY = "Up to %(found)s texts a week, but %(limit)s are agreed"
SAY_STOP = 'Add "STOP to end".'
SAY_STOP_ES = 'Add "STOP para salir": the word stays STOP in Spanish too.'
MOST_BEFORE = 60
"""Days before a procedure or a run-out date on which a program may begin."""
AUDIENCE = {
    "patient": {
        "language": "en",
        "literacy": "standard",
        "risk_tier": "",
        "needs": ["ride"],
        "deceased": False,
        "hospice": False,
    },
    "encounter": {
        "kind": "inpatient",
        "disposition": "home",
        "length_days": 3,
        "type": "stay",
        "reason": "",
        "codes": ["snomed:84114007"],
    },
    "conditions": ["heart failure"],
    "codes": ["snomed:84114007", "icd10:I50.9"],
    "birth": False,
    "birth_dated": False,
    "procedure": {"text": "", "codes": ["snomed:52734007"], "done": False},
    "appointment": {"text": "", "missed_before": 0},
    "supply": {"days": 30, "from_source": True},
}


def check(subject: Subject) -> Iterator[Finding]:
    """Check the plan as a whole."""
    for number, step in enumerate(subject.program.steps):
        yield from _step(subject, number, step)
        yield from _adapt(subject, number, step)
    yield from _ids(subject)
    yield from _unused(subject)
    yield from _cadence(subject)
    yield from _introduction(subject)
    yield from _whole(subject)
    yield from _conditions(subject)


def _step(subject: Subject, number: int, step: Step) -> Iterator[Finding]:
    here = ("steps", number)
    if sum(map(bool, (step.ask, step.say, step.task))) != 1:
        what = SEVERAL if step.ask or step.say or step.task else NOTHING
        yield subject.finding(
            "step", *here, what=Said(what, id=step.id), mend="Give it one of `ask`, `say` and `task`."
        )
    for day in step.days:
        if not (-MOST_BEFORE if program_looks_ahead(subject.program) else 0) <= day <= subject.program.days:
            yield subject.finding(
                "unreachable",
                *here,
                "days",
                what=Said(
                    "Day %(day)s is outside the program's %(days)s days", day=day, days=subject.program.days
                ),
                mend="Mend one.",
            )
    repeated = [day for day, count in Counter(step.days).items() if count > 1]
    if repeated:
        yield subject.finding(
            "step",
            *here,
            "days",
            what=Said("Day %(day)s stands there twice", day=repeated[0]),
            mend="Remove one.",
        )
    if step.late_for_hours is not None and step.late != "next_window":
        yield subject.finding(
            "step", *here, what="`late_for_hours` does nothing here", mend="Add `late: next_window`."
        )


def program_looks_ahead(program: Program) -> bool:
    """Return whether a program may begin before what it counts from."""
    return program.anchor in ("procedure", "run_out")


def _adapt(subject: Subject, number: int, step: Step) -> Iterator[Finding]:
    question = subject.program.questions.get(step.ask or "")
    if step.adapt is None:
        return
    here = ("steps", number, "adapt")
    means = {branch.means for branch in question.branches()} if question else set()
    for wanted in (*step.adapt.stable, *step.adapt.back):
        if wanted not in means:
            yield subject.finding(
                "answer",
                *here,
                what=Said("“%(wanted)s” is no answer of “%(ask)s”", wanted=wanted, ask=step.ask),
                mend="Use its `means`.",
            )
    if set(step.adapt.stable) & set(step.adapt.back):
        yield subject.finding(
            "answer", *here, what="An answer is both stable and not", mend="Leave it in one."
        )


def _ids(subject: Subject) -> Iterator[Finding]:
    seen: set[str] = set()
    moments: dict[tuple[int, time], str] = {}
    for number, step in enumerate(subject.program.steps):
        if step.id in seen or step.id.startswith(("then:", "activity:")):
            yield subject.finding(
                "step",
                "steps",
                number,
                what=Said("Two steps are called “%(id)s”", id=step.id),
                mend="Rename one.",
            )
        seen.add(step.id)
        for day in () if step.task else step.days:
            other = moments.setdefault((day, step.at), step.id)
            if other != step.id and step.ask:
                yield subject.finding(
                    "step",
                    *("steps", number),
                    what=Said(
                        "“%(id)s” and “%(other)s” meet on day %(day)s at %(at)s",
                        id=step.id,
                        other=other,
                        day=day,
                        at=f"{step.at:%H:%M}",
                    ),
                    mend="Give them different times.",
                )


def _unused(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    asked = followed(subject) | {step.ask for step in program.steps if step.ask}
    asked |= {"activity"} if program.activities else set()
    for key in program.questions:
        if key not in asked:
            yield subject.finding(
                "unreachable",
                "questions",
                key,
                what=Said("“%(key)s” is never asked", key=key),
                mend="Ask it or remove it.",
            )
    said = _said(program)
    for key in program.texts:
        if key not in said:
            yield subject.finding(
                "unreachable",
                "texts",
                key,
                what=Said("“%(key)s” is never said", key=key),
                mend="Say it or remove it.",
            )
    for number, variant in enumerate(program.variants):
        if variant.of not in program.texts and variant.of not in program.questions:
            yield subject.finding(
                "unreachable",
                "variants",
                number,
                what=Said("There is no “%(of)s”", of=variant.of),
                mend="Mend the name.",
            )
    if program.activities and "activity" not in program.questions:
        yield subject.finding(
            "step",
            "activities",
            what="Care-plan activities have no question",
            mend="Add `activity` or `activities: false`.",
        )


def _said(program: Program) -> set[str]:
    said = {step.say for step in program.steps if step.say}
    said |= {question.unclear for question in program.questions.values() if question.unclear}
    branches = [branch for question in program.questions.values() for branch in question.branches()]
    said |= {then.say for branch in branches for then in branch.then if then.say}
    return {one for one in (*said, program.silence.say if program.silence else None) if one}


def _cadence(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    program = replace(program, steps=tuple(_counted(program)))
    per_day: Counter[int] = Counter(day for step in program.steps if not step.task for day in step.days)
    most_day = max(per_day.values(), default=0)
    most_week = max((_in_a_week(program, first) for first in per_day), default=0)
    allowed = (program.cadence.per_day, program.cadence.per_week) if program.cadence else BUDGET
    for found, limit, what in ((most_day, allowed[0], DAILY), (most_week, allowed[1], WEEKLY)):
        if found > limit:
            yield subject.finding(
                "cadence",
                "cadence",
                what=Said(what, found=found, limit=limit),
                mend="Fewer steps, or a higher cadence that the first text tells.",
            )


def _counted(program: Program) -> Iterator[Step]:
    """List the steps that somebody may get together: of two for different people on one day, the first."""
    before: list[Step] = []
    for step in program.steps:
        whens = [one.when for one in before if one.days == step.days and one.when and step.when]
        asked = [f"({when}) && ({step.when})" for when in whens if "earlier" not in f"{when}{step.when}"]
        if not any(map(_is_for_nobody, asked)):
            before.append(step)
            yield step


def _is_for_nobody(expression: str) -> bool:
    try:
        return whom.holds_for_nobody(expression)
    except conditions.BadExpression:
        return False


def _in_a_week(program: Program, first: int) -> int:
    """Return the texts of seven days from one on; a step of certain weekdays has no more than those."""
    return sum(
        min(sum(first <= day < first + 7 for day in step.days), len(step.weekdays) or 7)
        for step in program.steps
        if not step.task
    )


def _introduction(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    texted = [step for step in program.steps if not step.task] or list(program.steps)
    first = min(texted, key=lambda step: (min(step.days, default=0), step.at))
    place = ("texts", first.say) if first.say else ("questions", first.ask or "", "text")
    words: Mapping[str, str] = program.texts.get(first.say or "", {})
    if first.ask in program.questions:
        words = program.questions[str(first.ask)].text
    for language, text in words.items():
        say_stop = SAY_STOP_ES if language == "es" else SAY_STOP
        if not re.search(r"\bSTOP\b", text):
            yield subject.finding(
                "opt_out",
                *place,
                language,
                what="The first text doesn't say how to stop",
                mend=say_stop,
            )
        if "{callback}" not in text:
            yield subject.finding(
                "callback",
                *place,
                language,
                what="The first text has no number to call",
                mend="Add {callback}.",
            )
        if program.cadence and not re.search(r"\d", re.sub(r"911|\{[a-z_]+\}", "", text)):
            yield subject.finding(
                "cadence",
                *place,
                language,
                what="The first text doesn't say how often we write",
                mend="Say the number.",
            )


def _whole(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    for reason in MUST_STOP:
        if reason not in program.stops:
            yield subject.finding(
                "stops",
                "stops",
                what=Said("Goes on after “%(reason)s”", reason=reason),
                mend="List it under `stops`.",
            )
    if program.silence is None and program.questions:
        yield subject.finding("silence", what="Nothing happens when nobody answers", mend="Add `silence`.")
    if not any(re.search(r"https?://\S+\.\S+", source) for source in program.sources):
        yield subject.finding(
            "sources", "sources", what="No source anybody can look up", mend="Add an address."
        )
    if program.key in program.replaces:
        yield subject.finding(
            "audience", "replaces", what="A program can't replace itself", mend="Remove it."
        )


def _conditions(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    for name, expression in (("audience", program.audience), ("exclude", program.exclude)):
        yield from _evaluates(subject, (name,), expression, AUDIENCE)
    for place, expression in written(program):
        yield from _evaluates(subject, place, expression, _sample())


def _sample() -> dict[str, Any]:
    past = memory.Heard(
        answer_id="a",
        question="need",
        step="check",
        occurrence=1,
        day=date(2026, 3, 9),
        means="fine",
        number=1.0,
    )
    return memory.facts(
        patient=AUDIENCE["patient"],  # type: ignore[arg-type]
        heard=(past,),
        today=date(2026, 3, 10),
        value={"number": 1.0, "systolic": 120.0, "diastolic": 80.0},
    )


def written(program: Program) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """List every condition of a program with its place."""
    for number, step in enumerate(program.steps):
        yield from _if_any(("steps", number, "when"), step.when)
    for number, variant in enumerate(program.variants):
        yield from _if_any(("variants", number, "when"), variant.when)
    for key, question in program.questions.items():
        for number, case in enumerate(question.cases):
            yield from _if_any(("questions", key, "cases", number, "when"), case.when)
        for number, branch in enumerate(question.branches()):
            kind = "options" if question.options else "cases"
            for then in branch.then:
                yield from _if_any(("questions", key, kind, number, "then"), then.when)


def _if_any(
    place: tuple[str | int, ...], expression: str | None
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if expression is not None:
        yield place, expression


def _evaluates(
    subject: Subject, place: tuple[str | int, ...], expression: str, facts: Mapping[str, Any]
) -> Iterator[Finding]:
    try:
        conditions.holds(expression, facts)
    except conditions.BadExpression:
        yield subject.finding(
            "condition",
            *place,
            what=Said("“%(expression)s” can't be judged", expression=expression),
            mend="The facts it may use stand in docs/programs.md.",
        )
        return
    named = re.findall(r'question == "([^"]*)"', expression)
    for name in named:
        if name not in subject.program.questions:
            yield subject.finding(
                "condition",
                *place,
                what=Said("There is no question “%(name)s”", name=name),
                mend="Mend the name.",
            )
    known = {
        branch.means for question in subject.program.questions.values() for branch in question.branches()
    }
    for name in re.findall(r'means == "([^"]*)"', expression):
        if name not in known:
            yield subject.finding(
                "condition", *place, what=Said("No answer means “%(name)s”", name=name), mend="Mend the name."
            )
