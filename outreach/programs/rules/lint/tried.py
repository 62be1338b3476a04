"""`exclude` tried on the dead and on those in hospice, where reading the condition decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from outreach.kernel.said import Said
from outreach.programs.rules import conditions
from outreach.programs.rules.lint import flow
from outreach.programs.rules.lint.findings import Finding, Subject


def check(subject: Subject) -> Iterator[Finding]:
    """Find the dead, and those in hospice, whom `exclude` forgets and `audience` doesn't name."""
    program = subject.program
    known: dict[str, Any] = flow.AUDIENCE
    for fact in ("deceased", "hospice"):
        marked = {**known, "patient": {**known["patient"], fact: True}}
        try:
            forgotten = not conditions.holds(program.exclude, marked)
        except conditions.BadExpression:
            return
        if forgotten and f"patient.{fact}" not in program.audience:
            yield subject.finding(
                "audience",
                "exclude",
                what=Said("Doesn't leave out whoever is marked `patient.%(fact)s`", fact=fact),
                mend="Write patient.deceased || patient.hospice.",
            )
