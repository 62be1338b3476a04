"""Whether anybody can meet a condition: somebody is built from what it names, or shown not to exist.

A condition is taken apart into the ways it can hold, each a row of parts that must all hold. Nearly each
part asks about one fact, so that a value for each fact, built from the parts' own words and figures, is
enough. What can't be taken apart is undecided, and nobody should complain about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from outreach.programs.rules import conditions, syntax
from outreach.programs.rules.lint import values
from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Items, Negated, Node, Value

MOST_WAYS = 256
Part = tuple[Node, bool]
"""Something asked, and whether it must hold or must not."""
Way = tuple[Part, ...]


class Undecided(Exception):
    """The condition has more ways to hold than are worth looking at."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What facts can say: of each by its path the kind of value, and what it usually is."""

    kinds: Mapping[str, str]
    """flag | text | count | texts | fixed"""
    usual: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Somebody who meets a condition; or nobody, and whether that is sure and because of which facts."""

    person: Mapping[str, Any] | None
    sure: bool = True
    because: frozenset[str] = field(default_factory=frozenset)


def somebody(node: Node, known: Known) -> Answer:
    """Find somebody who meets a condition. Raise BadExpression if it asks what can't be judged."""
    try:
        ways = ways_of(node)
    except Undecided:
        return Answer(person=None, sure=False)
    answers = []
    for way in ways:
        answers.append(meets(way, known))
        if answers[-1].person is not None:
            return answers[-1]
    because = frozenset().union(*(one.because for one in answers))
    return Answer(person=None, sure=all(one.sure for one in answers), because=because)


def ways_of(node: Node, *, wanted: bool = True) -> list[Way]:
    """List the ways in which a condition holds, or doesn't. Raise Undecided if they are too many."""
    match node:
        case Negated(part=part):
            return ways_of(part, wanted=not wanted)
        case Value(value=bool() as value):
            return [()] if value == wanted else []
        case Group(sign=sign, parts=parts):
            each = [ways_of(part, wanted=wanted) for part in parts]
            if (sign == "||") == wanted:
                return [way for ways in each for way in ways]
            count = 1
            for ways in each:
                count *= len(ways)
            if count > MOST_WAYS:
                raise Undecided
            return [tuple(part for way in chosen for part in way) for chosen in product(*each)]
    return [((node, wanted),)]


def facts_of(node: Node, bound: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the paths of the facts something asks about; variables are none."""
    match node:
        case Fact(path=path):
            return frozenset() if path.partition(".")[0] in bound else frozenset((path,))
        case Call(of=of, name=name, arguments=(Fact(path=variable), *rest)) if name in values.WITH_VARIABLE:
            inner = bound | {variable}
            return facts_of(of, bound).union(*(facts_of(one, inner) for one in rest))
        case Call(of=of, arguments=parts):
            return facts_of(of, bound).union(*(facts_of(one, bound) for one in parts))
        case Compared(left=left, right=right):
            return facts_of(left, bound) | facts_of(right, bound)
        case Items(items=parts) | Group(parts=parts):
            return frozenset().union(*(facts_of(one, bound) for one in parts))
        case Negated(part=part):
            return facts_of(part, bound)
    return frozenset()


def meets(way: Way, known: Known) -> Answer:
    """Give each fact a value that meets all that is asked of it alone."""
    by_fact: dict[str, list[Part]] = {}
    mixed = []
    for part in way:
        facts = facts_of(part[0])
        if len(facts) == 1:
            by_fact.setdefault(next(iter(facts)), []).append(part)
        else:
            mixed.append(part)
    person = _usually(known)
    for path, parts in by_fact.items():
        if path not in known.kinds:
            raise conditions.BadExpression(f"Nothing is known as {path}")
        held, decided = _value(path, parts, known)
        if held is None:
            return Answer(person=None, sure=decided, because=frozenset((path,)) if decided else frozenset())
        _put(person, path, held[0])
    if all(conditions.holds(syntax.written(node), person) is wanted for node, wanted in mixed):
        return Answer(person=person)
    return Answer(person=None, sure=False)


def _value(path: str, parts: Sequence[Part], known: Known) -> tuple[tuple[Any] | None, bool]:
    """Return a value that meets every part, and whether that there is none would be sure."""
    kind, usual = known.kinds[path], known.usual[path]
    asked = [(syntax.written(node), wanted) for node, wanted in parts]

    def meets(value: Any) -> bool:
        facts = _only(path, value)
        return all(conditions.holds(written, facts) is wanted for written, wanted in asked)

    tried: Iterable[Any] = usual
    if kind == "texts":
        tried = values.lists(path, parts, usual)
    elif kind in ("text", "count"):
        tried = values.plain(parts, usual, kind)
    found = next(((one,) for one in tried if meets(one)), None)
    return found, kind in ("flag", "fixed") or all(values.is_understood(node) for node, _ in parts)


def _only(path: str, value: Any) -> dict[str, Any]:
    whole, _, fact = path.partition(".")
    return {whole: {fact: value} if fact else value}


def _usually(known: Known) -> dict[str, Any]:
    person: dict[str, Any] = {}
    for path, usual in known.usual.items():
        _put(person, path, usual[0])
    return person


def _put(person: dict[str, Any], path: str, value: Any) -> None:
    whole, _, fact = path.partition(".")
    if fact:
        person[whole] = {**person.get(whole, {}), fact: value}
    else:
        person[whole] = value


def with_all(*nodes: Node) -> Node:
    """Return the condition that all of some hold."""
    return Group(sign="&&", parts=nodes)


def asked_of(node: Node) -> Iterator[Part]:
    """List every part a condition is made of, with whether it must hold, whatever way it holds."""
    match node:
        case Group(parts=parts):
            for part in parts:
                yield from asked_of(part)
        case Negated(part=part):
            yield from ((one, not wanted) for one, wanted in asked_of(part))
        case _:
            yield node, True
