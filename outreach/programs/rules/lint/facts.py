"""Facts that conditions name: those there are none of, those compared with values of another kind."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from outreach.kernel.said import Said
from outreach.programs.rules import syntax
from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import flow
from outreach.programs.rules.lint.findings import Finding, Path, Subject
from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Items, Negated, Node, Value

TEXT, NUMBER, FLAG, LIST = Said("a text"), Said("a number"), Said("true or false"), Said("a list")
BIRTHS = ("birth", "birth_dated")
PATIENT: Mapping[str, Said] = {
    **dict.fromkeys(("patient.language", "patient.literacy", "patient.risk_tier"), TEXT),
    "patient.needs": LIST,
    **dict.fromkeys(("patient.deceased", "patient.hospice"), FLAG),
}
OF_AUDIENCE: Mapping[str, Said] = {
    **PATIENT,
    **dict.fromkeys(("encounter.kind", "encounter.disposition", "encounter.type", "encounter.reason"), TEXT),
    **dict.fromkeys(("encounter.length_days", "appointment.missed_before", "supply.days"), NUMBER),
    **dict.fromkeys(("conditions", "codes", "encounter.codes", "procedure.codes"), LIST),
    **dict.fromkeys((*BIRTHS, "procedure.done", "supply.from_source"), FLAG),
    **dict.fromkeys(("procedure.text", "appointment.text"), TEXT),
}
ELSEWHERE: Mapping[str, Said] = {
    **PATIENT,
    **dict.fromkeys(BIRTHS, FLAG),
    "earlier": LIST,
    **dict.fromkeys(("value.number", "value.systolic", "value.diastolic"), NUMBER),
}
OF_ANSWER: Mapping[str, Said] = {
    **dict.fromkeys(("question", "means"), TEXT),
    **dict.fromkeys(("days_ago", "number", "second"), NUMBER),
}
"""What each of `earlier` holds (memory.facts)."""
OF_TEXT = ("contains", "startsWith", "endsWith", "matches")
WITH_VARIABLE = ("exists", "all", "exists_one", "filter", "map")


class Problem(NamedTuple):
    """What is wrong with a fact, how to mend it, and the words it stands in."""

    what: Said
    mend: str
    words: str


def check(subject: Subject) -> Iterator[Finding]:
    """Check the facts that every condition names, and the answers it asks for."""
    program = subject.program
    for place, expression in _places(program):
        for problem in problems(expression, of_audience=place[0] in ("audience", "exclude")):
            what, mend, words = problem
            yield subject.finding("condition", *subject.row(place, words), what=what, mend=mend)
        yield from _answers(subject, place, expression)


def _places(program: Program) -> Iterator[tuple[Path, str]]:
    yield ("audience",), program.audience
    yield ("exclude",), program.exclude
    yield from flow.written(program)


@functools.lru_cache(maxsize=1024)
def problems(expression: str, *, of_audience: bool) -> tuple[Problem, ...]:
    """Return what is wrong with the facts a condition names; nothing if it can't be taken apart."""
    try:
        node = syntax.read(expression)
    except syntax.NotRead:
        return ()
    known = OF_AUDIENCE if of_audience else ELSEWHERE
    return tuple(dict.fromkeys(_walk(node, known, {})))


def _walk(node: Node, known: Mapping[str, Said], bound: Mapping[str, bool]) -> Iterator[Problem]:
    match node:
        case Fact(path=path):
            yield from _unknown(path, known, bound)
        case Negated(part=part):
            yield from _walk(part, known, bound)
        case Group(parts=parts) | Items(items=parts):
            for one in parts:
                yield from _walk(one, known, bound)
        case Compared(sign=sign, left=left, right=right):
            yield from _walk(left, known, bound)
            yield from _walk(right, known, bound)
            yield from _unlike(sign, left, right, known, bound)
        case Call():
            yield from _called(node, known, bound)


def _called(node: Call, known: Mapping[str, Said], bound: Mapping[str, bool]) -> Iterator[Problem]:
    yield from _walk(node.of, known, bound)
    parts, inner = node.arguments, bound
    if node.name in WITH_VARIABLE and parts and isinstance(parts[0], Fact):
        inner = {**bound, parts[0].path: isinstance(node.of, Fact) and node.of.path == "earlier"}
        parts = parts[1:]
    else:
        yield from _not_a_text(node.of, node.name, parts, known, bound)
    for one in parts:
        yield from _walk(one, known, inner)


def _kind(node: Node, known: Mapping[str, Said], bound: Mapping[str, bool]) -> Said | None:
    """Return what kind of thing something is, None if that isn't known."""
    match node:
        case Value(value=bool()):
            return FLAG
        case Value(value=str()):
            return TEXT
        case Value():
            return NUMBER
        case Items():
            return LIST
        case Call(name="size", arguments=()):
            return NUMBER
        case Fact(path=path):
            whole, _, fact = path.partition(".")
            if whole in bound:
                return OF_ANSWER.get(fact) if bound[whole] else None if fact else TEXT
            return known.get(path)
    return None


def _unknown(path: str, known: Mapping[str, Said], bound: Mapping[str, bool]) -> Iterator[Problem]:
    whole, _, fact = path.partition(".")
    if whole in bound:
        names = {f"{whole}.{one}" for one in OF_ANSWER} if bound[whole] else set()
        if fact and fact not in OF_ANSWER:
            yield Problem(Said("There is no fact “%(name)s”", name=path), _known_are(path, names), path)
        return
    if path in known or any(one.startswith(f"{path}.") for one in known):
        return
    if path in OF_AUDIENCE or any(one.startswith(f"{path}.") for one in OF_AUDIENCE):
        yield Problem(
            Said("“%(name)s” is known in `audience` and `exclude` only", name=path),
            Said("Ask about `patient`, `birth`, `earlier` or `value` here."),
            path,
        )
        return
    yield Problem(Said("There is no fact “%(name)s”", name=path), _known_are(path, set(known)), path)


