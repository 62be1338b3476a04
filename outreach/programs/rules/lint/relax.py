"""A rhythm that should slow down when things are stable, and can't."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Adapt, Step
from outreach.programs.rules.lint.findings import Finding, Subject

WEEK = 7


def check(subject: Subject) -> Iterator[Finding]:
    """Check that each rhythm can slow down, and does so before its questions end."""
    for number, step in enumerate(subject.program.steps):
        if step.adapt is not None and step.days:
            yield from _slows(subject, number, step, step.adapt)


def _slows(subject: Subject, number: int, step: Step, adapt: Adapt) -> Iterator[Finding]:
    here = ("steps", number, "adapt")
    usual = set(step.weekdays or range(WEEK))
    asked = len(step.days) * len(usual) // WEEK if len(usual) < WEEK else len(step.days)
    if adapt.after >= asked:
        yield subject.finding(
            "cadence",
            *here,
            what=Said(
                "Never slows down: %(after)s stable answers in a row are wanted, and %(asked)s are asked",
                after=adapt.after,
                asked=asked,
            ),
            mend="Choose a smaller `after`.",
        )
    if usual <= set(adapt.weekdays):
        yield subject.finding(
            "cadence",
            *here,
            what="Never slows down: the days that are left are all it had",
            mend="Name fewer days of the week in `adapt`.",
        )
    elif adapt.weekdays and not usual & set(adapt.weekdays):
        yield subject.finding(
            "cadence",
            *here,
            what="Asks never again once it has slowed down: it has none of the days that are left",
            mend="Name days of the week in `adapt` that the step has.",
        )
