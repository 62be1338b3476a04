"""Conditions in which "and" stands for "or", or the other way: nobody or everybody meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from outreach.kernel.said import Said
from outreach.programs.rules import conditions, syntax
from outreach.programs.rules.lint import flow, solve, texts, whom
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Items, Negated, Node, Value

CODES = ("codes", "encounter.codes", "procedure.codes")
NAMES = ("conditions", "encounter.reason", "procedure.text", "appointment.text")
WITH_BODY = ("exists", "all", "filter", "exists_one")


class Test(NamedTuple):
    """What is asked of one thing: "==", "startsWith", "contains" or "in" some texts."""

    of: str
    how: str
    wanted: tuple[str, ...]


def check(subject: Subject) -> Iterator[Finding]:
    """Check how the parts of every condition are joined."""
    program = subject.program
    places: list[tuple[Path, str]] = [(("audience",), program.audience), (("exclude",), program.exclude)]
    for place, expression in (*places, *flow.written(program)):
        try:
            node = syntax.read(expression)
        except syntax.NotRead:
            continue
        found = next(_joined(node), None)
        if found:
            words, what, mend = found
            yield subject.finding("condition", *subject.row(place, words), what=what, mend=mend)
    yield from _dead(subject)


Problem = tuple[str, Said, str]
OR_MEND = Said("Join them with || and put ( ) round the parts.")
AND_MEND = Said("Join them with && and put ( ) round the parts.")


def _joined(node: Node) -> Iterator[Problem]:
    """List what is wrong with a condition's groups, from within."""
    match node:
        case Group(sign="&&", parts=parts):
            yield from _at_once(_flat(parts, "&&"))
        case Group(sign="||", parts=parts):
            yield from _either(_flat(parts, "||"))
    for one in _inner(node):
        yield from _joined(one)


def _inner(node: Node) -> tuple[Node, ...]:
    match node:
        case Group(parts=parts):
            return parts
        case Negated(part=part):
            return (part,)
        case Call(of=of, arguments=arguments):
            return (of, *arguments)
    return ()


def _flat(parts: tuple[Node, ...], sign: str) -> list[Node]:
    """Return the parts of a group and of the groups of the same sign in it."""
    return [
        one
        for part in parts
        for one in (_flat(part.parts, sign) if isinstance(part, Group) and part.sign == sign else [part])
    ]


def _at_once(parts: list[Node]) -> Iterator[Problem]:
    tests = [test for part in parts if (test := _test(part))]
    for one, other in combinations(tests, 2):
        if one.of == other.of and (_excludes(one, other) or _excludes(other, one)):
            yield (
                other.wanted[0],
                Said(
                    "“%(one)s” and “%(other)s” are never so at once", one=one.wanted[0], other=other.wanted[0]
                ),
                OR_MEND,
            )
        elif one.of == other.of and _are_alternatives(one, other):
            yield (
                other.wanted[0],
                Said("Hardly anybody has “%(one)s” and “%(other)s” at once", one=one.wanted[0],
                     other=other.wanted[0]),
                OR_MEND,
            )  # fmt: skip
    kinds = {kind for part in parts for kind in _kinds(part)}
    if len(kinds) > 1:
        yield (
            "exists",
            Said("Wants a code and a name of the illness at once, and records often have one of them"),
            OR_MEND,
        )


def _kinds(node: Node) -> set[str]:
    """Return whether a part names an illness by code or by name, in a way that must hold."""
    match node:
        case Negated():
            return set()
        case Group(sign="||", parts=parts):
            each = [_kinds(one) for one in parts]
            return each[0] if each and all(one == each[0] for one in each) else set()
        case Call(of=of, name="exists", arguments=(_, body)) if not _is_negative(body):
            facts = solve.facts_of(of)
            return {"code"} if facts and facts <= set(CODES) else {"name"} if facts & set(NAMES) else set()
        case Call(of=Fact(path=path), name="contains"):
            return {"name"} if path in NAMES else set()
    return set()


def _is_negative(node: Node) -> bool:
    return isinstance(node, Negated) or (isinstance(node, Compared) and node.sign == "!=")


