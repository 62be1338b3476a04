"""Clinical questions, against the hours in which somebody is there for the answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outreach.kernel.said import Said
from outreach.programs.rules.definition import Program, Step
from outreach.programs.rules.lint.findings import Finding, Rostered, Subject
from outreach.programs.rules.lint.flow import QUIET_FROM, QUIET_TO

DAYS = (
    Said("Mondays"),
    Said("Tuesdays"),
    Said("Wednesdays"),
    Said("Thursdays"),
    Said("Fridays"),
    Said("Saturdays"),
    Said("Sundays"),
)
EVERY_DAY = frozenset(range(7))
AWAKE = "Use 09:00 to 19:59."
WHILE_THERE = "Ask while a nurse is there, as at 10:00."


def check(subject: Subject) -> Iterator[Finding]:
    """Check each step that asks something clinical, at once or after an answer.

    A time at which nobody of any team is there on any day is to be mended. Days without anybody are worth
    knowing only: most programs count days from a discharge, and the policy holds a question back until
    somebody is there (policy rule `staffing`). A step's time is the patient's, a team's hours are its own
    zone's: they are compared as clocks.
    """
    yield from _of_role(subject)
    known = tuple(one for one in subject.rostered if any(one.week))
    waits: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
    for number, step in enumerate(subject.program.steps):
        yield from _quiet(subject, number, step)
        if not _asks_clinical(subject.program, step):
            continue
        if known and all(_missing(one, step) == EVERY_DAY for one in known):
            yield subject.finding(
                "hours",
                *("steps", number, "at"),
                what=Said("Asks at %(at)s, when nobody is there", at=f"{step.at:%H:%M}"),
                mend="Move the step or the roster.",
            )
            continue
        for one in subject.rostered:
            days = _missing(one, step) & frozenset(step.weekdays or EVERY_DAY)
            if days:
                waits.setdefault((one.of, f"{step.at:%H:%M}", tuple(sorted(days))), []).append(number)
    for (team, at, alone), numbers in waits.items():
        yield subject.finding(
            "hours",
            *("steps", numbers[0], "at"),
            what=Said(
                "Asks at %(at)s (%(steps)s), also on days when nobody of %(team)s is there then: %(days)s",
                at=at,
                steps=", ".join(subject.program.steps[number].id for number in numbers),
                team=team,
                days=_named(alone),
            ),
            mend="The question waits until somebody is there. Fill the roster, or leave those days out.",
            blocks=False,
        )


def _of_role(subject: Subject) -> Iterator[Finding]:
    """Check the hours of those whom a program needs, where a team's roles are known.

    Worth knowing only: a question waits for anybody at all, not for one of a role.
    """
    role = subject.program.staffing.role if subject.program.staffing else None
    known = [one for one in subject.rostered if one.by_role is not None]
    if role is None or not known:
        return
    if not any(role in (one.by_role or ()) for one in known):
        yield subject.finding(
            "hours",
            *("staffing", "role"),
            what=Said("Nobody is a “%(role)s” in any team, or may do what one may", role=role),
            mend="Give somebody that role, or name another.",
            blocks=False,
        )
        return
    for team in known:
        yield from _without_role(subject, team, team.with_role(role) or team, role)


def _without_role(subject: Subject, team: Rostered, theirs: Rostered, role: str) -> Iterator[Finding]:
    alone: dict[tuple[str, tuple[int, ...]], list[Step]] = {}
    for step in subject.program.steps:
        asked = frozenset(step.weekdays or EVERY_DAY)
        days = (_missing(theirs, step) - _missing(team, step)) & asked
        if days and _asks_clinical(subject.program, step):
            alone.setdefault((f"{step.at:%H:%M}", tuple(sorted(days))), []).append(step)
    for (at, days_), steps in alone.items():
        yield subject.finding(
            "hours",
            *("staffing", "role"),
            what=Said(
                "Asks at %(at)s (%(steps)s) when %(team)s has somebody there, but no “%(role)s”: %(days)s",
                at=at,
                steps=", ".join(one.id for one in steps),
                team=team.of,
                role=role,
                days=_named(days_),
            ),
            mend="The question goes out all the same. Put one on the roster, or name another role.",
            blocks=False,
        )


def _quiet(subject: Subject, number: int, step: Step) -> Iterator[Finding]:
    asked = subject.program.questions.get(step.ask or "")
    mend = WHILE_THERE if asked and asked.clinical else AWAKE
    if not QUIET_TO <= step.at < QUIET_FROM:
        yield subject.finding(
            "hours",
            *("steps", number),
            "at",
            what=Said("%(at)s is in quiet hours", at=f"{step.at:%H:%M}"),
            mend=mend,
        )


def _named(days: Iterable[int]) -> Said:
    return Said.together((DAYS[day] for day in days), ", ")


def _missing(rostered: Rostered, step: Step) -> frozenset[int]:
    """Return the days of the week on which nobody is there at a step's time."""
    found = frozenset(day for day in EVERY_DAY if not rostered.there(day, step.at))
    asked = frozenset(step.weekdays or EVERY_DAY)
    return EVERY_DAY if asked <= found else found


def _asks_clinical(program: Program, step: Step) -> bool:
    """Return whether a step asks something clinical, or leads to such a question at once."""
    seen: set[str] = set()
    left = [step.ask] if step.ask else []
    while left:
        question = program.questions.get(left.pop())
        if question is None or question.key in seen:
            continue
        if question.clinical:
            return True
        seen.add(question.key)
        left += [then.ask for branch in question.branches() for then in branch.then if then.ask]
    return False
