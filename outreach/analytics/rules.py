"""What figures mean: stretches of days, what is too few to say, and how a table of them is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from outreach.kernel.errors import Invalid

LONGEST_DAYS = 366
USUAL_DAYS = 30
FEWEST = 5
"""Fewer cases than this have no median and no p90 worth showing: one slow night would be the figure."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class BadStretch(Invalid):
    """Choose a first and a last day, in this order, at most a year apart."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Whole days in one zone, both ends included."""

    first: date
    last: date
    zone: str

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it."""
        return tuple(self.first + timedelta(days=place) for place in range((self.last - self.first).days + 1))

    @property
    def since(self) -> datetime:
        """When it begins."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """When it is over: the first moment that is not in it."""
        return _midnight(self.last + timedelta(days=1), self.zone)


def stretch(first: str, last: str, *, now: datetime, zone: str) -> Stretch:
    """Return the days asked for, written like 2026-03-10; without any the last 30. Raise BadStretch."""
    today = now.astimezone(ZoneInfo(zone)).date()
    try:
        end = date.fromisoformat(last) if last else today
        begin = date.fromisoformat(first) if first else end - timedelta(days=USUAL_DAYS - 1)
    except (ValueError, OverflowError) as error:
        raise BadStretch from error
    if not 0 <= (end - begin).days < LONGEST_DAYS or not 2000 <= begin.year <= end.year <= 2200:
        raise BadStretch
    return Stretch(first=begin, last=end, zone=zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)


def enough(value: float | None, *, of: int) -> float | None:
    """Return a figure, or None if too few cases stand behind it."""
    return value if of >= FEWEST else None


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as CSV (RFC 4180). Cells that a spreadsheet would take for a formula are disarmed."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return sheet.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    said = str(value)
    return f"'{said}" if isinstance(value, str) and said.startswith(FORMULA) else said