def _known_are(path: str, names: set[str]) -> str:
    near = difflib.get_close_matches(path, sorted(names), n=1, cutoff=0.8)
    same = [one for one in sorted(names) if one.partition(".")[0] == path.partition(".")[0]]
    if near:
        return Said("Did you mean %(name)s?", name=near[0])
    return Said("Known are %(names)s.", names=", ".join(same or sorted(names)))


def _unlike(
    sign: str, left: Node, right: Node, known: Mapping[str, Said], bound: Mapping[str, bool]
) -> Iterator[Problem]:
    """Find a fact compared with a value of another kind: never equal, or not to be judged at all."""
    if isinstance(left, Value) and isinstance(right, Fact) and sign != "in":
        left, right = right, left
    if not isinstance(left, Fact) or sign in ("+", "-"):
        return
    kind = _kind(left, known, bound)
    if sign == "in":
        values = [one for one in right.items if isinstance(one, Value)] if isinstance(right, Items) else []
    else:
        values = [right] if isinstance(right, Value) else []
    for value in values:
        other = _kind(value, known, bound)
        if kind is not None and other is not None and kind != other:
            yield Problem(
                Said(
                    "“%(fact)s” is %(kind)s, and is compared with %(other)s: %(value)s",
                    fact=left.path,
                    kind=kind,
                    other=other,
                    value=syntax.written(value),
                ),
                _write(left.path, kind, value),
                left.path,
            )


def _write(path: str, kind: Said, value: Value) -> str:
    if kind == NUMBER:
        return Said("Write the figure without quotes, as in `%(fact)s >= 1`.", fact=path)
    if kind == FLAG:
        return Said("Write `%(fact)s` or `!%(fact)s` alone.", fact=path)
    if kind == LIST:
        return Said("Write `%(value)s in %(fact)s`.", value=syntax.written(value), fact=path)
    return "Put the value in quotes."


def _not_a_text(
    of: Node, name: str, parts: tuple[Node, ...], known: Mapping[str, Said], bound: Mapping[str, bool]
) -> Iterator[Problem]:
    kind = _kind(of, known, bound)
    if not isinstance(of, Fact) or name not in OF_TEXT or kind in (TEXT, None):
        return
    inner = ", ".join(map(syntax.written, parts))
    mend = (
        Said("Write `%(fact)s.exists(c, c.%(name)s(%(inner)s))`.", fact=of.path, name=name, inner=inner)
        if kind == LIST
        else "Compare it with >=, <= or ==."
    )
    yield Problem(
        Said("`%(name)s` asks a text, and “%(fact)s” is %(kind)s", name=name, fact=of.path, kind=kind),
        mend,
        of.path,
    )


def _answers(subject: Subject, place: Path, expression: str) -> Iterator[Finding]:
    """Find answers in a list, or written first, that the named questions don't have."""
    try:
        node = syntax.read(expression)
    except syntax.NotRead:
        return
    questions = subject.program.questions
    for body in _of_earlier(node):
        keys = [one for sign, one in _asked(body, "question") if one in questions]
        means = {branch.means for key in keys for branch in questions[key].branches()}
        for sign, wanted in _asked(body, "question"):
            if wanted not in questions and sign != "==":
                what = Said("There is no question “%(name)s”", name=wanted)
                yield subject.finding(
                    "condition", *subject.row(place, wanted), what=what, mend="Mend the name."
                )
        for sign, wanted in _asked(body, "means"):
            if keys and wanted not in means and sign not in ("==", "!="):
                yield subject.finding(
                    "condition",
                    *subject.row(place, wanted),
                    what=Said("“%(key)s” has no answer “%(means)s”", key=", ".join(keys), means=wanted),
                    mend="Use one of its `means`.",
                )


def _of_earlier(node: Node) -> Iterator[Node]:
    """List what is asked of each earlier answer."""
    match node:
        case Call(of=Fact(path="earlier"), arguments=(Fact(), body)):
            yield body
        case Call(of=of, arguments=parts):
            for one in (of, *parts):
                yield from _of_earlier(one)
        case Negated(part=part):
            yield from _of_earlier(part)
        case Group(parts=parts):
            for one in parts:
                yield from _of_earlier(one)
        case Compared(left=left, right=right):
            yield from _of_earlier(left)
            yield from _of_earlier(right)


def _asked(node: Node, fact: str) -> Iterator[tuple[str, str]]:
    """List the texts a part of an earlier answer is compared with, and how."""
    match node:
        case Group(parts=parts):
            for one in parts:
                yield from _asked(one, fact)
        case Negated(part=part):
            yield from _asked(part, fact)
        case Compared(sign=sign, left=Value(value=str() as value), right=Fact(path=path)) if sign != "in":
            yield from _if_about(path, fact, "turned", (value,))
        case Compared(sign=sign, left=Fact(path=path), right=right):
            listed = right.items if isinstance(right, Items) else (right,)
            yield from _if_about(path, fact, sign, [one.value for one in listed if isinstance(one, Value)])


def _if_about(path: str, fact: str, sign: str, values: Iterable[object]) -> Iterator[tuple[str, str]]:
    if path.endswith(f".{fact}"):
        yield from ((sign, one) for one in values if isinstance(one, str))
