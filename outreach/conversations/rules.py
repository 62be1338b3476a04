"""Pure decisions about threads and open questions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

LATE_ANSWER_WINDOW = timedelta(days=7)
"""How long after it was asked a question may still be answered, though another one was asked since."""

STAFF_TALK_HOLD = timedelta(hours=2)
"""How long automated texts wait after a colleague wrote: nobody wants a form letter in mid-talk."""

UNDO_SECONDS = 5
"""A staff text waits this long before it may go out, so that it can be taken back."""

DIGITS = ("1", "2", "3", "4", "5", "6", "7", "8", "9")
LETTERS = ("A", "B", "C", "D", "E", "F", "G", "H", "I")

# What people do about a conversation leaves these on it: they say why a row stands out in the list.
PLANNED = "planned"
FLAGS = frozenset({"red", "orange", "yellow", "silent", "failed", "unknown_sender", "opted_out", PLANNED})

CALM = 2
URGENCY = {"red": 0, "orange": 1}
"""Ranks of open work: a danger comes before whoever waits longest."""
RANKS = (*URGENCY.values(), CALM)

LINE_LENGTH = 120
UNSHOWN = dict.fromkeys((*range(9), *range(14, 32), *range(127, 160)))
"""Control characters that mean nothing on a page; those that part lines stay."""


def is_planned(send_at: datetime | None, *, now: datetime) -> bool:
    """Say whether a colleague's text is for later: until it leaves, whoever waits for it still waits."""
    return send_at is not None and send_at > now + timedelta(seconds=UNDO_SECONDS)


def line_of(body: str) -> str:
    """Return a text as one short line for a list, without what no page can show (NUL and its like)."""
    line = " ".join(body.translate(UNSHOWN).split())
    return line if len(line) <= LINE_LENGTH else f"{line[: LINE_LENGTH - 1]}…"


def words_of(question: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the reply words of a question as it was asked ("1", "2", "3")."""
    return tuple(str(option["word"]) for option in question.get("options", ()))


def meaning_of(question: Mapping[str, Any], word: str | None) -> str | None:
    """Return what choosing a reply word means, as the question says."""
    for option in question.get("options", ()):
        if word is not None and str(option["word"]) == word:
            return None if option.get("means") is None else str(option["means"])
    return None


def choose_words(taken: Iterable[tuple[str, ...]], *, count: int) -> tuple[str, ...]:
    """Choose the reply words of a new question: 1-3, or A-C while an unanswered question listens to 1-3.

    `taken` holds the reply words of questions that may still be answered, newest first. When both kinds are
    in use the older one gives way, and its late answers go to a human. Up to nine words.
    """
    for words in taken:
        if words and words[0] in DIGITS:
            return LETTERS[:count]
        if words and words[0] in LETTERS:
            return DIGITS[:count]
    return DIGITS[:count]


def may_open(open_until: datetime | None, *, now: datetime) -> bool:
    """Say whether a new question may be asked: none is open, or the open one is past its time."""
    return open_until is None or open_until <= now


def with_flag(flags: Iterable[str], flag: str, *, up: bool) -> list[str]:
    """Return flags with one put up or taken down, in a steady order."""
    kept = set(flags) - {flag}
    return sorted(kept | {flag} if up else kept)


def urgency_of(flags: Iterable[str]) -> int:
    """Return where a conversation with these flags stands in lists of open work: red 0, orange 1, else 2."""
    return min((URGENCY.get(flag, CALM) for flag in flags), default=CALM)


def said(value: str) -> str:
    """Return a stored answer as people say it: {"choice": "2"} is "2", {"number": 120.5} is "120.5"."""
    found = json.loads(value)
    parts = found.values() if isinstance(found, dict) else [found]
    return " ".join(f"{part:g}" if isinstance(part, float) else str(part) for part in parts)


def too_long(since: datetime | None, *, minutes: int, now: datetime) -> bool:
    """Say whether somebody has waited longer than the team's target, in minutes."""
    return since is not None and since + timedelta(minutes=minutes) <= now
