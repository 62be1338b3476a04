"""All checks, in order of the file."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import (
    agree,
    alternatives,
    answers,
    between,
    chained,
    concepts,
    cured,
    danger,
    expects,
    facts,
    first,
    flow,
    follows,
    giveaway,
    haste,
    hours,
    lost,
    manners,
    meant,
    numbers,
    offers,
    once,
    parity,
    people,
    polarity,
    promised,
    reach,
    recall,
    relax,
    rhythm,
    roles,
    rows,
    sayings,
    sense,
    sides,
    slips,
    texts,
    told,
    tongues,
    tried,
    whom,
)
from outreach.programs.rules.lint.findings import Finding, Lines, Rostered, Subject

CHECKS = (
    texts.check,
    slips.check,
    tongues.check,
    answers.check,
    offers.check,
    sense.check,
    danger.check,
    numbers.check,
    between.check,
    lost.check,
    agree.check,
    haste.check,
    parity.check,
    polarity.check,
    sayings.check,
    manners.check,
    giveaway.check,
    concepts.check,
    cured.check,
    reach.check,
    recall.check,
    sides.check,
    rows.check,
    expects.check,
    follows.check,
    tried.check,
    told.check,
    rhythm.check,
    people.check,
    whom.check,
    alternatives.check,
    roles.check,
    meant.check,
    facts.check,
    first.check,
    promised.check,
    relax.check,
    chained.check,
    flow.check,
    hours.check,
)
"""In order of what they look at: words, answers, values, times, the whole."""


def lint(program: Program, lines: Lines, *, rostered: Sequence[Rostered] = ()) -> tuple[Finding, ...]:
    """Return everything wrong with a program, in order of its lines; nothing twice."""
    subject = Subject(program=program, lines=lines, rostered=tuple(rostered))
    found = {(one.line, one.rule, one.what): one for check in CHECKS for one in check(subject)}
    return once.once(subject, tuple(found[key] for key in sorted(found)))
