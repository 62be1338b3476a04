"""Parts of a file that must agree: words with values, topics, titles, tasks for each patient, totals."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator
from importlib import resources
from itertools import product

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.definition import ABOUT_BIRTH, Case, Question, Step
from outreach.programs.rules.lint import meaning, measures, numbers, somebody
from outreach.programs.rules.lint.findings import Finding, Subject

HIGH = re.compile(
    r"\b(?:is|was|are|went|looks?|runs?|a bit|too|very) (?:a (?:bit|little) |too |very "
    r"|quite )?(?:up|high|raised|above)\b",
    re.IGNORECASE,
)
LOW = re.compile(
    r"\b(?:is|was|are|went|looks?|runs?|a bit|too|very) (?:a (?:bit|little) |too |very "
    r"|quite )?(?:down|low|below)\b",
    re.IGNORECASE,
)
SIDES = (("low", "high"), ("gain", "loss"), ("up", "down"), ("better", "worse"))
SPAN = re.compile(r"\b(\d+)[ -](days?|weeks?)\b", re.IGNORECASE)
WEEKLY = re.compile(r"\b(?:weekly|each week|every week|once a week)\b", re.IGNORECASE)
TOTAL = re.compile(
    r"\bwe(?:'ll| will)? (?:text|write|send)(?: you)? (\d+|two|three|four|five|six) (?:times|texts"
    r"|questions)\b"
    r"(?! (?:a|per|each|every)\b)|\ble (?:mandamos|enviamos|escribimos) (\d+|dos|tres|cuatro|cinco|seis) "
    r"(?:textos|mensajes|veces|preguntas)\b(?! (?:al?|por|cada)\b)",
    re.IGNORECASE,
)
WORDS = {
    **dict(zip(("two", "three", "four", "five", "six"), range(2, 7), strict=True)),
    **dict(zip(("dos", "tres", "cuatro", "cinco", "seis"), range(2, 7), strict=True)),
}
_NO_BIRTH = somebody.BIRTHS[0]
CLOSE_TO = 2
"""Days a title may be off: a last text comes a day after."""
WEEK = 7
ADD_RED = "Add a case for it with `escalate: red`."
RED = 3
CRISIS = {"blood_pressure": ((185.0, 122.0),), "glucose": ((40.0, 0.0), (520.0, 0.0))}
"""Pressure over 180/120 is a crisis (AHA); glucose under 54 is level 2 of ADA, over 500 is an emergency."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check that parts of the file agree."""
    for question in subject.program.questions.values():
        yield from _topics(subject, question)
        if question.kind != "choice" and question.cases:
            try:
                yield from _sided(subject, question)
                yield from _crisis(subject, question)
            except conditions.BadExpression:
                continue
    yield from _title(subject)
    yield from _tasks(subject)
    yield from _totals(subject)
    yield from _replaced(subject)


