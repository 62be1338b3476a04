"""Values that no program can use: told when a file is checked, so that versions in force keep working."""

from __future__ import annotations

from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Step
from outreach.programs.rules.lint import Finding, Lines
from outreach.staff.rules import ROLES

SILENT_TIERS = ("silent", "yellow", "orange", "red")
ANSWERING = tuple(role for role, rights in ROLES.items() if "reply" in rights)
"""Who may be needed for the answers: who may write to patients."""


def beyond(program: Program, lines: Lines) -> Iterator[Finding]:
    """Yield what stands outside its bounds, each with its line."""
    for step in program.steps:
        yield from _of_step(step, lines.get(("step", step.id), 1))
    for key in sorted(set(program.questions) & set(program.texts)):
        yield Finding(
            line=lines.get(("texts", key), 1),
            rule="approval",
            what=Said(
                "“%(name)s” is both a question and a text: one approval can't stand for both", name=key
            ),
            mend="Rename one of them.",
        )
    silence, staffing = program.silence, program.staffing
    if silence and silence.escalate not in SILENT_TIERS:
        yield Finding(
            line=lines.get(("silence", "escalate"), 1),
            rule="silence",
            what=Said("“%(tier)s” is no urgency: nobody would be told of silence", tier=silence.escalate),
            mend=Said("Use one of: %(choices)s.", choices=", ".join(SILENT_TIERS)),
        )
    if staffing and staffing.role not in ANSWERING:
        yield Finding(
            line=lines.get(("staffing", "role"), 1),
            rule="staffing",
            what=Said("“%(role)s” is no role of those who answer patients", role=staffing.role),
            mend=Said("Use one of: %(choices)s.", choices=", ".join(ANSWERING)),
        )


def _of_step(step: Step, line: int) -> Iterator[Finding]:
    if step.lasts_hours < 1:
        yield Finding(
            line=line,
            rule="step",
            what=Said("Step “%(step)s” lasts less than an hour: it is never taken", step=step.id),
            mend="Give `lasts_hours` of 1 or more, or leave it out.",
        )
    if step.late_for_hours is not None and step.late_for_hours < 1:
        yield Finding(
            line=line,
            rule="late",
            what=Said("Step “%(step)s” may come late, but by less than an hour", step=step.id),
            mend="Give `late_for_hours` of 1 or more, or leave out both it and `late`.",
        )
