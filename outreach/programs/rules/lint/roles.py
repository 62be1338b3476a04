"""Whether those who staff a program may do what it promises: a coordinator is no nurse."""

from __future__ import annotations

import re
from collections.abc import Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import texts
from outreach.programs.rules.lint.findings import Finding, Subject

GRAVE = ("red", "orange")
PROMISED = re.compile(
    r"\b(?:nurses?|doctors?|clinicians?|pharmacists?|midwi\w+|enfermer[oa]s?|m[eé]dic[oa]s?|doctora?s?"
    r"|farmac[eé]utic[oa]s?|parteras?)\b[^.?!]{0,20}\b(?:will|to|can|le|va a|van a|puede)\b",
    re.IGNORECASE,
)
MEND = Said("Write `role: nurse`, or keep what is clinical out of the program.")


def check(subject: Subject) -> Iterator[Finding]:
    """Find a program of clinical answers that is staffed without clinicians."""
    program = subject.program
    role = program.staffing.role if program.staffing else "nurse"
    if role != "coordinator":
        return
    if _is_grave(program):
        yield subject.finding(
            "staffing",
            *("staffing", "role"),
            what=Said("A “%(role)s” is no clinician, and red or orange answers need one", role=role),
            mend=MEND,
        )
        return
    for text in texts.all_texts(subject):
        found = next((one for words in text.words.values() if (one := PROMISED.search(words))), None)
        if found:
            yield subject.finding(
                "staffing",
                *("staffing", "role"),
                what=Said(
                    "A “%(role)s” is no clinician, and “%(words)s” promises one",
                    role=role,
                    words=found.group(0),
                ),
                mend=MEND,
            )
            return


def _is_grave(program: Program) -> bool:
    return any(
        then.escalate in GRAVE
        for question in program.questions.values()
        if question.clinical or question.kind != "choice"
        for branch in question.branches()
        for then in branch.then
    )