def _test(node: Node) -> Test | None:
    match node:
        case Compared(sign="==", left=Fact(path=path), right=Value(value=str() as value)):
            return Test(path, "==", (value,))
        case Compared(sign="in", left=Fact(path=path), right=Items(items=items)):
            return Test(path, "in", tuple(str(one.value) for one in items if isinstance(one, Value)))
        case Call(of=Fact(path=path), name="startsWith" | "contains" as how, arguments=(Value(value=value),)):
            return Test(path, how, (str(value),))
    return None


def _excludes(one: Test, other: Test) -> bool:
    """Return whether two tests of one thing can't both hold."""
    if not one.wanted or not other.wanted:
        return False
    if one.how in ("==", "in") and other.how in ("==", "in"):
        return not set(one.wanted) & set(other.wanted)
    if one.how in ("==", "in") and other.how == "startsWith":
        return not any(value.startswith(other.wanted[0]) for value in one.wanted)
    if one.how == other.how == "startsWith":
        first, second = one.wanted[0], other.wanted[0]
        return not (first.startswith(second) or second.startswith(first))
    return False


def _are_alternatives(one: Test, other: Test) -> bool:
    """Return whether two words are names of different things, and not two parts of one name."""
    if not one.how == other.how == "contains":
        return False
    first, second = one.wanted[0], other.wanted[0]
    if {first, second} & {"", " "} or first in second or second in first:
        return False
    both_long = " " in first and " " in second
    shared = set(first.split()) & set(second.split())
    ills = all(
        any(kind in ("diagnosis", "procedure") for kind, _ in texts.private_words(word))
        or word in ("emphysema", "chronic obstructive")
        for word in (first, second)
    )
    return both_long or bool(shared) or ills


def _either(parts: list[Node]) -> Iterator[Problem]:
    denied = [part for part in parts if _denied(part)]
    tests = [test for part in parts if (test := _test(part))]
    for part in denied:
        of, word = _denied(part) or ("", "")
        others = [test for test in tests if test.of == of]
        more = [one for one in denied if one is not part and (_denied(one) or ("",))[0] == of]
        deep = [one for one in parts if isinstance(one, Group) and any(t.of == of for t in _tests(one))]
        if others or more or deep:
            yield word, Said("Everything but “%(word)s” meets one of these parts", word=word), AND_MEND
            return
    asked = {test.of for test in tests if test.of.endswith((".question", ".means"))}
    if {one.rpartition(".")[2] for one in asked} == {"question", "means"}:
        yield "question", Said("Takes any answer to any question: one part is enough"), AND_MEND


def _tests(node: Group) -> Iterator[Test]:
    for part in node.parts:
        test = _test(part)
        if test:
            yield test


def _denied(node: Node) -> tuple[str, str] | None:
    """Return of what a part wants that it isn't some text, and the text."""
    match node:
        case Negated(part=part):
            test = _test(part)
            return (test.of, test.wanted[0]) if test and test.wanted else None
        case Compared(sign="!=", left=Fact(path=path), right=Value(value=str() as value)):
            return (path, value) if value else None
    return None


def _dead(subject: Subject) -> Iterator[Finding]:
    """Find a way into the audience that nobody can take, beside others that some can."""
    program = subject.program
    known = whom._facts(program.anchor, living=True)
    try:
        ways = solve.ways_of(syntax.read(program.audience))
        answers = [solve.meets(way, known) for way in ways]
    except (syntax.NotRead, solve.Undecided, conditions.BadExpression):
        return
    dead = [one for one in answers if one.person is None and one.sure]
    if not dead or len(dead) == len(answers):
        return
    names = sorted(dead[0].because)
    kinds = {known.kinds[name] for name in names}
    if names and kinds != {"fixed"}:
        yield subject.finding(
            "audience",
            *subject.row(("audience",), re.sub(r"^.*\.", "", names[0])),
            what=Said("One part of `audience` holds for nobody: what it asks of %(facts)s is never so",
                      facts=", ".join(names)),
            mend=OR_MEND,
        )  # fmt: skip
