"""What the linter says: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time

from outreach.programs.rules.definition import Program

Path = tuple[str | int, ...]
Lines = Mapping[Path, int]
"""Where each part of a file stands: ("questions", "need", "text", "en") -> line number."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem: its line, the rule that saw it, what it is, what to do."""

    line: int
    rule: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}. {self.mend} [{self.rule}]"


@dataclass(frozen=True, kw_only=True)
class Rostered:
    """When somebody is there for the answers. Days: Monday is 0."""

    opens: time
    closes: time
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A program being checked."""

    program: Program
    lines: Lines
    rostered: Rostered | None = None

    def at(self, *path: str | int) -> int:
        """Return the line of a part, or of the nearest part around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1

    def finding(self, rule: str, *path: str | int, what: str, mend: str) -> Finding:
        """Return a finding at a part of the file."""
        return Finding(line=self.at(*path), rule=rule, what=what, mend=mend)
