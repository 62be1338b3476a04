"""For whom a program is: whether anybody can be, who is taken in by mistake, whom `exclude` forgets."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

from outreach.kernel.said import Said
from outreach.programs.rules import conditions, syntax
from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import solve
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.programs.rules.syntax import Compared, Fact, Node, Value

STAYS = ("discharge", "birth")
"""Anchors that are a stay: what counts from anything else knows of none (commands/joining.py)."""
PATIENT: dict[str, tuple[str, tuple[Any, ...]]] = {
    "patient.language": ("text", ("en", "es")),
    "patient.literacy": ("text", ("standard", "plain")),
    "patient.risk_tier": ("text", ("", "high", "medium", "low")),
    "patient.needs": ("texts", ([],)),
    "patient.deceased": ("flag", (False, True)),
    "patient.hospice": ("flag", (False, True)),
}
BIRTHS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "birth": ("flag", (False, True)),
    "birth_dated": ("flag", (False, True)),
}
LIVING = ("patient.deceased", "patient.hospice")
GONE = ("expired", "hospice")
ELSEWHERE = ("facility", "transfer")
ILLNESS = frozenset(("conditions", "codes", "encounter.codes", "encounter.reason", "procedure.codes"))
BROAD = frozenset(("encounter.kind", "encounter.disposition", *LIVING))
"""Facts that say nothing of what somebody has."""
MOST_NAMED = 3


def check(subject: Subject) -> Iterator[Finding]:
    """Check whom `audience` takes in and `exclude` leaves out."""
    program = subject.program
    try:
        audience, exclude = syntax.read(program.audience), syntax.read(program.exclude)
        yield from _anybody(subject, audience, exclude)
        yield from _healthy(subject, audience)
    except (syntax.NotRead, conditions.BadExpression):
        return


def holds_for_nobody(expression: str) -> bool:
    """Return whether nobody meets a condition about patients. Raise BadExpression as `holds` does."""
    try:
        found = solve.somebody(syntax.read(expression), _known({**PATIENT, **BIRTHS}))
    except syntax.NotRead:
        return False
    return found.person is None and found.sure


def may_be(program: Program, fact: str, values: Sequence[str]) -> bool:
    """Return whether the audience may take in somebody of whom a fact says one of some values."""
    try:
        audience = syntax.read(program.audience)
        wanted = [Compared(sign="==", left=Fact(path=fact), right=Value(value=one)) for one in values]
        known = _facts(program.anchor, living=True)
        found = [solve.somebody(solve.with_all(audience, one), known) for one in wanted]
    except (syntax.NotRead, conditions.BadExpression):
        return True
    return any(one.person is not None or not one.sure for one in found)


def _anybody(subject: Subject, audience: Node, exclude: Node) -> Iterator[Finding]:
    program = subject.program
    living, anybody = _facts(program.anchor, living=True), _facts(program.anchor, living=False)
    found = solve.somebody(audience, living)
    if found.person is None:
        if found.sure:
            yield _nobody(subject, found.because)
        return
    kept = solve.with_all(audience, syntax.Negated(part=exclude))
    rest = solve.somebody(kept, living)
    if rest.person is None:
        if rest.sure:
            yield subject.finding(
                "audience",
                "exclude",
                what="`exclude` takes out everybody whom `audience` takes in",
                mend="Name only those for whom the program is not.",
            )
        return
    yield from _left(subject, kept, living)
    for fact in LIVING:
        marked = solve.somebody(solve.with_all(kept, Fact(path=fact)), anybody)
        if marked.person is not None:
            yield subject.finding(
                "audience",
                "exclude",
                what=Said(
                    "Doesn't leave out whoever is marked `patient.%(fact)s`", fact=fact.partition(".")[2]
                ),
                mend="Write patient.deceased || patient.hospice.",
            )


def _nobody(subject: Subject, because: frozenset[str]) -> Finding:
    program = subject.program
    kinds = _facts(program.anchor, living=True).kinds
    mend = Said("Mend the values or the facts it asks about; those of another `anchor` are empty.")
    names = ", ".join(sorted(because)[:MOST_NAMED])
    if because and not because & set(LIVING) and all(kinds[one] == "fixed" for one in because):
        mend = Said(
            "%(facts)s is empty with the anchor “%(anchor)s”: mend the one or the other.",
            facts=names,
            anchor=program.anchor,
        )
    elif because and not because & set(LIVING):
        mend = Said(
            "What it asks of %(facts)s is never so at once: mend the values or the signs.", facts=names
        )
    place: Path = ("audience",)
    for name in sorted(because):
        place = subject.row(("audience",), name) if place == ("audience",) else place
    return subject.finding(
        "audience", *place, what="Nobody is in the audience, whatever their record says", mend=mend
    )


def _left(subject: Subject, kept: Node, living: solve.Known) -> Iterator[Finding]:
    """Find an audience that takes in those who never came home."""
    program = subject.program
    if program.anchor not in STAYS:
        return
    for left in (*GONE, *ELSEWHERE):
        if left in ELSEWHERE and f'"{left}"' in program.audience:
            continue
        so = Compared(sign="==", left=Fact(path="encounter.disposition"), right=Value(value=left))
        if solve.somebody(solve.with_all(kept, so), living).person is not None:
            yield subject.finding(
                "audience",
                "audience",
                what=Said("Also takes in whoever left as “%(left)s”", left=left),
                mend='Add encounter.disposition in ["home", "home_health", "unknown"] for all of them.',
            )
            return


def _healthy(subject: Subject, audience: Node) -> Iterator[Finding]:
    """Find an audience that names an illness and has a way in for everybody of its anchor."""
    try:
        ways = solve.ways_of(audience)
    except solve.Undecided:
        return
    ill = [any(wanted and solve.facts_of(node) & ILLNESS for node, wanted in way) for way in ways]
    broad = [all(solve.facts_of(node) <= BROAD for node, _ in way) for way in ways]
    if any(ill) and any(broad):
        yield subject.finding(
            "audience",
            "audience",
            what="Names an illness, and takes in people without it",
            mend="Join the parts with && and put ( ) round the ||.",
        )


@functools.cache
def _facts(anchor: str, *, living: bool) -> solve.Known:
    """Return what facts can say with an anchor; those that it doesn't know of are empty."""
    stay, operated, missed, supply = (
        anchor in STAYS,
        anchor == "procedure",
        anchor == "missed_appointment",
        anchor == "run_out",
    )
    facts: dict[str, tuple[str, tuple[Any, ...]]] = {
        **PATIENT,
        "encounter.kind": _if(stay, "text", ("inpatient", "emergency", "observation", "ambulatory"), ""),
        "encounter.disposition": _if(stay, "text", ("home", "home_health", "unknown"), ""),
        "encounter.length_days": _if(stay, "count", (3, 0), 0),
        "encounter.type": _if(stay, "text", ("",), ""),
        "encounter.reason": _if(stay, "text", ("",), ""),
        "encounter.codes": _if(stay, "texts", ([],), []),
        "conditions": _if(not supply, "texts", ([],), []),
        "codes": _if(not supply, "texts", ([],), []),
        "birth": _if(anchor == "discharge", "flag", (False, True), anchor == "birth"),
        "birth_dated": _if(stay, "flag", (False, True), False),
        "procedure.text": _if(operated, "text", ("",), ""),
        "procedure.codes": _if(operated, "texts", ([],), []),
        "procedure.done": _if(operated, "flag", (False, True), False),
        "appointment.text": _if(missed, "text", ("",), ""),
        "appointment.missed_before": _if(missed, "count", (0, 2), 0),
        "supply.days": _if(supply, "count", (30, 90), 0),
        "supply.from_source": _if(supply, "flag", (True, False), False),
    }
    if living:
        facts |= dict.fromkeys(LIVING, ("fixed", (False,)))
    return _known(facts)


def _if(there: object, kind: str, usual: tuple[Any, ...], empty: Any) -> tuple[str, tuple[Any, ...]]:
    return (kind, usual) if there else ("fixed", (empty,))


def _known(facts: dict[str, tuple[str, tuple[Any, ...]]]) -> solve.Known:
    return solve.Known(
        kinds={path: kind for path, (kind, _) in facts.items()},
        usual={path: usual for path, (_, usual) in facts.items()},
    )
