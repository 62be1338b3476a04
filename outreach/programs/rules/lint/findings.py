"""What the linter says: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    blocks: bool = True
    """False for what is worth knowing, and no reason to refuse the file."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}. {self.mend} [{self.rule}]"


Spans = tuple[tuple[time, time], ...]


@dataclass(frozen=True, kw_only=True)
class Rostered:
    """When somebody of one team is there for the answers."""

    week: tuple[Spans, ...]
    """For each day of the week, Monday first: from when until when, both ends in it."""
    of: str = "the team"
    by_role: Mapping[str, tuple[Spans, ...]] | None = None
    """The same for those who may do what a role may, without the roles nobody has; None: not known."""

    @classmethod
    def daily(cls, opens: time, closes: time, days: Iterable[int] = range(7)) -> Rostered:
        """Return the same hours on some days of the week; Monday is 0. The minute of closing is out."""
        wanted, last = set(days), closes.replace(hour=(closes.hour - 1) % 24, minute=59)
        if closes.minute:
            last = closes.replace(minute=closes.minute - 1)
        return cls(week=tuple(((opens, last),) if day in wanted else () for day in range(7)))

    def with_role(self, role: str) -> Rostered | None:
        """Return when somebody is there who may do what a role may; None where roles are not known."""
        if self.by_role is None:
            return None
        return Rostered(of=self.of, week=self.by_role.get(role, ((),) * len(self.week)))

    def there(self, day: int, at: time) -> bool:
        """Return whether somebody is there on a day of the week at a time."""
        return any(opens <= at <= last for opens, last in self.week[day])


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A program being checked."""

    program: Program
    lines: Lines
    rostered: tuple[Rostered, ...] = ()

    def at(self, *path: str | int) -> int:
        """Return the line of a part, or of the nearest part around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return 1

    def row(self, path: Path, words: str) -> Path:
        """Return the row of a text over several lines that holds some words, or the text's own place."""
        return next(
            (
                one
                for one in self.lines
                if one[:-1] == path and isinstance(one[-1], str) and one[-1] and words in one[-1]
            ),
            path,
        )

    def finding(self, rule: str, *path: str | int, what: str, mend: str, blocks: bool = True) -> Finding:
        """Return a finding at a part of the file."""
        return Finding(line=self.at(*path), rule=rule, what=what, mend=mend, blocks=blocks)
