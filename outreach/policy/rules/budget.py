"""The contact budget: how many automated texts a phone may get, counted over all automated senders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from outreach.kernel.quick import quick
from outreach.policy.rules import hours
from outreach.policy.rules.facts import Facts

WEEK_DAYS = 7
LOOK_AHEAD_DAYS = 9
"""A week empties within seven days of the last text; two more cover the turn of a day."""
ANSWERS = frozenset({"staff", "safety", "reply", "confirmation", "page"})
"""Sources of texts somebody was waiting for: they are in the ledger and bind nothing."""


@quick
@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a phone has had on a day and in the seven days up to it, beside what it may have."""

    counted_today: int
    counted_week: int
    sent_today: int
    """Of any automated kind nobody asked for, free ones too."""
    per_day: int
    per_week: int
    ceiling: int
    reduced: bool

    @property
    def over_day(self) -> bool:
        """Whether one more would be beyond the day's number."""
        return self.counted_today >= self.per_day

    @property
    def over_week(self) -> bool:
        """Whether one more would be beyond the week's number."""
        return self.counted_week >= self.per_week

    @property
    def over_ceiling(self) -> bool:
        """Whether one more would be beyond what any phone gets, free or not."""
        return self.sent_today >= self.ceiling

    def dump(self) -> dict[str, Any]:
        """Return the tally as JSON values."""
        return dict(self.__dict__)


def tally(facts: Facts, day: date) -> Tally:
    """Count what a phone has had up to and on a local day."""
    first = day - timedelta(days=WEEK_DAYS - 1)
    per_day, per_week, ceiling = _limits(facts)
    today = week = sent = 0
    for one in facts.contacts:
        its_day = one.local_day
        if its_day == day:
            today += one.counts
            sent += one.source not in ANSWERS
        elif first <= its_day < day:
            week += one.counts
    return Tally(
        counted_today=today,
        counted_week=week + today,
        sent_today=sent,
        per_day=per_day,
        per_week=per_week,
        ceiling=ceiling,
        reduced=facts.fewer_texts,
    )


def is_reserved(facts: Facts) -> bool:
    """Return whether a program's own rhythm stands in for the budget.

    It does if the patient was told of it on enrollment; asking for fewer texts takes that back.
    """
    return facts.cadence_reserved and not facts.fewer_texts


def next_day_with_room(facts: Facts, at: datetime) -> datetime | None:
    """Return `at`, or the same wall-clock time on the first later day with room, or None within nine days.

    The caller moves that into allowed hours and asks again.
    """
    here = hours.local(facts, at)
    for ahead in range(LOOK_AHEAD_DAYS):
        day = here.date() + timedelta(days=ahead)
        if _has_room(facts, day):
            return at if ahead == 0 else hours.moment(facts, day, here.strftime("%H:%M"))
    return None


def _has_room(facts: Facts, day: date) -> bool:
    found = tally(facts, day)
    if found.over_ceiling:
        return False
    return facts.free or is_reserved(facts) or not (found.over_day or found.over_week)


def _limits(facts: Facts) -> tuple[int, int, int]:
    if not facts.fewer_texts:
        return facts.per_day, facts.per_week, facts.ceiling
    return max(1, facts.per_day // 2), max(1, facts.per_week // 2), max(1, facts.ceiling // 2)
