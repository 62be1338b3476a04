"""Conditions in words: what a program asks of the facts, as a nurse would say it.

Every part is said as it is, or shown as the file has it: never in words that say something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.kernel.said import Said
from outreach.programs.rules import syntax
from outreach.programs.rules.syntax import Call, Compared, Fact, Group, Negated, Node, Value
from outreach.web import of_programs, words
from outreach.web.languages import Texts, say, translate
from outreach.web.programs import answered, facts


@dataclass(frozen=True, kw_only=True)
class Told:
    """One condition in words; in the file's own if there are none for it."""

    text: str
    code: bool = False

    @property
    def short(self) -> bool:
        """Whether it can be said as one sentence."""
        return not self.code


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Several conditions, of which every one must hold, or any."""

    every: bool
    parts: tuple[Told | Listed, ...]

    @property
    def short(self) -> bool:
        """Whether it can be said as one sentence: no list within it, and not too long."""
        told = [one for one in self.parts if isinstance(one, Told) and not one.code]
        return len(told) == len(self.parts) and sum(len(one.text) for one in told) <= SHORT


CLOCK = re.compile(r"\d\d:\d\d")
SHORT = 100
"""Letters of a sentence that is read at a glance."""
TOGETHER = Texts({True: "%(first)s, and %(second)s", False: "%(first)s, or %(second)s"})
ALWAYS = Texts({True: "always", False: "never"})


def worded(expression: str, *, kind: str = "") -> Told | Listed:
    """Return a condition in words, in the language that is spoken. `kind` is its question's."""
    try:
        found = syntax.read(expression)
    except syntax.NotRead:
        return Told(text=expression, code=True)
    return _worded(found, kind, holds=True)


def sentence(found: Told | Listed) -> str:
    """Return a short one as one sentence."""
    if isinstance(found, Told):
        return found.text
    first, *others = (sentence(one) for one in found.parts)
    for one in others:
        first = TOGETHER[found.every] % {"first": first, "second": one}
    return first


def in_words(said: str) -> str:
    """Return what was said elsewhere, translated: conditions, questions, hours as people say them."""
    return translate(_plainly(said))


def _plainly(said: str) -> str:
    if not isinstance(said, Said) or not said.values:
        return said
    return Said(said.pattern, **{name: _value(name, one) for name, one in said.values.items()})


def _value(name: str, value: object) -> object:
    if isinstance(value, Said):
        return _plainly(value)
    if name == "when" and isinstance(value, str):
        found = worded(value)
        return sentence(found) if found.short else value
    if name == "key" and isinstance(value, str):
        return of_programs.question(value)
    # What somebody wrote stands as it is, a time of day too.
    is_clock = name != "text" and isinstance(value, str) and CLOCK.fullmatch(value)
    return words.wall_of(str(value)) if is_clock else value


def _worded(node: Node, kind: str, *, holds: bool) -> Told | Listed:
    if isinstance(node, Negated):
        return _worded(node.part, kind, holds=not holds)
    if isinstance(node, Group):
        every = (node.sign == "&&") == holds
        return Listed(every=every, parts=tuple(_flat(node, kind, every=every, holds=holds)))
    said = _said(node, kind, holds=holds)
    if said is None:
        return Told(text=syntax.written(node if holds else Negated(part=node)), code=True)
    return Told(text=said)


def _flat(node: Group, kind: str, *, every: bool, holds: bool) -> Iterator[Told | Listed]:
    """Yield the parts of a group; those of a group within it that is of its own kind stand beside them."""
    for part in node.parts:
        found = _worded(part, kind, holds=holds)
        if isinstance(found, Listed) and found.every == every:
            yield from found.parts
        else:
            yield found


def _said(node: Node, kind: str, *, holds: bool) -> str | None:
    if isinstance(node, Value) and isinstance(node.value, bool):
        return ALWAYS[node.value == holds]
    if isinstance(node, Fact):
        return facts.true(node.path, holds=holds)
    if isinstance(node, Compared):
        turned = syntax.NOT_COMPARING.get(node.sign, "")
        return _compared(node if holds else Compared(sign=turned, left=node.left, right=node.right), kind)
    return _asked(node, holds=holds) if isinstance(node, Call) else None


def _compared(node: Compared, kind: str) -> str | None:
    return answered.times(node) or facts.compared(node, kind)


def _asked(node: Call, *, holds: bool) -> str | None:
    found = answered.said(node) if holds else None
    found = found or facts.asked(node, holds=holds)
    if found is None and not holds:
        denied = _asked(node, holds=True)
        return say("it is not so that %(what)s", what=denied) if denied else None
    return found
