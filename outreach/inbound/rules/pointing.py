"""Which of several questions a text points at: "the one about my pills, yes", "I missed the other one"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from outreach.inbound.rules.letters import plain

_ABOUT = re.compile(
    r"\b(?:the|that|your|ur) (?:one|question|text|msg|message) (?:about"
    r"|on) (?P<what>[^,.:;?!-]{2,40})[,.:;?!-]?"
    r"|\b(?:as to|as for|about|regarding) (?:the|your|that) (?P<then>[^,.:;?!-]{2,30}) (?:question"
    r"|text)[,.:;?!-]?"
    r"|\b(?:la|lo) (?:pregunta |de )?(?:sobre|de|del) (?P<que>[^,.:;?!-]{2,40})[,.:;?!-]"
)
_EARLIER = re.compile(
    r"\b(?:the|your|ur|that|to) (?:other (?:one|question|text)|first question|earlier (?:one|question|text)"
    r"|previous (?:one|question|text)|question before)\b[,.:;!-]?"
    r"|\b(?:la|su) (?:otra pregunta|primera pregunta|pregunta (?:anterior|de antes))\b[,.:;!-]?"
)
_EACH = re.compile(
    r"\b[\da-f] (?:for|to|on|para|a|es para) (?:the |la |el |lo |my )?[^\W\d]\w+.*\b[\da-f] (?:for|to"
    r"|on|para|a|es para)\b"
)
"""An answer to each: "1 for the food one, 2 for the ride one"."""
_LEAST = 4
_STEM = 5
_PAIR = 2


def find(said: str, waiting: Sequence[Mapping[str, Any]]) -> tuple[int, str] | None:
    """Return which of the questions that wait (newest first) a text points at, and what it says besides.

    None where it points at none of them, or nobody can tell at which.
    """
    if len(waiting) < _PAIR:
        return None
    letters = plain(said)
    if _EACH.search(letters):
        return None
    match = _ABOUT.search(letters)
    if match is not None:
        wanted = _stems(next(one for one in match.groups() if one))
        hits = [at for at, one in enumerate(waiting) if wanted & _stems(_wording(one))]
        if len(hits) == 1:
            return hits[0], _rest(letters, match)
        return None
    match = _EARLIER.search(letters)
    return (1, _rest(letters, match)) if match is not None and len(waiting) == _PAIR else None


def names(said: str, waiting: Sequence[Mapping[str, Any]]) -> int | None:
    """Return which of the questions that wait is about the matter a text names: "food we are ok"."""
    said_of = _stems(said)
    own = [_stems(_wording(one)) - _COMMON for one in waiting]
    hits = [at for at, one in enumerate(own) if said_of & one.difference(*(own[:at] + own[at + 1 :]))]
    return hits[0] if len(hits) == 1 else None


_COMMONLY = """reply emerg quest today clini pleas have your with this that numbe like call respo pregu
tiene usted como esta para text need since weeks week
month morni night mañana manan noche"""
_COMMON = frozenset(_COMMONLY.split())


def points(said: str) -> bool:
    """Say whether a text points at one of several questions at all."""
    letters = plain(said)
    return bool(_ABOUT.search(letters) or _EARLIER.search(letters) or _EACH.search(letters))


def _rest(letters: str, match: re.Match[str]) -> str:
    before, after = letters[: match.start()], letters[match.end() :].strip()
    return after if len(after) > 1 else before.strip()


def _wording(question: Mapping[str, Any]) -> str:
    return re.sub(r"\[.*?\]|\{.*?\}", " ", f"{question.get('wording', '')} {question.get('asks', '')}")


def _stems(words: str) -> set[str]:
    return {one[:_STEM] for one in re.findall(r"[^\W\d_]+", plain(words)) if len(one) >= _LEAST}
