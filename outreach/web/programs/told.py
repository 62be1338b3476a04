"""How rehearsals name a moment and a contact: as people say them, not as reports key them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from outreach.rehearsal.rules.report import Clash
from outreach.web import labels, of_programs, words
from outreach.web.languages import Texts, say

OTHERS = ("appointment", "refill", "activity")
AUTOMATIC = Texts(
    {
        "reply": "What followed an answer",
        "safety": "Safety text",
        "confirmation": "Confirmation of an opt-out or opt-in",
    }
)
"""Texts that belong to no step."""
STAMP = len("2026-03-12 10:00")


def when(local: str) -> str:
    """Return a moment of somebody's own clock, "2026-03-12 10:00", as "Thu, Mar 12, 10:00 am"."""
    at = datetime.fromisoformat(local)
    return f"{words.weekday_and_day(at.date())}, {words.wall(at.time())}"


def shown(text: str | None) -> tuple[str, str] | None:
    """Return the moment and the words of one side of a difference, None where there was no text."""
    return (when(text[:STAMP]), text[STAMP + 1 :]) if text else None


def subject(key: str) -> str:
    """Return a contact by its name: "heart-failure/daily@3" is "Heart failure: Daily check, day 3"."""
    owner, found, rest = key.partition("/")
    if not found:
        return _automatic(key)
    step, _, day = rest.partition("@")
    named = labels.step(owner if owner in OTHERS else "program", step)
    named = say("%(step)s, day %(day)s", step=named, day=day) if day else named
    return named if owner in OTHERS else f"{of_programs.name(owner)}: {named}"


def _automatic(key: str) -> str:
    """Return a text that belongs to no step: "reply #3" is the third of a day."""
    kind, found, number = key.partition(" #")
    if kind not in AUTOMATIC:
        return key
    return (
        say("%(what)s, number %(number)s", what=AUTOMATIC[kind], number=number) if found else AUTOMATIC[kind]
    )


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """How often the same contacts met in the same way."""

    what: str
    subjects: tuple[str, ...]
    times: int


def meetings(clashes: Iterable[Clash]) -> list[Meeting]:
    """Count what met what, whoever's it was and on whichever day, the most frequent first."""
    found = Counter(
        (one.what, tuple(subject(key.partition("@")[0]) for key in one.subjects)) for one in clashes
    )
    return [
        Meeting(what=what, subjects=subjects, times=times) for (what, subjects), times in found.most_common()
    ]
