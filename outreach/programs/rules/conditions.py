"""CEL conditions over documented facts. Every condition of a program file is judged here."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outreach.kernel.errors import OutreachError

Entry = Mapping[str, Any]
EARLIER = "earlier"
FACTS = frozenset(("patient", "encounter", "procedure", "appointment", "supply", "conditions", "codes")) | {
    "birth",
    "birth_dated",
    EARLIER,
    "value",
}
"""All that a condition may ask about (audience.Known, memory.facts)."""
REMEMBERED = 4096
_WORD = re.compile(r"[A-Za-z_]\w*")
_EXISTS = re.compile(r"\bearlier\.exists\(\s*([a-z]\w*)\s*,")
_GATE = re.compile(r'(patient\.\w+ == "[^"]*") && (?!.*(?:\|\||\?))', re.DOTALL)
_DECIDES_OTHERWISE = re.compile(r"\|\||\?|!|\bearlier\b")


class BadExpression(OutreachError):
    """A condition can't be evaluated. The facts it may use stand in docs/programs.md."""


def holds(expression: str, facts: Mapping[str, Any]) -> bool:
    """Return whether a condition is true of the facts.

    Only what the condition asks about is looked at, so that the same question is answered once. Raise
    BadExpression if it does not evaluate to true or false.
    """
    needs = _needs(expression)
    if needs.facts == _PATIENT and type(facts.get("patient")) is Plain:
        return _answer((expression, facts["patient"].frozen), {"patient": facts["patient"]})
    if needs.gate is not None and not holds(needs.gate, facts):
        return False
    asked = {name: facts[name] for name in needs.facts if name in facts}
    if needs.relevant is not None and EARLIER in asked:
        asked[EARLIER] = [one for one in asked[EARLIER] if needs.relevant(one)]
    return _answer((expression, *[(name, _frozen(one)) for name, one in asked.items()]), asked)


_PATIENT = ("patient",)
_judged: dict[Any, bool] = {}


def _answer(key: tuple[Any, ...], asked: dict[str, Any]) -> bool:
    answer = _judged.get(key)
    if answer is None:
        if len(_judged) >= REMEMBERED:
            _judged.clear()
        answer = _judged[key] = _judge(key[0], asked)
    return answer


def _judge(expression: str, facts: dict[str, Any]) -> bool:
    try:
        found = _compiled(expression).execute(facts)
    except (ValueError, TypeError, RuntimeError, LookupError) as error:
        raise BadExpression(f"Can't evaluate {expression!r}: {type(error).__name__}") from error
    if not isinstance(found, bool):
        raise BadExpression(f"{expression!r} must be true or false")
    return found


@functools.lru_cache(maxsize=2048)
def _compiled(expression: str) -> Any:
    # The library brings a command line and a terminal along: imported by those who judge, not by who starts.
    import cel

    return cel.compile(expression)


class Plain(dict[str, Any]):
    """Facts that never change: what they are remembered by is found once."""

    @functools.cached_property
    def frozen(self) -> Any:
        """Return what tells them apart from others."""
        return _mark(tuple((key, _frozen(one)) for key, one in self.items()))


class _Mark:
    """Stands for frozen facts: equal facts have one and the same, found and compared in no time."""


@functools.lru_cache(maxsize=REMEMBERED * 4)
def _mark(frozen: Any) -> _Mark:
    del frozen  # what the mark is remembered by
    return _Mark()


def _frozen(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Plain):
        return value.frozen
    if isinstance(value, list | tuple):
        return tuple([_frozen(one) for one in value])
    if isinstance(value, Mapping):
        return tuple([(key, _frozen(one)) for key, one in value.items()])
    # 1 and 1.0 are different things to CEL, and so is true.
    return (type(value), value)


@dataclass(frozen=True, kw_only=True)
class _Needs:
    """What a condition asks about, and which earlier answers can matter to it (None: any of them)."""

    facts: tuple[str, ...]
    relevant: Callable[[Entry], bool] | None
    gate: str | None = None
    """What it asks of the patient before anything else: where that fails, the rest needn't be looked at."""


@functools.lru_cache(maxsize=2048)
def _needs(expression: str) -> _Needs:
    names = tuple(sorted(set(_WORD.findall(expression)) & FACTS))
    found = _GATE.match(expression)
    return _Needs(facts=names, relevant=_relevant(expression), gate=found.group(1) if found else None)


def _relevant(expression: str) -> Callable[[Entry], bool] | None:
    bodies = list(_bodies(expression))
    if not bodies or len(bodies) != len(re.findall(r"\bearlier\b", expression)):
        return None
    wanted = [_wanted(name, body) for name, body in bodies]
    if any(one is None for one in wanted):
        return None
    tests = [one for one in wanted if one is not None]
    return tests[0] if len(tests) == 1 else _any_of(tests)


def _any_of(tests: Sequence[Callable[[Entry], bool]]) -> Callable[[Entry], bool]:
    return lambda entry: any(test(entry) for test in tests)


def _bodies(expression: str) -> Iterable[tuple[str, str]]:
    """List the variable and the condition of every `earlier.exists(a, ...)`."""
    for found in _EXISTS.finditer(expression):
        depth, quoted = 1, False
        for place in range(found.end(), len(expression)):
            letter = expression[place]
            quoted ^= letter == '"'
            depth += 0 if quoted else (letter == "(") - (letter == ")")
            if depth == 0:
                yield found.group(1), expression[found.end() : place]
                break


def _wanted(name: str, body: str) -> Callable[[Entry], bool] | None:
    """Return a test every answer for which a condition of and-ed parts holds must pass; None if unsure."""
    if _DECIDES_OTHERWISE.search(body) or "(" in body:
        return None
    question = re.search(rf'\b{name}\.question\s*==\s*"([^"]*)"', body)
    means = re.search(rf'\b{name}\.means\s*==\s*"([^"]*)"', body)
    days = re.search(rf"\b{name}\.days_ago\s*<=\s*(\d+)(?![\d.])", body)
    latest = int(days.group(1)) if days else None
    key, meaning = question and question.group(1), means and means.group(1)

    def test(entry: Entry) -> bool:
        return (
            (key is None or entry["question"] == key)
            and (meaning is None or entry["means"] == meaning)
            and (latest is None or entry["days_ago"] <= latest)
        )

    return test
