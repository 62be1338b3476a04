"""Federal holidays of the United States, on the days on which offices keep them.

Source: 5 U.S.C. 6103(a); one that falls on a weekend is kept on the Friday before or the Monday after
(5 U.S.C. 6103(b) and Executive Order 11582).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
"""New Year, Juneteenth, Independence, Veterans, Christmas: month and day."""
MOVING = ((1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4))
"""King, Washington, Labor, Columbus, Thanksgiving: month, weekday (Monday is 0), which one in the month."""
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
MEMORIAL_MONTH = 5
"""Memorial Day: the last Monday of May."""


@cache
def holidays_of(year: int) -> frozenset[date]:
    """Return the days of a year that are a federal holiday, or on which one is kept."""
    fixed = [date(one, month, day) for one in (year, year + 1) for month, day in FIXED]
    kept = {*fixed, *map(_observed, fixed), *(_nth(year, *one) for one in MOVING), _memorial_day(year)}
    return frozenset(day for day in kept if day.year == year)


def _observed(day: date) -> date:
    if day.weekday() == SATURDAY:
        return day - timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() == SUNDAY else day


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))


def _memorial_day(year: int) -> date:
    last = date(year, MEMORIAL_MONTH, 31)
    return last - timedelta(days=(last.weekday() - MONDAY) % 7)
