"""What every first text must say: each variant of it, and each text that may come first for somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.programs.rules import conditions
from outreach.programs.rules.definition import Program, Step
from outreach.programs.rules.lint import flow, whom
from outreach.programs.rules.lint.findings import Finding, Path, Subject

STOP = re.compile(r"\bSTOP\b")


def check(subject: Subject) -> Iterator[Finding]:
    """Check the other words that a first text can have, and the other texts that can be first."""
    program = subject.program
    first = _firsts(program)
    for step in first[1:]:
        kind = "texts" if step.say else "questions"
        place: Path = ("texts", step.say or "") if step.say else ("questions", step.ask or "", "text")
        asked = program.questions.get(step.ask or "")
        words = program.texts.get(step.say or "", {}) if kind == "texts" else asked.text if asked else {}
        for language, said in words.items():
            yield from _lacks(subject, (*place, language), language, said)
    names = {step.say or step.ask for step in first}
    for number, variant in enumerate(program.variants):
        if variant.of in names and "earlier" not in variant.when:
            for language, said in variant.text.items():
                yield from _lacks(subject, ("variants", number, "text", language), language, said)


def _firsts(program: Program) -> list[Step]:
    """Return the steps that are the first text for somebody: those before it may not be for them."""
    texted = [step for step in program.steps if not step.task and step.days]
    found: list[Step] = []
    before: list[str] = []
    for step in sorted(texted, key=lambda one: (min(one.days), one.at)):
        when = step.when or "true"
        if "earlier" in when:
            continue
        try:
            if before and whom.holds_for_nobody(" && ".join((f"({when})", *(f"!({one})" for one in before)))):
                continue
        except conditions.BadExpression:
            return found
        found.append(step)
        if step.when is None:
            break
        before.append(when)
    return found


def _lacks(subject: Subject, place: Path, language: str, said: str) -> Iterator[Finding]:
    say_stop = flow.SAY_STOP_ES if language == "es" else flow.SAY_STOP
    if not STOP.search(said):
        yield subject.finding(
            "opt_out",
            *place,
            what="Whoever gets these words as the first text isn't told how to stop",
            mend=say_stop,
        )
    if "{callback}" not in said:
        yield subject.finding(
            "callback",
            *place,
            what="Whoever gets these words as the first text has no number to call",
            mend="Add {callback}.",
        )
    cadence = subject.program.cadence
    if cadence and not re.search(r"\d", re.sub(r"911|\{[a-z_]+\}", "", said)):
        yield subject.finding(
            "cadence",
            *place,
            what="The first text doesn't say how often we write",
            mend="Say the number.",
        )
