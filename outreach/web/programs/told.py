"""How rehearsals name a moment and a contact: as people say them, not as reports key them."""

from __future__ import annotations

from datetime import datetime

from outreach.web import labels, of_programs, words
from outreach.web.languages import say

OTHERS = ("appointment", "refill", "activity")
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
        return key
    step, _, day = rest.partition("@")
    named = labels.step(owner if owner in OTHERS else "program", step)
    named = say("%(step)s, day %(day)s", step=named, day=day) if day else named
    return named if owner in OTHERS else f"{of_programs.name(owner)}: {named}"
