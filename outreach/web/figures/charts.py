"""Charts as plain shapes: where bars stand, for an SVG that the page draws without scripts or styles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.analytics.queries import DayFigures, TierFigures
from outreach.escalations.rules import TIERS
from outreach.web import words
from outreach.web.languages import say

WIDTH, HEIGHT = 720, 180
NARROW = 330
"""As wide as a phone shows it without making its letters smaller, or the reader push it sideways."""
LEFT, BOTTOM, TOP = 40, 24, 8
MOST_LABELS = 8
ROOM_OF_A_LABEL = WIDTH / MOST_LABELS - 20
ROW = 44
LABELS = 96
NICE = (1, 2, 5, 10)
MINUTE, HOUR, DAY = 60, 3600, 86400
TIME_STEPS = (
    *(count * MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * HOUR for count in (1, 2, 4, 8, 12)),
    *(count * DAY for count in (1, 2, 5, 10, 20, 50, 100)),
)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A rectangle of one tier."""

    x: float
    y: float
    width: float
    height: float
    tier: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A line of the grid with what it says."""

    at: float
    words: str


@dataclass(frozen=True, kw_only=True)
class DayChart:
    """Columns by day, tiers on top of each other."""

    bars: tuple[Bar, ...]
    lines: tuple[Tick, ...]
    days: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    base: int = HEIGHT - BOTTOM


@dataclass(frozen=True, kw_only=True)
class Span:
    """One tier's row: from the median to the p90."""

    tier: str
    y: float
    median: Bar
    p90: Bar
    median_seconds: float
    p90_seconds: float


@dataclass(frozen=True, kw_only=True)
class TimeChart:
    """Rows by tier: how long it took half of them, and nine in ten."""

    spans: tuple[Span, ...]
    lines: tuple[Tick, ...]
    height: int
    width: int = WIDTH
    left: int = LABELS


def by_day(days: Sequence[DayFigures], *, width: int = WIDTH) -> DayChart:
    """Return a column for each day."""
    step = nice_step(max((one.total for one in days), default=0), lines=4)
    top = max(step * math.ceil(max((one.total for one in days), default=0) / step), step)
    high, base = HEIGHT - BOTTOM - TOP, HEIGHT - BOTTOM
    room = (width - LEFT) / max(len(days), 1)
    bars = []
    for place, day in enumerate(days):
        y = float(base)
        for tier in reversed(TIERS):
            tall = high * day.raised[tier] / top
            y -= tall
            if tall:
                x = LEFT + room * place + room * 0.15
                bars.append(Bar(x=round(x, 1), y=round(y, 1), width=round(room * 0.7, 1),
                                height=round(tall, 1), tier=tier))  # fmt: skip
    lines = [
        Tick(at=round(base - high * value / top, 1), words=str(value)) for value in range(0, top + 1, step)
    ]
    ticks = _day_ticks([one.day for one in days], room)
    return DayChart(bars=tuple(bars), lines=tuple(lines), days=ticks, width=width)


def days_in_both(days: Sequence[DayFigures]) -> tuple[DayChart, DayChart]:
    """Return the columns as a desk shows them, and as a phone does."""
    return by_day(days), by_day(days, width=NARROW)


def times_in_both(tiers: Sequence[TierFigures], *, what: str) -> tuple[TimeChart, TimeChart]:
    """Return the rows as a desk shows them, and as a phone does."""
    return times(tiers, what=what), times(tiers, what=what, width=NARROW)


def _day_ticks(days: Sequence[date], room: float) -> tuple[Tick, ...]:
    every = max(1, math.ceil(ROOM_OF_A_LABEL / room))
    return tuple(
        Tick(at=round(LEFT + room * (place + 0.5), 1), words=words.short_day(day))
        for place, day in enumerate(days)
        if place % every == 0
    )


def times(tiers: Sequence[TierFigures], *, what: str, width: int = WIDTH) -> TimeChart:
    """Return a row for each tier with enough cases; `what` is "take" or "end"."""
    known = [one for one in tiers if getattr(one, f"{what}_median") is not None]
    longest = max((getattr(one, f"{what}_p90") for one in known), default=0.0)
    step = time_step(longest, lines=5 if width == WIDTH else 3)
    top = max(step * math.ceil(longest / step), step)
    wide = width - LABELS - 28
    spans = []
    for place, one in enumerate(known):
        median, p90 = getattr(one, f"{what}_median"), getattr(one, f"{what}_p90")
        y = float(TOP + ROW * place)
        spans.append(
            Span(
                tier=one.tier,
                y=y,
                median=Bar(x=LABELS, y=y + 4, width=_wide(median, top, wide), height=12, tier=one.tier),
                p90=Bar(x=LABELS, y=y + 19, width=_wide(p90, top, wide), height=12, tier=one.tier),
                median_seconds=median,
                p90_seconds=p90,
            )
        )
    lines = [
        Tick(at=round(LABELS + wide * step * number / top, 1), words=short_time(step * number))
        for number in range(round(top / step) + 1)
    ]
    return TimeChart(
        spans=tuple(spans), lines=tuple(lines), height=TOP + ROW * len(known) + BOTTOM, width=width
    )


def _wide(value: float, top: float, wide: float) -> float:
    return max(round(wide * value / top, 1), 2.0)


def nice_step(most: int, *, lines: int) -> int:
    """Return a round whole step with which at most `lines` of them reach the top."""
    rough = max(most / lines, 1)
    size = 10 ** math.floor(math.log10(rough))
    return next(int(one * size) for one in NICE if one * size >= rough)


def time_step(most: float, *, lines: int) -> int:
    """Return a step that people use for times, with which at most `lines` of them reach the top."""
    return next((one for one in TIME_STEPS if one * lines >= most), TIME_STEPS[-1])


def short_time(seconds: float) -> str:
    """Return a length of time for an axis or a table: "45 s", "12 min", "3.5 h", "2 days"."""
    if seconds < MINUTE:
        return f"{round(seconds)} s"
    if seconds < 2 * HOUR:
        return f"{round(seconds / MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{round(seconds / HOUR, 1):g} h"
    return say("%(count)s days", count=f"{round(seconds / DAY, 1):g}")
