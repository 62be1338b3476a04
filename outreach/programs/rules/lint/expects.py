"""What the parts of a whole program expect of one another: calls, places taken, hours, silence, rhythm."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from datetime import time
from importlib import resources
from itertools import pairwise

from outreach.kernel.said import Said
from outreach.programs.rules import conditions, syntax
from outreach.programs.rules.definition import Program, Question, Step
from outreach.programs.rules.lint import agree, flow, meaning, solve, whom
from outreach.programs.rules.lint.findings import Finding, Subject

TCM = re.compile(
    r"\b9949[56]\b|two[- ]business[- ]day (?:contact|call)|within (?:two|2) business days", re.IGNORECASE
)
"""Transitional care: a visit within 7 or 14 days, contact within 2 business days (CPT 99496, 99495)."""
INPATIENT = re.compile(r'"(?:inpatient|observation)"')
GENERIC = "generic-medical"
DEFAULT_FOR_ILLNESS = re.compile(r"\b(?:conditions|codes|birth|procedure)\b")
NOBODY_THERE = time(18, 30)
"""After it few clinics have a nurse, and without a roster nobody can tell. Ours ask until 18:00."""
SILENT_DAYS = 8
"""Days without an answer that a clinical program may let pass before it tells anybody."""
LONGEST_WINDOW = 72
NEGATED = re.compile(
    r"\b(?:not|never|no|nobody|nothing|without|missed|waiting|quiet|silent|silence|still)\b|n't\b"
    r"|\b(?:ya no|sin|nunca"
    r"|nada|hace falta|todav[ií]a|a[uú]n|espera\w*)\b",
    re.IGNORECASE,
)
NOT_HEARD = re.compile(
    r"\b(?:have|has)(?: not|n't) heard\b|\bno answer from you\b|\bno hemos sabido\b"
    r"|\bno nos ha (?:respond|contest)\w+",
    re.IGNORECASE,
)
OPENS = re.compile(
    r"^\{clinic\}:\s*(?:thank(?:s| you)|sorry to hear|glad|good to hear|gracias|lo sentimos|nos alegra)\b",
    re.I,
)
TOPICS: Mapping[str, tuple[re.Pattern[str], frozenset[str]]] = {
    "medicines": (
        re.compile(r"\b(?:medicines?|pills?|refills?|prescriptions?|pharmacy)\b", re.IGNORECASE),
        frozenset(("medicines", "refills", "care_plan")),
    ),
    "appointments": (
        re.compile(r"\b(?:visit booked|appointments?|new visit|follow[- ]up visit)\b", re.IGNORECASE),
        frozenset(("appointments", "care_plan")),
    ),
    "symptoms": (
        re.compile(
            r"\b(?:how (?:are|is) you\w*|breathing|fever|swell\w*|your weight|blood pressure|your reading"
            r"|bad is your pain"
            r"|feel (?:worse|shaky|sick)|belly pain|dizzy)\b",
            re.IGNORECASE,
        ),
        frozenset(("symptoms", "care_plan")),
    ),
    "social_needs": (
        re.compile(r"\b(?:food|losing your home|cut off|short of|rent|get a ride)\b", re.IGNORECASE),
        frozenset(("social_needs", "appointments", "care_plan")),
    ),
}
"""What a caregiver may have been chosen for, by the words that tell of it."""


def check(subject: Subject) -> Iterator[Finding]:
    """Check the program as a whole."""
    yield from _human(subject)
    yield from _places(subject)
    yield from _figures(subject)
    yield from _quiet(subject)
    yield from _windows(subject)
    for key, question in subject.program.questions.items():
        yield from _about(subject, key, question)
    yield from _openings(subject)
    yield from _shares(subject)


def _human(subject: Subject) -> Iterator[Finding]:
    """Find a program that counts on the call within two business days, and doesn't ask for it."""
    program = subject.program
    named = [*program.sources, *(step.task.about for step in program.steps if step.task)]
    if not program.tcm and any(TCM.search(one) for one in named):
        yield subject.finding(
            "step",
            *(("tcm",) if ("tcm",) in subject.lines else ("steps",)),
            what="Counts on the call within two business days, and nobody is given it",
            mend="Add `tcm: true`.",
        )
    takes_stays = program.anchor in ("procedure", "birth") or whom.may_be(
        program, "encounter.kind", ("inpatient", "observation")
    )
    if program.tcm and not takes_stays:
        yield subject.finding(
            "step",
            "tcm",
            what="The call within two business days is for who was in hospital, and nobody here was",
            mend="Remove `tcm`.",
        )
    if program.purpose == "reminders" and any(one.clinical for one in program.questions.values()):
        yield subject.finding(
            "audience",
            "purpose",
            what="Asks about somebody's health, and calls that a reminder",
            mend="Write `purpose: care`.",
        )


