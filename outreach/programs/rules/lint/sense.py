"""What can't be meant: an answer nobody hears of, a call nobody is told of, a rule that never holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

from outreach.kernel.said import Said
from outreach.programs.rules import conditions, house
from outreach.programs.rules.definition import Case, Option, Program, Question, Then
from outreach.programs.rules.lint import flow
from outreach.programs.rules.lint.findings import Finding, Subject

WORSE = frozenset(("worse", "much worse", "feel worse", "i feel worse", "need help", "help me", "call me"))
"""Labels and meanings of answers that a person must hear of."""
CALLED = re.compile(
    r"\b(?:nurse|staff|team member|someone|we)\b[^.?!]{0,24}\b(?:will (?:call|contact)|to (?:call|contact))\b"
    r"|\bwe (?:alerted|asked) (?:our|a) (?:nurse|staff)",
    re.IGNORECASE,
)
"""A text that says somebody was told, in English, the source of the others."""
LAST = re.compile(r"\b(?:our|the|this is the) last (?:[a-z-]+ )?text\b|\btexts end (?:here|now)\b", re.I)
SHORTEST_HOURS = 4
"""People see a text hours later. Ours: no source settles it."""
WHOLE = 1.005
LIMITED = re.compile(r"value\.(number|systolic)\s*(<=|<|>=|>)\s*(\d+(?:\.\d+)?)")
KINDS = {
    "kind": ("inpatient", "observation", "emergency", "ambulatory", "other", ""),
    "disposition": (
        *("home", "home_health", "facility", "hospice", "expired"),
        *("left_against_advice", "transfer", "unknown", ""),
    ),
}
"""What an encounter's facts can say (interop/fhir/records.py)."""
LITERACY = ("standard", "plain")
"""What a patient's record can say (patients/rules.py)."""
READS = re.compile(r'patient\.literacy\s*(?:==|!=|in)\s*(\[[^\]]*\]|"[^"]*")')
NAMED = re.compile(r'encounter\.(kind|disposition)\s*(?:==|!=|in)\s*(\[[^\]]*\]|"[^"]*")')


def check(subject: Subject) -> Iterator[Finding]:
    """Check that the file can mean what it says."""
    for key, question in subject.program.questions.items():
        yield from _unheard(subject, key, question)
        yield from _shares(subject, key, question)
        yield from _limits(subject, key, question)
        yield from _too_short(subject, key, question)
    yield from _silence(subject)
    yield from _goodbye(subject)
    yield from _audience(subject)
    yield from _literacy(subject)


