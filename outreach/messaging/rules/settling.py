"""When a send whose outcome is unknown counts as never having reached the provider.

Design, law 4: a safety text goes out rather twice than never; every other text goes rather to staff than out
twice. The provider's list is not promised to show at once what it took, and a request that timed out may be
taken seconds later: one look proves nothing, several looks over a settling time do. A list that does not show
what the provider is known to have taken later is behind, and proves nothing however often it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Settling:
    """At least `looks` lists without it, the last one `seconds` or more after it was started."""

    looks: int
    seconds: float
    sends: int
    """How often a text may be sent in all before staff decide."""


SAFETY = Settling(looks=2, seconds=60, sends=4)
OTHERS = Settling(looks=3, seconds=400, sends=3)
"""Two settling times and a third send lie within 15 minutes. With two sends `make chaos` left 3 doubts in 121
to staff; with three, none of 217."""
LONGEST = 900.0
"""Seconds after which staff are told, though the list is still behind."""


@dataclass(frozen=True, kw_only=True)
class SettlingRules:
    """The settling times of a deployment; tests shorten them."""

    safety: Settling = SAFETY
    others: Settling = OTHERS

    def of(self, *, is_safety: bool) -> Settling:
        """Return the rule for a text's class."""
        return self.safety if is_safety else self.others


GAPS = (2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0)
"""Seconds between looks: early ones find what was taken, late ones prove absence."""


def next_look(*, looked_at: datetime | None, looks: int, settling: Settling) -> datetime | None:
    """Return when to look again, or None for at once. Looks are spread over the settling time."""
    if looked_at is None:
        return None
    gap = min(GAPS[min(looks, len(GAPS) - 1)], settling.seconds / settling.looks)
    return looked_at + timedelta(seconds=gap)


Verdict = Literal["wait", "send_again", "to_staff"]


def after_looking_in_vain(
    *,
    started_at: datetime,
    now: datetime,
    looks: int,
    sends: int,
    settling: Settling,
    list_is_behind: bool = False,
) -> Verdict:
    """Judge a text that one more list did not show. `sends` counts the attempts made so far.

    `list_is_behind`: the list misses texts that the provider took after this one was tried.
    """
    age = (now - started_at).total_seconds()
    if looks < settling.looks or age < settling.seconds:
        return "wait"
    if list_is_behind:
        return "wait" if age < LONGEST else "to_staff"
    return "send_again" if sends < settling.sends else "to_staff"
