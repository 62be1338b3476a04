"""What a condition is made of: the part of CEL that programs are written in, as a tree.

The library that judges conditions does not show how it reads them. This is for whoever says one in words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.kernel.errors import OutreachError

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+\.\d+|\d+(?![.\w]))
    | (?P<text>"[^"\\\n]*"|'[^'\\\n]*')
    | (?P<name>[A-Za-z_]\w*)
    | (?P<sign>&&|\|\||==|!=|<=|>=|[<>!+\-().,\[\]])
    )""",
    re.VERBOSE,
)
COMPARING = ("==", "!=", "<=", ">=", "<", ">", "in")
NOT_COMPARING = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "in": "not in",
}  # fmt: skip
"""What holds where the other does not. "not in" is no CEL: it is for who says a condition in words."""


class NotRead(OutreachError):
    """This condition has a part that no words are known for; whoever wrote it can say what it means."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """A text, a number, true or false."""

    value: str | float | bool


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A fact by its path: "patient.language", or a variable."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Items:
    """A list as it is written."""

    items: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked of something: `text.contains("x")`, `earlier.exists(a, ...)`."""

    of: Node
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two sides and what is between them: a comparison, "in", "+" or "-"."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, kw_only=True)
class Group:
    """Conditions of which all ("&&") or any ("||") must hold."""

    sign: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Negated:
    """What must not hold."""

    part: Node


Node = Value | Fact | Items | Call | Compared | Group | Negated


def read(expression: str) -> Node:
    """Return a condition as a tree. Raise NotRead for what programs do without (`? :`, `*`, maps)."""
    reader = _Reader(_tokens(expression))
    found = reader.either()
    reader.over()
    return found


def written(node: Node) -> str:
    """Return a tree as a condition again, with a parenthesis around every part."""
    match node:
        case Value():
            return _literal(node)
        case Fact(path=path):
            return path
        case Items(items=items):
            return f"[{', '.join(map(written, items))}]"
        case Call(of=of, name=name, arguments=arguments):
            return f"{written(of)}.{name}({', '.join(map(written, arguments))})"
        case Compared(sign=sign, left=left, right=right):
            return f"({written(left)} {sign} {written(right)})"
        case Group(sign=sign, parts=parts):
            return f"({f' {sign} '.join(map(written, parts))})"
        case Negated(part=part):
            return f"!{written(part)}"


def _literal(node: Value) -> str:
    value = node.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if '"' in value else f'"{value}"'
    return str(value)


def _tokens(expression: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, expression.rstrip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None or token.lastgroup is None:
            raise NotRead
        found.append((token.lastgroup, token.group(token.lastgroup)))
        place = token.end()
    return found


class _Reader:
    """Reads tokens from the weakest binding to the strongest: or, and, comparing, adding, not, asking."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def over(self) -> None:
        if self._at < len(self._tokens):
            raise NotRead

    def either(self) -> Node:
        parts = [self._both()]
        while self._took("||"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Group(sign="||", parts=tuple(parts))

    def _both(self) -> Node:
        parts = [self._comparing()]
        while self._took("&&"):
            parts.append(self._comparing())
        return parts[0] if len(parts) == 1 else Group(sign="&&", parts=tuple(parts))

    def _comparing(self) -> Node:
        left = self._adding()
        while sign := self._took(*COMPARING):
            left = Compared(sign=sign, left=left, right=self._adding())
        return left

    def _adding(self) -> Node:
        left = self._not()
        while sign := self._took("+", "-"):
            left = Compared(sign=sign, left=left, right=self._not())
        return left

    def _not(self) -> Node:
        if self._took("!"):
            return Negated(part=self._not())
        if self._took("-"):
            found = self._asking()
            if isinstance(found, Value) and isinstance(found.value, int | float):
                return Value(value=-found.value)
            raise NotRead
        return self._asking()

    def _asking(self) -> Node:
        found = self._plain()
        while self._took("."):
            name = self._next("name")
            if self._took("("):
                found = Call(of=found, name=name, arguments=self._listed(")"))
            elif isinstance(found, Fact):
                found = Fact(path=f"{found.path}.{name}")
            else:
                raise NotRead
        return found

    def _plain(self) -> Node:
        if self._took("("):
            found = self.either()
            self._must(")")
            return found
        if self._took("["):
            return Items(items=self._listed("]"))
        kind, word = self._peek()
        self._at += 1
        if kind == "number":
            return Value(value=float(word) if "." in word else int(word))
        if kind == "text":
            return Value(value=word[1:-1])
        if kind == "name" and word in ("true", "false"):
            return Value(value=word == "true")
        if kind == "name" and word != "in":
            return Fact(path=word)
        raise NotRead

    def _listed(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._took(end):
            if found:
                self._must(",")
            found.append(self.either())
        return tuple(found)

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _took(self, *signs: str) -> str:
        kind, word = self._peek()
        if kind in ("sign", "name") and word in signs:
            self._at += 1
            return word
        return ""

    def _must(self, sign: str) -> None:
        if not self._took(sign):
            raise NotRead

    def _next(self, kind: str) -> str:
        found, word = self._peek()
        if found != kind:
            raise NotRead
        self._at += 1
        return word