def _topics(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find an escalation that staff would read as the opposite."""
    for place, branch in meaning.branches(question):
        called = set(branch.means.lower().split("_"))
        for then in branch.then:
            about = set((then.topic or "").lower().split("_"))
            crossed = any(
                (one in called and other in about) or (other in called and one in about)
                for one, other in SIDES
            )
            if crossed:
                yield subject.finding(
                    "values",
                    *place,
                    what=Said(
                        "“%(means)s” is told to staff as “%(topic)s”", means=branch.means, topic=then.topic
                    ),
                    mend="Mend the topic: staff act on it.",
                )


def _sided(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find a high value that is called low, and the other way."""
    usual = measures.measure_of(question)
    if usual is None or question.kind == "pain":
        return
    taken = [(case, then) for case in question.cases for then in case.then]
    for case, then in taken:
        words = subject.program.texts.get(then.say or "", {}).get("en", "")
        if HIGH.search(words) or LOW.search(words):
            side = _side(question, case, usual.calm[0])
            wrong = (HIGH if side < 0 else LOW).search(words) if side else None
            right = (LOW if side < 0 else HIGH).search(words)
            if wrong and not right:
                yield subject.finding(
                    "values",
                    *("texts", str(then.say), "en"),
                    what=Said(
                        "“%(means)s” is answered with “%(words)s”, and its values are on the other side",
                        means=case.means,
                        words=wrong.group(0),
                    ),
                    mend="Mend the figure or the sign in `when`, or the text.",
                )


def _side(question: Question, case: Case, calm: tuple[float, float]) -> int:
    """Return 1 if all values of a case are above what is usual, -1 below, 0 for both and neither."""
    if question.kind == "weight":
        gains, loses = numbers.changes(question, case)
        return int(gains) - int(loses)
    under = [one for one in numbers.grid(question) if measures.case_at(question, *one) is case]
    tops = [
        one[0] - calm[0] if one[0] != 120 else one[1] - calm[1]
        for one in under
        if measures.possible(question, *one)
    ]
    return 0 if not tops else 1 if min(tops) > 0 else -1 if max(tops) < 0 else 0


def _crisis(subject: Subject, question: Question) -> Iterator[Finding]:
    for one in CRISIS.get(question.kind, ()):
        case = measures.case_at(question, *one)
        if case is None or not measures.possible(question, *one) or not 0 < meaning.at_most(case) < RED:
            continue
        mend = numbers.add_case(question, one, RED, ADD_RED)
        yield subject.finding(
            "values",
            *("questions", question.key, "cases", question.cases.index(case)),
            what=Said(
                "%(value)s is dangerous and only leads to “%(means)s”",
                value=numbers.shown(question, one),
                means=case.means,
            ),
            mend=mend,
        )


def _title(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    found = SPAN.search(program.title)
    if found is None:
        return
    days = int(found.group(1)) * (WEEK if found.group(2).lower().startswith("w") else 1)
    ahead = -min([0, *(day for step in program.steps for day in step.days)])
    if min(abs(days - program.days), abs(days - program.days - ahead)) > CLOSE_TO:
        yield subject.finding(
            "cadence",
            "title",
            what=Said(
                "Says “%(words)s”, but the program has %(days)s days", words=found.group(0), days=program.days
            ),
            mend="Mend the one or the other.",
        )


def _tasks(subject: Subject) -> Iterator[Finding]:
    """Find tasks that some patients get twice and others not at all, come too seldom, or are lost at once."""
    kinds: dict[str, list[tuple[int, Step]]] = {}
    for number, step in enumerate(subject.program.steps):
        if step.task and step.when and "earlier" not in step.when:
            kinds.setdefault(step.task.kind, []).append((number, step))
        if step.task and WEEKLY.search(step.task.about) and _seldom(step):
            yield subject.finding(
                "told",
                *("steps", number),
                what=Said("Says “%(words)s”, and its days are further apart", words=_weekly(step)),
                mend="Mend the days or the words.",
            )
        if (
            step.task
            and step.days
            and max(step.days) <= 1
            and step.late == "skip"
            and step.task.kind == "visit"
        ):
            yield subject.finding(
                "late",
                *("steps", number),
                what=Said("Whoever joins after day %(day)s never gets this task", day=max(step.days)),
                mend="Add `late: next_window` with enough `late_for_hours`.",
            )
    for found in kinds.values():
        if len(found) > 1:
            yield from _shared_out(subject, found)


def _weekly(step: Step) -> str:
    found = WEEKLY.search(step.task.about) if step.task else None
    return found.group(0) if found else ""


def _seldom(step: Step) -> bool:
    return any(later - day != WEEK for day, later in zip(step.days, step.days[1:], strict=False))


def _shared_out(subject: Subject, found: list[tuple[int, Step]]) -> Iterator[Finding]:
    named = [a or b for _, step in found for a, b in somebody.QUOTED.findall(step.when or "")]
    days = {step.days for _, step in found}
    if len(days) > 1:
        return
    of_births = any(ABOUT_BIRTH.search(step.when or "") for _, step in found)
    for patient, born in product(somebody.patients(named), somebody.BIRTHS if of_births else (_NO_BIRTH,)):
        known = {**measures.NOBODY, **born, "patient": patient}
        try:
            given = sum(conditions.holds(step.when or "true", known) for _, step in found)
        except conditions.BadExpression:
            return
        if given != 1:
            yield subject.finding(
                "condition",
                *("steps", found[-1][0]),
                what=Said(
                    "With risk “%(risk)s” a patient gets this kind of task %(count)s times",
                    risk=patient["risk_tier"],
                    count=given,
                ),
                mend="Let the conditions leave nobody out and take nobody twice.",
            )
            return


def _totals(subject: Subject) -> Iterator[Finding]:
    """Find a first text that tells another number of texts than there are."""
    program = subject.program
    texted = [step for step in program.steps if not step.task and step.days]
    if not texted:
        return
    first = min(texted, key=lambda one: (min(one.days), one.at))
    asked = program.questions.get(first.ask or "")
    words = asked.text if asked else program.texts.get(first.say or "", {})
    place = ("questions", str(first.ask), "text") if asked else ("texts", str(first.say))
    total = sum(len(step.days) for step in texted)
    for language, said in words.items():
        match = TOTAL.search(said)
        told = (match.group(1) or match.group(2)).lower() if match else ""
        count = WORDS.get(told, int(told) if told.isdigit() else total)
        if match and count not in (total, total - 1):
            yield subject.finding(
                "cadence",
                *place,
                language,
                what=Said("Says “%(words)s”, and %(count)s are planned", words=match.group(0), count=total),
                mend="Mend the one or the other.",
            )


@functools.cache
def shipped() -> tuple[str, ...]:
    folder = resources.files("outreach.programs") / "library"
    return tuple(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))


def _replaced(subject: Subject) -> Iterator[Finding]:
    """Find a name that is nearly a shipped program's, and isn't."""
    for name in subject.program.replaces:
        near = difflib.get_close_matches(name, shipped(), n=1, cutoff=0.8)
        if near and name not in shipped():
            yield subject.finding(
                "audience",
                "replaces",
                what=Said("“%(name)s” is no program; “%(near)s” is one", name=name, near=near[0]),
                mend="Mend the name.",
            )
