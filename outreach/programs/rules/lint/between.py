"""Between answers: a recheck's limits, combinations of two answers, counts that can be reached, windows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.definition import Case, Option, Program, Question, Step, Then
from outreach.programs.rules.lint import flow, meaning, measures, numbers
from outreach.programs.rules.lint.findings import Finding, Path, Subject

QUESTION = re.compile(r"""question == ["']([^"']*)["']""")
COUNTED = re.compile(
    r"earlier\.filter\(\w+,\s*([^()]*(?:\([^()]*\)[^()]*)*)\)\.size\(\)\s*(>=|>|==|<=|<)\s*(\d+)"
)
NEEDED = re.compile(r"""(?<![!\w])earlier\.exists\(\w+,[^()]*?\bquestion == ["']([^"']*)["']""")
"""An answer that must be there before a step is due."""
WITHIN = re.compile(r"days_ago\s*(<=|<)\s*(\d+)")
SINCE = re.compile(r"""question == ["']([^"']*)["'][^()|]*?days_ago\s*(<=|<)\s*(\d+)""")
YES_AND_NO = 2
WEEK = 7
FOREVER = 10_000


def check(subject: Subject) -> Iterator[Finding]:
    """Check what hangs on more than one answer."""
    for key, question in subject.program.questions.items():
        try:
            yield from _rechecked(subject, question)
            yield from _combined(subject, question)
        except conditions.BadExpression:
            continue
        yield from _together(subject, key, question)
    for number, step in enumerate(subject.program.steps):
        yield from _waits_for_itself(subject, number, step)
    for place, expression in flow.written(subject.program):
        yield from _counts(subject, place, expression)
        yield from _windows(subject, place, expression)


def _rechecked(subject: Subject, first: Question) -> Iterator[Finding]:
    """Find a second measuring that lets pass what the first one asked it for."""
    for second in _asked_next(subject.program, first):
        if second.kind != first.kind or second.kind == "choice" or second is first:
            continue
        seen: set[int] = set()
        for one in (*numbers.grid(first), *numbers.grid(second)):
            here, again = measures.case_at(first, *one), measures.case_at(second, *one)
            if here is None or again is None or id(again) in seen or not measures.possible(first, *one):
                continue
            due = max((_tier(then) for then in here.then if then.ask == second.key), default=-1)
            if due < 0 or not measures.possible(second, *one) or any(then.ask for then in again.then):
                continue
            if meaning.at_most(again) < max(due, 1):
                seen.add(id(again))
                yield subject.finding(
                    "values",
                    *("questions", second.key, "cases", _blamed(first, second, one)),
                    what=Said(
                        "%(value)s is “%(first)s” at first and only “%(again)s” when measured again",
                        value=numbers.shown(first, one),
                        first=here.means,
                        again=again.means,
                    ),
                    mend="Give the second asking the limits of the first.",
                )


def _blamed(first: Question, second: Question, one: tuple[float, float]) -> int:
    """Return the case whose limit lets a value through: the nearest that takes what the first asks for."""
    here, again = measures.case_at(first, *one), measures.case_at(second, *one)
    near = sorted(
        (at for at in (*numbers.grid(first), *numbers.grid(second)) if measures.case_at(first, *at) is here),
        key=lambda at: abs(at[0] - one[0]) + abs(at[1] - one[1]),
    )
    other = next((case for at in near if (case := measures.case_at(second, *at)) not in (None, again)), again)
    return next(place for place, case in enumerate(second.cases) if case is other)


def _asked_next(program: Program, question: Question) -> Iterator[Question]:
    for key in {then.ask for branch in question.branches() for then in branch.then if then.ask}:
        if key in program.questions:
            yield program.questions[key]


def _tier(then: Then) -> int:
    return meaning.TIERS.get(then.escalate, 0)


def _ranked(question: Question) -> dict[str, int]:
    """Return how grave each answer is beside the others of a question; empty if that can't be told."""
    options = question.options
    often = [meaning.how_often(one) for one in options]
    if options and all(one is not None for one in often):
        ordered = [one for one in often if one is not None]
        if ordered == sorted(ordered):
            return {one.means: place for place, one in enumerate(options)}
        if ordered == sorted(ordered, reverse=True):
            return {one.means: -place for place, one in enumerate(options)}
        return {}
    bad = {one.means: meaning.badness(one) for one in options}
    known = {means: rank for means, rank in bad.items() if rank is not None}
    if len(known) > 1:
        return known
    sides = [one for one in options if meaning.is_yes(one) or meaning.is_no(one)]
    asks = question.text.get("en", "")
    if len(sides) == len(options) == YES_AND_NO and (
        meaning.danger_of(asks)[0] or meaning.SYMPTOM.search(asks)
    ):
        led = [max((_weight(then) for then in one.then), default=0) for one in sides]
        if led[0] != led[1]:
            return {one.means: int(weight == max(led)) for one, weight in zip(sides, led, strict=True)}
    return {}


def _weight(then: Then) -> int:
    """Return how much follows: the tier, and within one whether more is asked."""
    return _tier(then) * 2 + bool(then.ask)


def _led_to(branch: Option | Case, earlier: list[dict[str, Any]]) -> int:
    known = {**measures.NOBODY, "earlier": earlier}
    return next(
        (_weight(then) for then in branch.then if then.when is None or conditions.holds(then.when, known)), 0
    )


def _said(question: str, means: str, days: int) -> dict[str, Any]:
    return {"question": question, "means": means, "days_ago": days, "number": 0.0, "second": 0.0}


def _combined(subject: Subject, question: Question) -> Iterator[Finding]:
    """Run every pair of answers: a graver pair may not lead to less than a milder one."""
    written = " ".join(then.when or "" for branch in question.branches() for then in branch.then)
    ranks = _ranked(question)
    for other in dict.fromkeys(QUESTION.findall(written)):
        before = _ranked(subject.program.questions[other]) if other in subject.program.questions else {}
        if not ranks or not before:
            continue
        for days in (0, 1):
            led = {
                (past, one.means): _led_to(one, [_said(other, past, days)])
                for past, one in product(before, question.options)
                if one.means in ranks
            }
            found = _less(led, before, ranks)
            if found:
                yield _less_finding(subject, question, other, found)
                break


def _less(
    led: Mapping[tuple[str, str], int], before: Mapping[str, int], ranks: Mapping[str, int]
) -> tuple[str, str] | None:
    for (past, now), weight in led.items():
        for (milder, less), most in led.items():
            if before[milder] <= before[past] and ranks[less] <= ranks[now] and most > weight:
                return past, now
    return None


def _less_finding(subject: Subject, question: Question, other: str, found: tuple[str, str]) -> Finding:
    number = next(place for place, one in enumerate(question.options) if one.means == found[1])
    return subject.finding(
        "danger",
        *("questions", question.key, "options", number),
        what=Said(
            "“%(means)s” after “%(past)s” to “%(other)s” leads to less than a milder pair of answers",
            means=found[1],
            past=found[0],
            other=other,
        ),
        mend="Name every answer that is as grave in `when`.",
    )


def _together(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find counts that bring less the oftener it was so."""
    for place, branch in meaning.branches(question):
        written = " ".join(then.when or "" for then in branch.then)
        itself = f'question == "{key}" && a.means == "{branch.means}"' in written and "!" not in written
        if not (COUNTED.search(written) or itself) or not meaning.at_most(branch):
            continue
        past = [_said(key, branch.means, 1 + count // 2) for count in range(12)]
        try:
            led = [_led_to(branch, past[:count]) for count in range(len(past))]
        except conditions.BadExpression:
            continue
        if any(later < sooner for sooner, later in pairwise(led)):
            yield subject.finding(
                "danger",
                *place,
                what=Said("The oftener “%(means)s” was said, the less it leads to", means=branch.means),
                mend="Turn the sign round: `>=` counts those that are enough.",
            )


def _counts(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    for match in COUNTED.finditer(expression):
        body, sign, figure = match.groups()
        named = QUESTION.search(body)
        needed = int(figure) + (sign == ">")
        if named is None or sign.startswith("<") or named.group(1) not in subject.program.questions:
            continue
        limit = WITHIN.search(body)
        days = int(limit.group(2)) - (limit.group(1) == "<") if limit else FOREVER
        most = _most_in(subject.program, named.group(1), days) - (place[:2] == ("questions", named.group(1)))
        if needed > most:
            yield subject.finding(
                "condition",
                *place,
                what=Said(
                    "Wants %(needed)s answers to “%(key)s” in time, and at most %(most)s can be given",
                    needed=needed,
                    key=named.group(1),
                    most=max(most, 0),
                ),
                mend="Lower the count, or widen `days_ago`.",
            )
        elif needed <= 0:
            yield subject.finding(
                "condition",
                *place,
                what=Said("A count of %(needed)s is always reached", needed=needed),
                mend="Write how many are enough.",
            )


def _askings(
    program: Program, key: str, seen: frozenset[str] = frozenset()
) -> list[tuple[int, tuple[int, ...]]]:
    """Return the days on which a question may be asked, with the weekdays of its step."""
    found = [(day, step.weekdays) for step in program.steps if step.ask == key for day in step.days]
    for question in program.questions.values():
        if question.key not in seen | {key} and key in {
            then.ask for branch in question.branches() for then in branch.then
        }:
            found += _askings(program, question.key, seen | {key})
    return found


def _most_in(program: Program, key: str, days: int) -> int:
    """Return the most answers of so many days that can be there, today's too."""
    if key == "activity":
        return FOREVER
    askings = _askings(program, key)
    most = 0
    for begins in range(WEEK):
        asked = [day for day, only in askings if not only or (day + begins) % WEEK in only]
        most = max([most, *(sum(last - days <= day <= last for day in asked) for last in set(asked))])
    return most


def _waits_for_itself(subject: Subject, number: int, step: Step) -> Iterator[Finding]:
    """Find a step that waits for an answer to what nobody asked before it."""
    program, expression = subject.program, step.when or ""
    if "||" in expression or not step.days:
        return
    for key in NEEDED.findall(expression):
        if key not in program.questions or key == "activity":
            continue
        others = replace(program, steps=tuple(one for one in program.steps if one is not step))
        asked = [day for day, _ in _askings(others, key)]
        if not any(day <= max(step.days) for day in asked):
            yield subject.finding(
                "unreachable",
                *("steps", number, "when"),
                what=Said(
                    "“%(id)s” waits for an answer to “%(key)s”, and nothing asks it before",
                    id=step.id,
                    key=key,
                ),
                mend="Ask it in an earlier step, or take the condition out.",
            )


def _windows(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    """Find a look back at another question's answer that is always older."""
    program = subject.program
    if place[0] == "steps":
        here = list(program.steps[int(place[1])].days)
    elif place[0] == "questions" and place[1] != "activity":
        here = [day for day, _ in _askings(program, str(place[1]))]
    else:
        return
    for key, sign, figure in SINCE.findall(expression):
        limit = int(figure) - (sign == "<")
        asked = [day for day, _ in _askings(program, key)]
        itself = place[:2] == ("questions", key)
        if itself or key == "activity" or not asked or not here:
            continue
        ages = [day - past for day, past in product(here, asked) if day >= past]
        if not ages or min(ages) > limit:
            yield subject.finding(
                "condition",
                *place,
                what=Said(
                    "No answer to “%(key)s” is %(days)s days old or less here", key=key, days=max(limit, 0)
                ),
                mend="Widen `days_ago`, or move the days.",
            )