@functools.cache
def _taken_by_generic() -> str:
    written = (resources.files("outreach.programs") / "library" / f"{GENERIC}.yaml").read_text("utf-8")
    found = re.search(r"^audience: (.+)$", written, re.MULTILINE)
    return found.group(1) if found else "false"


def _asks_how_one_is(question: Question) -> bool:
    """Return whether a question asks in general how somebody is, as the program for every stay does."""
    means = {one.means.replace("_", " ") for one in question.options}
    return question.clinical and bool(means & meaning.WORSE) and bool(means & (meaning.GOOD | meaning.MIDDLE))


def _is_within_generic(program: Program) -> bool:
    """Return whether everybody of a program is in the one for every stay."""
    if program.anchor != "discharge":
        return False
    try:
        both = solve.with_all(
            syntax.read(program.audience), syntax.Negated(part=syntax.read(_taken_by_generic()))
        )
        found = solve.somebody(both, whom._facts(program.anchor, living=True))
    except (syntax.NotRead, conditions.BadExpression):
        return False
    return found.person is None and found.sure


def _places(subject: Subject) -> Iterator[Finding]:
    """Find an illness's program that runs beside the one for every stay: both would ask."""
    program = subject.program
    takes_stays = INPATIENT.search(program.audience) or program.anchor in ("procedure", "birth")
    clinical = any(question.clinical for question in program.questions.values())
    ill = takes_stays and DEFAULT_FOR_ILLNESS.search(program.audience)
    new = program.key not in agree.shipped() and any(map(_asks_how_one_is, program.questions.values()))
    within = new and _is_within_generic(program)
    if (ill or within) and clinical and GENERIC not in program.replaces and program.key != GENERIC:
        yield subject.finding(
            "audience",
            *(("replaces",) if ("replaces",) in subject.lines else ("audience",)),
            what=Said("Runs beside %(name)s: the same people are asked by both", name=GENERIC),
            mend=Said("Add %(name)s to `replaces`.", name=GENERIC),
        )


def _figures(subject: Subject) -> Iterator[Finding]:
    program = subject.program
    cadence = program.cadence
    if cadence and not 0 < cadence.per_day <= cadence.per_week <= cadence.per_day * 7:
        yield subject.finding(
            "cadence",
            "cadence",
            what=Said(
                "%(day)s a day and %(week)s a week don't go together",
                day=cadence.per_day,
                week=cadence.per_week,
            ),
            mend="Mend one of them.",
        )
    if program.staffing and not 0 < program.staffing.answered <= 1:
        yield subject.finding(
            "answer",
            "staffing",
            what="Nobody is expected to answer: the forecast would have no work in it",
            mend="Write the share of questions that are answered, like 0.5.",
        )


def _quiet(subject: Subject) -> Iterator[Finding]:
    """Find a silence noticed late, or answered with words that don't say there was one."""
    program, silence = subject.program, subject.program.silence
    if silence is None:
        return
    for language, words in program.texts.get(silence.say, {}).items():
        if language in ("en", "es") and not NEGATED.search(words):
            yield subject.finding(
                "silence",
                *("texts", silence.say, language),
                what="Says nothing of the silence it follows",
                mend="Say that nobody answered and what happens now.",
            )
    asked = sorted(day for step in program.steps if step.ask for day in step.days)
    clinical = any(question.clinical for question in program.questions.values())
    if clinical and silence.after < len(asked) and asked[silence.after - 1] - asked[0] > SILENT_DAYS:
        yield subject.finding(
            "silence",
            "silence",
            what=Said(
                "A silence from the start is noticed after %(days)s days",
                days=asked[silence.after - 1] - asked[0],
            ),
            mend="Choose a smaller `after`: people who fall ill stop answering.",
        )


