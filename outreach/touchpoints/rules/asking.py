"""Whose turn it is to ask: one question is open on a phone, and none is lost because of another.

Design §6: the others wait their turn; an unanswered question is superseded, yet a late answer to it still
counts, so two questions that could be answered at the same time never share reply words.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from outreach.kernel.clock import on_the_minute
from outreach.kernel.quick import quick

HEARD_OUT = timedelta(hours=2)
"""A question stands alone at least this long before another is asked over it. Ours: no source settles it."""
DIGITS = tuple("123456789")
LETTERS = tuple("ABCDEFGHI")
ONE_DIGIT = frozenset({"number", "pain"})
"""Kinds whose values may look like another question's reply word."""
ANSWERED_ON = "answered_on"
"""Key of a contact that follows an answer: the phone it was given on."""


@quick
@dataclass(frozen=True, kw_only=True)
class Live:
    """A question that was asked, has not been answered, and whose time is not over."""

    id: Hashable
    kind: str
    words: tuple[str, ...]
    opened_at: datetime
    expires_at: datetime
    is_open: bool
    """The one a reply is for; otherwise it was superseded early."""


@quick
@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a question that is due should do."""

    verdict: Literal["ask", "wait"]
    until: datetime | None = None
    words: tuple[str, ...] | None = None
    """Other reply words than its own, because another question listens to those."""
    over: Hashable | None = None
    """The open question it is asked over."""


ASK = Turn(verdict="ask")
AT_ONCE = timedelta(minutes=1)


def expires_at(*, due_at: datetime, now: datetime, hours: int) -> datetime:
    """Return when a question's time is over: so many hours from the minute in which it was due.

    One that was asked later than a minute after that has them from the minute it was asked in.
    """
    return on_the_minute(due_at if now - due_at < AT_ONCE else now) + timedelta(hours=hours)


def turn(
    question: Mapping[str, Any],
    live: Sequence[Live],
    *,
    now: datetime,
    not_after: datetime,
    presses: bool = False,
    follows: bool = False,
) -> Turn:
    """Return whether a question may be asked now, in which reply words, and over which other one.

    It waits for the open one's time to be over, unless waiting would lose it or it `presses` (a visit is
    near): then only until the open one has been heard out. What `follows` an answer is asked at once.
    """
    standing = [one for one in live if one.expires_at > now]
    if not standing:
        return ASK
    current = next((one for one in standing if one.is_open), None)
    if current is not None and not follows:
        until = _patience(current, now=now, not_after=not_after, presses=presses)
        if until > now:
            return Turn(verdict="wait", until=until)
    own = tuple(str(option["word"]) for option in question.get("options", ()))
    over = None if current is None else current.id
    clashing = [one for one in standing if _clash(own, str(question.get("kind", "choice")), one)]
    if not clashing:
        return Turn(verdict="ask", over=over)
    words = _others(own, standing)
    if words is not None:
        return Turn(verdict="ask", words=words, over=over)
    return Turn(verdict="wait", until=min(one.expires_at for one in clashing))


def _patience(current: Live, *, now: datetime, not_after: datetime, presses: bool) -> datetime:
    if not presses and current.expires_at < not_after:
        return current.expires_at
    heard_out = min(on_the_minute(current.opened_at) + HEARD_OUT, current.expires_at)
    return heard_out if heard_out < not_after else now


def _clash(own: tuple[str, ...], kind: str, other: Live) -> bool:
    mine = set(own) if kind == "choice" else set(DIGITS) if kind in ONE_DIGIT else set()
    theirs = set(other.words) if other.kind == "choice" else set(DIGITS) if other.kind in ONE_DIGIT else set()
    if kind != "choice" and kind == other.kind:
        return True
    return bool(mine & theirs)


def _others(own: tuple[str, ...], standing: Sequence[Live]) -> tuple[str, ...] | None:
    """Return reply words nobody else listens to; None if there are none, or a value is asked for."""
    count = len(own)
    letters = (LETTERS[first : first + count] for first in range(len(LETTERS) - count + 1))
    for words in (DIGITS[:count], *letters):
        if own and not any(_clash(words, "choice", one) for one in standing):
            return words
    return None
