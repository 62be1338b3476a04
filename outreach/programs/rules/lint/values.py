"""Values that could meet what is asked of one fact, built from the words and figures it is asked with."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from outreach.programs.rules import conditions, syntax
from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Items, Negated, Node, Value

Part = tuple[Node, bool]
WITH_VARIABLE = ("exists", "all", "exists_one", "filter", "map")
OF_TEXT = ("contains", "startsWith", "endsWith")
OTHERS = tuple(f"something else {number}" for number in range(1, 16))
"""What nothing asks about."""
MOST_TEXTS = 80
MORE = (" x", " 1", "9", ".9")


def plain(parts: Sequence[Part], usual: Sequence[Any], kind: str) -> Iterator[Any]:
    """List texts or figures that may meet what is asked of one fact."""
    yield from usual
    if kind == "count":
        figures = [one for node, _ in parts for one in _constants(node) if not isinstance(one, str)]
        near = [math.floor(figure) + by for figure in figures for by in (0, 1, -1)]
        yield from (count for count in near if count >= 0)
        return
    yield from (one for one in _texts(parts) if isinstance(one, str))
    yield OTHERS[0]


def lists(path: str, parts: Sequence[Part], usual: Sequence[Any]) -> Iterator[list[str]]:
    """List lists of texts that may meet what is asked of one fact."""
    yield from usual
    elements = list(dict.fromkeys((*_elements(parts), *OTHERS)))[:MOST_TEXTS]
    fit = [one for one in elements if all(_allows(path, part, one) for part in parts)]
    needed: list[str] = []
    for part in parts:
        witness = next((one for one in fit if _meets(path, part, [one])), None)
        if witness is not None and _wants_one(part) and witness not in needed:
            needed.append(witness)
    rest = [one for one in fit if one not in needed]
    plainly = [one for one in rest if one in OTHERS]
    for more in range(min(len(rest), len(OTHERS)) + 1):
        yield needed + rest[:more]
        yield needed + plainly[:more]
        yield needed + needed * more
    yield from ([one] * more for one in fit for more in (1, 2, 3, 5))


def is_understood(node: Node) -> bool:
    """Return whether values that meet it are found, if there are any."""
    match node:
        case Fact() | Value():
            return True
        case Negated(part=part):
            return is_understood(part)
        case Group(parts=parts):
            return all(is_understood(one) for one in parts)
        case Compared(left=left, right=right):
            return _is_side(left) and _is_side(right)
        case Call(of=Fact(), name="exists" | "all", arguments=(Fact(), body)):
            return is_understood(body)
        case Call(of=Fact(), name=name, arguments=(Value(value=str()),)):
            return name in OF_TEXT
    return False


def _is_side(node: Node) -> bool:
    match node:
        case Fact() | Value():
            return True
        case Items(items=items):
            return all(isinstance(one, Value) for one in items)
        case Call(of=Fact(), name="size", arguments=()):
            return True
    return False


def _constants(node: Node) -> Iterator[str | float | bool]:
    match node:
        case Value(value=value):
            yield value
        case Compared(left=left, right=right):
            yield from _constants(left)
            yield from _constants(right)
        case Call(of=of, arguments=inner):
            for one in (of, *inner):
                yield from _constants(one)
        case Items(items=inner) | Group(parts=inner):
            for one in inner:
                yield from _constants(one)
        case Negated(part=part):
            yield from _constants(part)


def _texts(parts: Sequence[Part]) -> Iterator[str]:
    """List the texts that parts name, by themselves and joined so that several hold at once."""
    named = list(dict.fromkeys(one for node, _ in parts for one in _constants(node) if isinstance(one, str)))
    yield from named
    held: dict[str, list[str]] = {name: [] for name in OF_TEXT}
    for node, wanted in parts:
        match node:
            case Call(name=name, arguments=(Value(value=str() as value),)) if wanted and name in held:
                held[name].append(value)
    first = max(held["startsWith"], key=len, default="")
    last = max(held["endsWith"], key=len, default="")
    for between in ("", " ", ", ", " and "):
        yield between.join(one for one in (first, *held["contains"], last) if one)
    for one in named:
        yield from (one + more for more in MORE)


def _elements(parts: Sequence[Part]) -> Iterator[str]:
    """List texts that could stand in a list: those named, and such as inner conditions want."""
    for node, _ in parts:
        match node:
            case Call(arguments=(Fact(), body)):
                for way in (*_ways(body, wanted=True), *_ways(body, wanted=False)):
                    yield from _texts(way)
        yield from (one for one in _constants(node) if isinstance(one, str))


def _ways(node: Node, *, wanted: bool) -> list[tuple[Part, ...]]:
    """List the ways an inner condition holds; of those of too many parts, each part by itself."""
    match node:
        case Negated(part=part):
            return _ways(part, wanted=not wanted)
        case Group(sign=sign, parts=parts):
            each = [_ways(one, wanted=wanted) for one in parts]
            if (sign == "||") == wanted:
                return [way for ways in each for way in ways][:MOST_TEXTS]
            found: list[tuple[Part, ...]] = [()]
            for ways in each:
                found = [(*before, *way) for before in found for way in ways][:MOST_TEXTS]
            return found
    return [((node, wanted),)]


def _wants_one(part: Part) -> bool:
    """Return whether something must be in the list for a part to hold."""
    match part:
        case (Call(name="exists"), True) | (Call(name="all"), False) | (Compared(sign="in"), True):
            return True
    return False


def _allows(path: str, part: Part, element: str) -> bool:
    """Return whether an element may be in the list at all."""
    match part:
        case (Call(name="exists"), False) | (Call(name="all"), True) | (Compared(sign="in"), False):
            return _meets(path, part, [element])
    return True


def _meets(path: str, part: Part, listed: list[str]) -> bool:
    whole, _, fact = path.partition(".")
    facts = {whole: {fact: listed} if fact else listed}
    return conditions.holds(syntax.written(part[0]), facts) is part[1]
