"""Reading program files: YAML in, a checked Program out, each error with its place and its mend."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import yaml
from marshmallow import ValidationError

from outreach.kernel.errors import OutreachError
from outreach.programs.files.schemas import ProgramSchema
from outreach.programs.rules.definition import Program

FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same loader in C, where PyYAML was built with it: ten times as fast."""
UNREADABLE = (yaml.YAMLError, ValueError, RecursionError)
"""What reading a file can raise: also for a value that is not what its tag says, or that holds itself."""


class LOADER(FAST):  # type: ignore[misc]
    """Reads a day as text, as editors do: one that does not exist is found with its line."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in listed if tag != "tag:yaml.org,2002:timestamp"]
        for first, listed in FAST.yaml_implicit_resolvers.items()
    }


class BadProgram(OutreachError):
    """The program file can't be used."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The program file can't be used: " + "; ".join(problems))


@dataclass(frozen=True, kw_only=True)
class Read:
    """A program with the file it came from: its text, parsed and as written, and the hash that names it."""

    program: Program
    definition: dict[str, Any]
    source_text: str
    file_hash: str


def read(text: str) -> Read:
    """Return the program a file holds. Raise BadProgram naming every problem found."""
    try:
        definition = yaml.load(text, LOADER)  # noqa: S506 - both are safe loaders
    except UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        raise BadProgram([f"{place}: not readable as YAML; check indentation and quotes"]) from error
    if not isinstance(definition, dict):
        raise BadProgram(["the file must be a mapping that starts with `program: name`"])
    return Read(
        program=_checked(definition),
        definition=_plain(definition),
        source_text=text,
        file_hash=hashlib.sha256(text.encode()).hexdigest(),
    )


def load(definition: dict[str, Any]) -> Program:
    """Return the program a stored definition describes. Raise BadProgram naming every problem found."""
    return _stored(json.dumps(definition))


@lru_cache(maxsize=256)
def _stored(definition: str) -> Program:
    # Versions never change, and each text of a program asks for its own.
    return _checked(json.loads(definition))


def _checked(definition: dict[str, Any]) -> Program:
    try:
        found: Program = ProgramSchema().load(definition)
    except ValidationError as error:
        raise BadProgram(_flat(error.messages)) from error
    return found


def _plain(value: Any) -> Any:
    """Return what YAML read as JSON can hold it: dates as text."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _flat(messages: Any, place: str = "") -> list[str]:
    if isinstance(messages, dict):
        return [
            line
            for key, value in messages.items()
            for line in _flat(value, place if key == "_schema" else f"{place}.{key}".lstrip("."))
        ]
    if isinstance(messages, list):
        return [line for value in messages for line in _flat(value, place)]
    return [f"{place}: {messages}" if place else str(messages)]


@cache
def library() -> tuple[Read, ...]:
    """Return the programs we ship, in order of name."""
    folder = resources.files("outreach.programs") / "library"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return tuple(read((folder / name).read_text(encoding="utf-8")) for name in names)