def _windows(subject: Subject) -> Iterator[Finding]:
    """Find texts that may come days late, and clinical ones in the evening without a roster."""
    program = subject.program
    for number, step in enumerate(program.steps):
        if not step.task and not 1 <= step.lasts_hours <= LONGEST_WINDOW:
            yield subject.finding(
                "late",
                *("steps", number),
                what=Said("“%(id)s” may be sent for %(hours)s hours", id=step.id, hours=step.lasts_hours),
                mend="Choose from 1 to 72 hours in which its words are true.",
            )
        if step.late == "next_window" and step.late_for_hours is not None and step.late_for_hours < 1:
            yield subject.finding(
                "late",
                *("steps", number),
                what="`late_for_hours` leaves no time",
                mend="Choose hours, like 48.",
            )
        asked = program.questions.get(step.ask or "")
        if not subject.rostered and asked and asked.clinical and NOBODY_THERE <= step.at < flow.QUIET_FROM:
            yield subject.finding(
                "hours",
                *("steps", number, "at"),
                what=Said("Asks at %(at)s, when few clinics have anybody there", at=f"{step.at:%H:%M}"),
                mend="Ask while a nurse is there, as at 10:00; or lint with your hours (--opens, --closes).",
            )
    for key, question in program.questions.items():
        yield from _overlap(subject, key, question)


def _overlap(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find a question still open when it is asked anew: an answer could be of either day."""
    asked = sorted(
        day * 24 + step.at.hour for step in subject.program.steps if step.ask == key for day in step.days
    )
    gaps = [later - sooner for sooner, later in pairwise(asked)]
    if gaps and question.clinical and question.lasts_hours > max(min(gaps), 8):
        yield subject.finding(
            "late",
            *("questions", key),
            what=Said(
                "“%(key)s” stays open for %(hours)s hours, and is asked again after %(gap)s",
                key=key,
                hours=question.lasts_hours,
                gap=min(gaps),
            ),
            mend="Close it before it is asked again (`lasts_hours`).",
        )


def _about(subject: Subject, key: str, question: Question) -> Iterator[Finding]:
    """Find a caregiver's topic that the words don't fit: the question would go to somebody else."""
    asks = re.split(r"\s[1A] ", re.sub(r"\[[^\]]*\]|\{[a-z_]+\}:?", " ", question.text.get("en", "")))[0]
    topic = question.topic or _of_step(subject.program, key) or subject.program.topic
    if topic and meaning.asks_harm(question):
        yield subject.finding(
            "answer",
            *("questions", key),
            what="A thought of self-harm would be asked of a caregiver",
            mend="Remove its `topic`.",
        )
    fit = [allowed for pattern, allowed in TOPICS.values() if pattern.search(asks)]
    if topic and len(fit) == 1 and topic not in fit[0]:
        yield subject.finding(
            "answer",
            *("questions", key, "topic"),
            what=Said(
                "“%(key)s” isn't about `%(topic)s`: another caregiver would get it", key=key, topic=topic
            ),
            mend=Said("Use one of: %(names)s.", names=", ".join(sorted(fit[0]))),
        )


def _of_step(program: Program, key: str) -> str | None:
    steps: list[Step] = [step for step in program.steps if step.ask == key]
    return steps[0].topic if steps else None


def _openings(subject: Subject) -> Iterator[Finding]:
    """Find thanks, or {told}, before anybody said anything; words of silence after an answer."""
    program = subject.program
    told = {
        then.ask or then.say
        for question in program.questions.values()
        for branch in question.branches()
        for then in branch.then
        if then.escalate
    }
    for number, step in enumerate(program.steps):
        asked = program.questions.get(step.ask or "")
        words = (asked.text if asked else program.texts.get(step.say or "", {})).get("en", "")
        early = OPENS.search(words) or (
            re.search(r"\{told\}", words) if (step.ask or step.say) not in told else None
        )
        if early:
            yield subject.finding(
                "told",
                *("steps", number),
                what=Said("“%(words)s” is said before anybody answered anything", words=early.group(0)),
                mend="Mend the name of the question or text, or the words.",
            )
    for question in program.questions.values():
        for place, branch in meaning.branches(question):
            yield from _wrongly(subject, place, branch.then)


def _wrongly(subject: Subject, place: tuple[str | int, ...], thens: tuple[object, ...]) -> Iterator[Finding]:
    for then in thens:
        name, said = meaning.said_by(subject.program, then)  # type: ignore[arg-type]
        heard = NOT_HEARD.search(said.get("en", ""))
        if heard:
            yield subject.finding(
                "told",
                *place,
                what=Said("“%(name)s” says nobody answered, and follows an answer", name=name),
                mend="Give this answer a text of its own.",
            )


def _shares(subject: Subject) -> Iterator[Finding]:
    for key, question in subject.program.questions.items():
        shares = [one.share for one in question.branches()]
        known = [one for one in shares if one is not None]
        if known and (None in shares or abs(sum(known) - 1) > 0.02) and sum(known) <= 1.005:
            yield subject.finding(
                "answer",
                *("questions", key),
                what=Said("The shares of the answers to “%(key)s” don't add up to 1", key=key),
                mend="Let them add up to 1.",
            )
