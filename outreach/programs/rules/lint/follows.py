"""What must follow which answer: alarms that were lowered or lost, conditions on the wrong answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.definition import Case, Option, Question
from outreach.programs.rules.lint import danger, flow, meaning, measures, numbers
from outreach.programs.rules.lint.findings import Finding, Path, Subject

GRAVE = re.compile(
    r"\b(?:fever|chills|redness|fluid (?:where|from)|pus|drain\w*|bleed\w*|blood(?! pressure)|vomit\w*"
    r"|throw\w* up)\b",
    re.IGNORECASE,
)
"""Signs of infection or bleeding: a nurse looks the same day (AHRQ RED toolkit, "when to call")."""
MEASURED = ("blood_pressure", "glucose")
OTHERS = re.compile(r"(?:question|means)\s*!=\s*\"[^\"]*\"|\.exists\((\w+),\s*\1\s*!=\s*\"[^\"]*\"\)")
ASKED = re.compile(r'question == "([^"]*)"')
MEANT = re.compile(r'means == "([^"]*)"')
LARGE = ((5.0, 2), (6.0, 6))
"""Pounds and days of a gain that heart failure programs call for (AHA: 3 in a day or two, 5 in a week)."""
NEEDED = 2
"""Orange: somebody acts on it with the next shift."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check what follows each answer."""
    for question in subject.program.questions.values():
        for place, branch in meaning.branches(question):
            yield from _sign(subject, place, question, branch)
            yield from _wrong_topic(subject, place, branch)
            yield from _milder(subject, place, question, branch)
        try:
            yield from _measured(subject, question)
            yield from _gains(subject, question)
        except conditions.BadExpression:
            continue
    for place, expression in flow.written(subject.program):
        yield from _others(subject, place, expression)
    yield from _risks(subject)


def _sign(subject: Subject, place: Path, question: Question, branch: Option | Case) -> Iterator[Finding]:
    """Find a sign of infection or bleeding that raises less than orange, unless "no" leads to the same."""
    asks = meaning.BOILERPLATE.sub(" ", meaning.FIELD.sub(" ", question.text.get("en", "")))
    sign = GRAVE.search(asks)
    if not (sign and question.clinical and isinstance(branch, Option) and meaning.is_yes(branch)):
        return
    others = [one.then for one in question.options if one is not branch]
    if danger.TURNED.search(asks) or branch.then in others or meaning.surely(branch) >= NEEDED:
        return
    yield subject.finding(
        "danger",
        *place,
        what=Said(
            "“%(means)s” tells of a danger (%(sign)s) and reaches %(found)s; it deserves %(due)s",
            means=branch.means,
            sign=sign.group(0),
            found=meaning.SPOKEN[meaning.surely(branch)],
            due=meaning.SPOKEN[NEEDED],
        ),
        mend=Said("Give it `escalate: %(due)s` and a `topic`.", due=meaning.NAMES[NEEDED]),
    )


def _measured(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find a value that is asked about further, and reaches nobody if nobody answers."""
    usual = measures.measure_of(question)
    calm = [measures.case_at(question, *one) for one in (usual.calm if usual else ())]
    for number, case in enumerate(question.cases):
        asks_on = any(then.ask for then in case.then)
        if question.kind in MEASURED and asks_on and case not in calm and meaning.surely(case) < NEEDED:
            yield subject.finding(
                "danger",
                *("questions", question.key, "cases", number),
                what=Said("“%(means)s” asks on, and nobody hears of it in time", means=case.means),
                mend="Give it `escalate: orange` and a `topic` beside `ask`.",
            )


def _gains(subject: Subject, question: Question) -> Iterator[Finding]:
    """Find a gain of weight that is large and raises too little, in a question that looks for gains."""
    rules = [one for one in question.cases if numbers.CHANGED.search(one.when or "")]
    if question.kind != "weight" or not rules or not any(numbers.changes(question, one)[0] for one in rules):
        return
    for pounds, days in LARGE:
        case = measures.case_at(question, 182.0 + pounds, 0.0, (182.0, days))
        if case is not None and meaning.surely(case) < NEEDED:
            yield subject.finding(
                "values",
                *("questions", question.key, "cases", question.cases.index(case)),
                what=Said(
                    "A gain of %(pounds)s pounds in %(days)s days only leads to “%(means)s”",
                    pounds=f"{pounds:g}",
                    days=days,
                    means=case.means,
                ),
                mend="3 pounds in 2 days or 5 in a week are usual, and a reason to call the same day.",
            )
            return


def _wrong_topic(subject: Subject, place: Path, branch: Option | Case) -> Iterator[Finding]:
    """Find an answer told to staff as about one question, on the condition that another was answered."""
    keys = set(subject.program.questions)
    for then in branch.then:
        asked = set(ASKED.findall(then.when or ""))
        if then.topic in keys and asked and then.topic not in asked and asked <= keys:
            yield subject.finding(
                "condition",
                *place,
                what=Said(
                    "Looks at “%(key)s”, and is told to staff as “%(topic)s”",
                    key=min(asked),
                    topic=then.topic,
                ),
                mend="Mend the name in `when`, or the topic.",
            )


def _milder(subject: Subject, place: Path, question: Question, branch: Option | Case) -> Iterator[Finding]:
    """Find an alarm "again" that looks for an answer which raises nothing by itself."""
    calm = {one.means for one in question.branches() if not meaning.at_most(one) and one is not branch}
    for then in branch.then:
        own = question.key in ASKED.findall(then.when or "")
        found = next((one for one in MEANT.findall(then.when or "") if one in calm), None)
        if own and found and then.escalate and "!" not in (then.when or ""):
            yield subject.finding(
                "condition",
                *place,
                what=Said("Alarms after “%(means)s”, which alarms nobody by itself", means=found),
                mend="Name the answer that is to come again in `when`.",
            )


def _others(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    """Find a look at every question but one, or every need but one."""
    found = OTHERS.search(expression)
    if found and ("question" in found.group(0) or "exists" in found.group(0)):
        yield subject.finding(
            "condition",
            *place,
            what=Said("“%(words)s” holds for all the others", words=found.group(0)),
            mend="Write == for the one that is meant.",
        )


def _risks(subject: Subject) -> Iterator[Finding]:
    """Find visits that those at high risk get later than others, or not at all."""
    due: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    for number, step in enumerate(subject.program.steps):
        if not step.task or step.task.kind != "visit" or not step.when or "risk_tier" not in step.when:
            continue
        for high in (True, False):
            patient = {**measures.NOBODY["patient"], "risk_tier": "high" if high else "low"}
            try:
                if conditions.holds(step.when, {**measures.NOBODY, "patient": patient}):
                    due[high].append((max(step.days) + step.task.within_days, number))
            except conditions.BadExpression:
                return
    if due[False] and (not due[True] or min(due[True]) > min(due[False])):
        yield subject.finding(
            "condition",
            *("steps", min(due[True] or due[False])[1]),
            what="Those at high risk get their visit later than others, or none",
            mend="Mend `when`, or `within_days`.",
        )
