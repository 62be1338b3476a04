"""Values: each boundary is tried on the cases as they stand, and what a patient would get is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.definition import Case, Question
from outreach.programs.rules.lint import meaning, measures
from outreach.programs.rules.lint.findings import Finding, Subject

CHANGED = re.compile(r"value\.number\s*-\s*\w+\.number|\w+\.number\s*-\s*value\.number")
BOTH = re.compile(
    r"value\.systolic\s*>=?\s*\d+[\d.]*\s*&&\s*value\.diastolic\s*>"
    r"|value\.diastolic\s*>=?\s*\d+[\d.]*\s*&&\s*value\.systolic\s*>"
    r"|value\.systolic\s*<=?\s*\d+[\d.]*\s*&&\s*value\.diastolic\s*<"
    r"|value\.diastolic\s*<=?\s*\d+[\d.]*\s*&&\s*value\.systolic\s*<"
)
OUT_OF_RANGE = re.compile(
    r"\b(?:is|was|are|went|runs?) (?:a (?:bit|little) |too |very |quite )?(?:up|high|low|down|raised"
    r"|above|below)\b",
    re.IGNORECASE,
)
ADD_CASE = "Add a case for it with `escalate`."
ORANGE = 2


def check(subject: Subject) -> Iterator[Finding]:
    """Check the cases of every question for a value."""
    for key, question in subject.program.questions.items():
        if question.kind == "choice" or not question.cases:
            continue
        try:
            yield from _both(subject, key, question)
            yield from _worded(subject, key, question)
            yield from _cases(subject, key, question)
            yield from _usual(subject, key, question)
            yield from () if alarms_calm(question) else _gaps(subject, key, question)
            yield from _changes(subject, key, question)
        except conditions.BadExpression:
            continue


def grid(question: Question) -> list[tuple[float, float]]:
    """Return values around every threshold of a question, of a pressure with both figures."""
    firsts, seconds = measures.points(question)
    if question.kind != "blood_pressure":
        return [(first, 0.0) for first in firsts]
    return [(first, second) for first in [*firsts, 120.0] for second in {*seconds, 76.0, first - 30}]


def _both(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find a case that wants both figures of a pressure where either is a danger."""
    for number, case in enumerate(question.cases):
        if BOTH.search(case.when or "") and meaning.at_most(case):
            yield subject.finding(
                "values",
                *("questions", key, "cases", number),
                what=Said("“%(means)s” wants both figures, and either is a danger", means=case.means),
                mend="Join them with ||.",
            )