def _unheard(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find answers a person must hear of, or is said to have heard of, that nobody is told of."""
    told = _told(subject.program)
    kind = "options" if question.options else "cases"
    for number, branch in enumerate(question.branches()):
        place = ("questions", key, kind, number)
        if isinstance(branch, Option) and question.clinical and _is_grave(branch) and not _leads_on(branch):
            yield subject.finding(
                "answer",
                *place,
                what=Said("“%(means)s” is only acknowledged; nobody hears of it", means=branch.means),
                mend="Give it `escalate`, or `ask` what is wrong.",
            )
        elif isinstance(branch, Option) and _is_grave(branch) and _only_asks(branch):
            yield subject.finding(
                "answer",
                *place,
                what=Said("Nobody hears of “%(means)s” if its question stays unanswered", means=branch.means),
                mend="Give it `escalate` beside `ask`.",
            )
        for then in branch.then:
            if key not in told and _says_somebody_calls(subject.program, then):
                yield subject.finding(
                    "promise",
                    *place,
                    what=Said("“%(say)s” says that somebody will call, and nobody is told", say=then.say),
                    mend="Add `escalate` and `topic`, or say something else.",
                )


def _told(program: Program) -> set[str]:
    """Return the questions that are asked after an answer somebody was told of."""
    return {
        then.ask
        for question in program.questions.values()
        for branch in question.branches()
        for then in branch.then
        if then.ask and then.escalate
    }


def _is_grave(option: Option) -> bool:
    names = {option.means.replace("_", " ")} | {one.lower() for one in option.labels.get("en", ())}
    return bool(names & WORSE)


def _only_asks(branch: Option | Case) -> bool:
    return any(then.ask and not then.escalate for then in branch.then)


def _leads_on(branch: Option | Case) -> bool:
    return any(then.escalate or then.ask or then.stop for then in branch.then)


def _says_somebody_calls(program: Program, then: Then) -> bool:
    words = program.texts.get(then.say or "", {}).get("en", "")
    return not then.escalate and not then.ask and bool(house.TOLD in words or CALLED.search(words))


def _shares(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    shares = [one.share for one in question.branches() if one.share is not None]
    if sum(shares) > WHOLE:
        yield subject.finding(
            "answer",
            *("questions", key),
            what=Said("The shares of the answers to “%(key)s” are more than the whole", key=key),
            mend="Let them add up to 1.",
        )


def _limits(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    for number, case in enumerate(question.cases):
        for match in LIMITED.finditer(case.when or ""):
            limit = float(match.group(3))
            above = match.group(2).startswith(">")
            beyond = question.highest if above else question.lowest
            if beyond is not None and (limit > beyond if above else limit < beyond):
                yield subject.finding(
                    "answer",
                    *("questions", key, "cases", number),
                    what=Said(
                        "“%(words)s” never holds: values end at %(limit)s",
                        words=match.group(0),
                        limit=f"{beyond:g}",
                    ),
                    mend="Mend the figure, or `lowest` and `highest`.",
                )


def _too_short(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    if question.lasts_hours < SHORTEST_HOURS:
        yield subject.finding(
            "answer",
            *("questions", key, "lasts_hours"),
            what=Said("“%(key)s” is over before most people have seen it", key=key),
            mend=Said("Leave it open for %(hours)s hours or more.", hours=SHORTEST_HOURS),
        )


def _silence(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    askings = sum(len(step.days) for step in program.steps if step.ask)
    if program.silence is not None and program.silence.after > max(askings, 1):
        yield subject.finding(
            "silence",
            "silence",
            what=Said(
                "%(after)s unanswered questions never come together: %(count)s are asked",
                after=program.silence.after,
                count=askings,
            ),
            mend="Choose a smaller number.",
        )


def _goodbye(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    latest = max((day for step in program.steps if not step.task for day in step.days), default=0)
    for number, step in enumerate(program.steps):
        words = program.texts.get(step.say or "", {}).get("en", "")
        if step.days and max(step.days) < latest and LAST.search(words):
            yield subject.finding(
                "step",
                *("steps", number),
                what=Said(
                    "“%(id)s” says it is the last text, and others follow until day %(day)s",
                    id=step.id,
                    day=latest,
                ),
                mend="Move it to the end, or say something else.",
            )

    for key, question in program.questions.items():
        for branch in question.branches():
            for then in branch.then:
                if not then.stop and LAST.search(program.texts.get(then.say or "", {}).get("en", "")):
                    yield subject.finding(
                        "step",
                        *("texts", str(then.say)),
                        what=Said(
                            "“%(say)s” says it is the last text, and follows an answer to “%(key)s”",
                            say=then.say,
                            key=key,
                        ),
                        mend="Add `stop`, or say something else.",
                    )


def _audience(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    for name, expression in (("audience", program.audience), ("exclude", program.exclude)):
        for fact, value in _values(expression):
            if value not in KINDS[fact]:
                yield subject.finding(
                    "audience",
                    name,
                    what=Said("No stay's %(fact)s is “%(value)s”", fact=fact, value=value),
                    mend=Said("Known are %(names)s.", names=", ".join(one for one in KINDS[fact] if one)),
                )
    if _always(program.exclude):
        yield subject.finding(
            "audience",
            "exclude",
            what="Everybody is left out",
            mend="Name those for whom the program is not.",
        )


def _literacy(subject: Subject) -> Iterator[Finding]:
    """Find words for readers there are none of: nobody would ever get them."""
    program = subject.program
    places = ((("audience",), program.audience), (("exclude",), program.exclude), *flow.written(program))
    for place, expression in places:
        for listed in READS.findall(expression):
            for value in set(re.findall(r'"([^"]*)"', listed)) - set(LITERACY):
                yield subject.finding(
                    "condition",
                    *place,
                    what=Said("Nobody's `patient.literacy` is “%(value)s”", value=value),
                    mend=Said("Known are %(names)s.", names=", ".join(LITERACY)),
                )


def _values(expression: str) -> Iterator[tuple[str, str]]:
    for match in NAMED.finditer(expression):
        for value in re.findall(r'"([^"]*)"', match.group(2)):
            yield match.group(1), value


def _always(expression: str) -> bool:
    """Return whether a condition holds for the living and the dead, those in hospice and those who aren't."""
    try:
        return all(
            conditions.holds(expression, _somebody(deceased=died, hospice=hospice))
            for died, hospice in product((True, False), repeat=2)
        )
    except conditions.BadExpression:
        return False


def _somebody(*, deceased: bool, hospice: bool) -> dict[str, Any]:
    base: dict[str, Any] = flow.AUDIENCE
    return {**base, "patient": {**base["patient"], "deceased": deceased, "hospice": hospice}}
