"""Says templates of `training/grammar_*.txt` in many ways.

`{a|b|}` is a choice, one of which may hold another choice; `@name` is one of the words listed under that
name in the same file.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

TRAINING = Path(__file__).parent / "training"
_NAME = re.compile(r"@(\w+)")
_INNERMOST = re.compile(r"\{([^{}]*)\}")
_BEFORE_SIGN = re.compile(r"\s+([,.?;])")

Slots = Mapping[str, list[str]]


def read(name: str) -> tuple[list[tuple[str, str, str]], dict[str, list[str]]]:
    """Read a grammar: its templates with class and language, and its lists."""
    templates, slots = [], {}
    for line in (TRAINING / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            listed, _, choices = line.partition(" = ")
            slots[listed[1:]] = choices.split("|")
        elif "\t" in line:
            kind, language, template = line.split("\t")
            templates.append((kind, language, template))
    return templates, slots


def ways(dice: random.Random, template: str, slots: Slots, wanted: int) -> Iterator[str]:
    """Say a template in up to so many ways, that show each of its choices once before any comes again."""
    pools = [_choices(part, slots) for part in _parts(template)]
    queues: list[list[str]] = [[] for _ in pools]
    seen: set[str] = set()
    for _ in range(3 * wanted):
        said = ""
        for pool, queue in zip(pools, queues, strict=True):
            if not queue:
                queue.extend(dice.sample(pool, len(pool)))
            said += _one_way(dice, queue.pop(), slots)
        said = _BEFORE_SIGN.sub(r"\1", " ".join(said.split()))
        if said and said not in seen:
            seen.add(said)
            yield said
        if len(seen) >= wanted:
            return


def most_choices(template: str, slots: Slots) -> int:
    """Count the choices of a template's longest list."""
    return max(len(_choices(part, slots)) for part in _parts(template))


def _parts(template: str) -> list[str]:
    """Cut a template at its outermost choices."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(template):
        if char == "{":
            if not depth and at > start:
                parts.append(template[start:at])
            start = at if not depth else start
            depth += 1
        elif char == "}":
            depth -= 1
            if not depth:
                parts.append(template[start : at + 1])
                start = at + 1
    return [*parts, template[start:]] if start < len(template) else parts


def _choices(part: str, slots: Slots) -> list[str]:
    if not part.startswith("{"):
        return [part]
    found: list[str] = []
    for choice in _cut(part[1:-1]):
        found += slots.get(choice.strip()[1:], [choice]) if choice.strip().startswith("@") else [choice]
    return found


def _cut(inside: str) -> list[str]:
    depth, found = 0, [""]
    for char in inside:
        depth += (char == "{") - (char == "}")
        if char == "|" and not depth:
            found.append("")
        else:
            found[-1] += char
    return found


def _one_way(dice: random.Random, said: str, slots: Slots) -> str:
    while "{" in said:
        said = _INNERMOST.sub(lambda match: dice.choice(match[1].split("|")), said)
    return _NAME.sub(lambda match: dice.choice(slots[match[1]]), said)