def _worded(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find a usual value that is called high or low."""
    usual = measures.measure_of(question)
    for one in usual.calm[:2] if usual and question.kind != "weight" else ():
        case = measures.case_at(question, *one) if measures.possible(question, *one) else None
        for then in case.then if case else ():
            found = OUT_OF_RANGE.search(subject.program.texts.get(then.say or "", {}).get("en", ""))
            if case and found:
                yield subject.finding(
                    "values",
                    *("questions", key, "cases", question.cases.index(case)),
                    what=Said(
                        "%(value)s is a usual value, and the answer to it says “%(words)s”",
                        value=shown(question, one),
                        words=found.group(0),
                    ),
                    mend="Mend the figure in `when`, or the text.",
                )


def _cases(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find cases that nothing falls under, and those a milder one breaks into."""
    around = grid(question)
    inside = {id(measures.case_at(question, *one)) for one in around if measures.possible(question, *one)}
    outside = {id(measures.case_at(question, *one)) for one in around}
    for number, case in enumerate(question.cases):
        if id(case) in inside or "earlier" in (case.when or ""):
            continue
        place = ("questions", key, "cases", number)
        if id(case) in outside:
            low = min(one[0] for one in around if measures.case_at(question, *one) is case)
            name = "lowest" if question.lowest is not None and low < question.lowest else "highest"
            if not _too_tight(question, name):
                yield subject.finding(
                    "values",
                    *place,
                    what=Said(
                        "“%(means)s” never holds: `%(name)s` ends before it", means=case.means, name=name
                    ),
                    mend="Mend the figure in `when`.",
                )
                continue
            yield subject.finding(
                "values",
                *("questions", key, name),
                what=Said("`%(name)s` keeps out every value of “%(means)s”", name=name, means=case.means),
                mend="Limits bound what can be true, not what is healthy: widen it.",
            )
        elif case.when is not None or number < len(question.cases) - 1:
            yield subject.finding(
                "values",
                *place,
                what=Said(
                    "No value falls under “%(means)s”: cases before it take them all", means=case.means
                ),
                mend="Put the stricter case first, or mend its figures.",
            )


def alarms_calm(question: Question) -> bool:
    """Return whether what is usual raises an alarm: the other findings about figures follow from it."""
    usual = measures.measure_of(question)
    found = [measures.case_at(question, *one) for one in (usual.calm if usual else ())]
    return any(one is not None and meaning.at_most(one) > 0 for one in found)


def _too_tight(question: Question, name: str) -> bool:
    """Return whether a limit is tighter than what can be true; else the case's figure is what is wrong."""
    usual = measures.measure_of(question)
    limit = question.lowest if name == "lowest" else question.highest
    if usual is None or limit is None:
        return True
    return limit > usual.possible[0] if name == "lowest" else limit < usual.possible[1]


def _gaps(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Walk outward from a usual value: what is further out may not lead to less than what is nearer."""
    seen: set[int] = set()
    for line in _walks(question):
        known = [(one, measures.case_at(question, *one)) for one in line if measures.possible(question, *one)]
        worst = 0
        for place, (one, case) in enumerate(known):
            if case is None or id(case) in seen:
                continue
            lesser = meaning.at_most(case) < worst or _returned(known, place)
            worst = max(worst, meaning.at_most(case))
            if lesser:
                seen.add(id(case))
                yield subject.finding(
                    "values",
                    *("questions", key, "cases", _blamed(question, known, place)),
                    what=Said(
                        "%(value)s falls under “%(means)s”, further out than values that deserve more",
                        value=shown(question, one),
                        means=case.means,
                    ),
                    mend="Close the gap between the cases, or put the stricter one first.",
                )


def _walks(question: Question) -> Iterator[list[tuple[float, float]]]:
    """List the ways outward: up and down, of a pressure with each figure."""
    firsts, seconds = measures.points(question)
    usual = measures.measure_of(question)
    if question.kind == "blood_pressure":
        yield [(120.0, 76.0), *((one, 76.0) for one in firsts if one > 120)]
        yield [(120.0, 60.0), *((one, min(60.0, one - 15)) for one in reversed(firsts) if one < 120)]
        yield [(124.0, 76.0), *((max(124.0, one + 10), one) for one in seconds if one > 76)]
        return
    calm = usual.calm[0][0] if usual else _at_rest(question, firsts)
    yield [(calm, 0.0), *((one, 0.0) for one in firsts if one > calm)]
    yield [(calm, 0.0), *((one, 0.0) for one in reversed(firsts) if one < calm)]


def _at_rest(question: Question, firsts: Sequence[float]) -> float:
    """Return a value under the case that asks for least."""
    return min(
        firsts, key=lambda one: meaning.at_most(measures.case_at(question, one, 0.0) or question.cases[-1])
    )


def _returned(known: Sequence[tuple[Any, Case | None]], place: int) -> bool:
    """Return whether a case comes back after another one broke it."""
    here = known[place][1]
    before = [case for _, case in known[:place]]
    return here in before and before[-1] is not here


def _blamed(question: Question, known: Sequence[tuple[Any, Case | None]], place: int) -> int:
    before = known[place - 1][1]
    return next((number for number, one in enumerate(question.cases) if one is before), 0)


def shown(question: Question, one: tuple[float, float]) -> str:
    """Return a value as people write it."""
    return f"{one[0]:g}/{one[1]:g}" if question.kind == "blood_pressure" else f"{one[0]:g}"


def _usual(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find alarms at what is healthy, silence at what is dangerous, limits that keep out what is true."""
    usual = measures.measure_of(question)
    if usual is None:
        return
    for one in usual.calm:
        case = measures.case_at(question, *one)
        if case is not None and measures.possible(question, *one) and meaning.at_most(case):
            yield subject.finding(
                "values",
                *("questions", key, "cases", question.cases.index(case)),
                what=Said(
                    "%(value)s is a usual value and raises an alarm (“%(means)s”)",
                    value=shown(question, one),
                    means=case.means,
                ),
                mend="Mend the figure or the sign in `when`.",
            )
            break
    for one in usual.alarming:
        case = measures.case_at(question, *one)
        alarms = case is not None and (meaning.at_most(case) >= ORANGE or any(then.ask for then in case.then))
        mend = add_case(question, one, ORANGE, ADD_CASE)
        if case is not None and measures.possible(question, *one) and not alarms:
            yield subject.finding(
                "values",
                *("questions", key, "cases", question.cases.index(case)),
                what=Said(
                    "%(value)s is dangerous and only leads to “%(means)s”",
                    value=shown(question, one),
                    means=case.means,
                ),
                mend=mend,
            )
    yield from _limits(subject, key, question, usual)


def add_case(question: Question, one: tuple[float, float], wanted: int, mend: str) -> str:
    """Return the mend for a value that leads to too little: the case there is, or a new one."""
    hidden = measures.hidden(question, one, meaning.at_most, wanted)
    return Said("Put “%(means)s” before it.", means=hidden.means) if hidden else mend


def _limits(subject: Subject, key: str, question: Question, usual: measures.Measure) -> Iterator[Finding]:
    sides = (("lowest", question.lowest, 0, 1), ("highest", question.highest, 1, -1))
    for name, limit, side, sign in sides:
        if limit is None:
            yield subject.finding(
                "values",
                *("questions", key),
                what=Said("Without `%(name)s` a typing error counts as a value", name=name),
                mend=Said("Add `%(name)s`: the furthest value that can be true.", name=name),
            )
        elif (limit - usual.possible[side]) * sign > 0:
            yield subject.finding(
                "values",
                *("questions", key, name),
                what=Said(
                    "`%(name)s: %(limit)s` takes true values for typing errors", name=name, limit=f"{limit:g}"
                ),
                mend="Limits bound what can be true, not what is healthy: widen it.",
            )
        elif (limit - usual.beyond[side]) * sign < 0:
            yield subject.finding(
                "values",
                *("questions", key, name),
                what=Said("`%(name)s: %(limit)s` lets typing errors through", name=name, limit=f"{limit:g}"),
                mend="Use the furthest value that can be true.",
            )


def _changes(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Try gains and losses since yesterday and the week before. Gain is heart failure's danger (AHA)."""
    if not any(CHANGED.search(case.when or "") for case in question.cases) or question.kind != "weight":
        return
    for number, case in enumerate(question.cases):
        if not CHANGED.search(case.when or "") or not meaning.at_most(case):
            continue
        place = ("questions", key, "cases", number)
        gains, loses = _holds(question, case, 1), _holds(question, case, -1)
        small = any(_is(question, case, float(by), days) for by in (-1, 0, 1) for days in (1, 2))
        if small:
            yield subject.finding(
                "values",
                *place,
                what=Said("“%(means)s” alarms at a change of 1 pound, which means nothing", means=case.means),
                mend="Mend its figures: 3 pounds in 2 days or 5 in a week are usual.",
            )
        elif loses and not gains and not (_noticed(question) and _sooner(question, case)):
            yield subject.finding(
                "values",
                *place,
                what=Said("“%(means)s” alarms at a loss of weight, never at a gain", means=case.means),
                mend="Turn it round: `value.number - a.number >= ...` is a gain.",
            )
        elif not gains and not loses:
            yield subject.finding(
                "values",
                *place,
                what=Said("“%(means)s” holds at no gain of up to 15 pounds in a week", means=case.means),
                mend="Mend its figures: 3 pounds in 2 days or 5 in a week are usual.",
            )


def changes(question: Question, case: Case) -> tuple[bool, bool]:
    """Return whether a case holds at gains and at losses of weight."""
    if not CHANGED.search(case.when or ""):
        return False, False
    return _holds(question, case, 1), _holds(question, case, -1)


def _noticed(question: Question) -> bool:
    """Return whether a gain alarms whenever it came."""
    return all(
        any(_is(question, case, 10.0, days) and meaning.at_most(case) for case in question.cases if case.when)
        for days in (1, 5)
    )


def _sooner(question: Question, lost: Case) -> bool:
    """Return whether another case looks for a gain in as short a time as one looks for a loss."""
    looks = [
        [days for days in range(1, 15) if _is(question, one, 15.0, days)]
        for one in question.cases
        if one is not lost and one.when and CHANGED.search(one.when)
    ]
    return any(days and max(days) <= _longest(question, lost) for days in looks)


def _longest(question: Question, lost: Case) -> int:
    return max((days for days in range(1, 15) if _is(question, lost, -15.0, days)), default=0)


def _holds(question: Question, case: Case, sign: int) -> bool:
    return any(_is(question, case, float(by * sign), days) for by in (4, 6, 10, 15) for days in (1, 2, 5, 7))


def _is(question: Question, case: Case, by: float, days: int) -> bool:
    known = measures.known(question, 182.0 + by, 0.0, [(182.0, days)])
    return case.when is not None and conditions.holds(case.when, known)
