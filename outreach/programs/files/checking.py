"""Checking a file for its author: each problem with its line, what it is and its mend. Raises nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from marshmallow import ValidationError

from outreach.kernel.said import Said
from outreach.programs.files.bounds import beyond
from outreach.programs.files.messages import told
from outreach.programs.files.reading import LOADER, UNREADABLE
from outreach.programs.files.schemas import ProgramSchema
from outreach.programs.rules.lint import Finding, Lines, Rostered, lint

Path = tuple[str | int, ...]
QUOTES = 'Put the time in quotes: at: "10:00". YAML reads it as a number without them.'
MEND = "Compare with a shipped program, or with the schema (`outreach programs schema`)."


def check(text: str, *, rostered: Sequence[Rostered] = ()) -> tuple[Finding, ...]:
    """Return everything wrong with a program file, and what is worth knowing of it (`blocks` is false).

    `rostered` tells when somebody of each team is there for the answers; empty leaves that unchecked.
    """
    try:
        node = yaml.compose(text, Loader=LOADER)
        definition = yaml.load(text, LOADER)  # noqa: S506 - both are safe loaders
        lines = dict(_lines(node)) | dict(_steps(node)) | dict(_rows(node, text.splitlines())) if node else {}
    except UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        return (
            Finding(
                line=line, rule="yaml", what="Not readable as YAML", mend="Check indentation and quotes."
            ),
        )
    if not isinstance(definition, dict) or node is None:
        return (Finding(line=1, rule="yaml", what="Not a mapping", mend="Start with `program: name`."),)
    doubled = tuple(_doubled(node))
    try:
        program = ProgramSchema().load(definition)
    except ValidationError as error:
        return doubled + tuple(_problems(error.messages, lines))
    return (*doubled, *beyond(program, lines), *lint(program, lines, rostered=rostered))


def _lines(node: Any, path: Path = ()) -> Iterator[tuple[Path, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, key.value))
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*path, number))


def _rows(node: Any, rows: Sequence[str], path: Path = ()) -> Iterator[tuple[Path, int]]:
    """Where each row of a text over several lines stands, by its words."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _rows(value, rows, (*path, key.value))
    elif isinstance(node, yaml.ScalarNode) and node.end_mark.line > node.start_mark.line:
        for row in range(node.start_mark.line, min(node.end_mark.line + 1, len(rows))):
            yield (*path, rows[row].strip()), row + 1


def _steps(node: Any) -> Iterator[tuple[Path, int]]:
    """Where each step stands, by its id: the schema's messages name steps, not places."""
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        if key.value != "steps" or not isinstance(value, yaml.SequenceNode):
            continue
        for step in value.value:
            parts = step.value if isinstance(step, yaml.MappingNode) else []
            for name, word in parts:
                if name.value == "id" and isinstance(word, yaml.ScalarNode):
                    yield ("step", word.value), step.start_mark.line + 1


def _doubled(node: Any) -> Iterator[Finding]:
    """A key written twice: YAML keeps the last one silently."""
    children = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield Finding(
                    line=key.start_mark.line + 1,
                    rule="yaml",
                    what=Said("“%(value)s” stands there twice; only the last would count", value=key.value),
                    mend="Remove or rename one.",
                )
            seen.add(key.value)
            children.append(value)
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    for child in children:
        yield from _doubled(child)


def _problems(messages: Any, lines: Lines, path: Path = ()) -> Iterator[Finding]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            yield from _problems(value, lines, path if key in ("_schema", "value") else (*path, key))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        if isinstance(message, dict):
            yield from _problems(message, lines, path)
        else:
            mend = QUOTES if path[-1:] == ("at",) else MEND
            yield Finding(
                line=_line(lines, path, str(message)),
                rule="schema",
                what=_where(path, str(message)),
                mend=mend,
            )


def _line(lines: Lines, path: Path, message: str) -> int:
    named = re.match(r"step (\S+) names|question ([^,]+),", message)
    if message.startswith("silence "):
        path = ("silence",)
    elif named and named.group(2):
        path = ("questions", named.group(2))
    elif named:
        path = ("step", named.group(1))
    for end in range(len(path), -1, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def _where(path: Path, message: str) -> str:
    place = ".".join(str(part) for part in path)
    return Said("%(place)s: %(message)s", place=place, message=told(message)) if place else told(message)
