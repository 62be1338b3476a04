"""A moment in words that can be said in another language."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from outreach.kernel.said import Said

DATES = (
    "Monday, %(month)s %(day)s",
    "Tuesday, %(month)s %(day)s",
    "Wednesday, %(month)s %(day)s",
    "Thursday, %(month)s %(day)s",
    "Friday, %(month)s %(day)s",
    "Saturday, %(month)s %(day)s",
    "Sunday, %(month)s %(day)s",
)
"""Whole for each day of the week: Spanish writes the name of a day small where it stands in a sentence."""
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def moment(at: datetime, zone: str) -> Said:
    """Return a moment on a zone's wall clock: "Monday, March 9, 10:00"."""
    local = at.astimezone(ZoneInfo(zone))
    return Said("%(date)s, %(time)s", date=date_of(local), time=f"{local:%H:%M}")


def date_of(day: date) -> Said:
    """Return a day: "Monday, March 9"."""
    return Said(DATES[day.weekday()], month=Said(MONTHS[day.month - 1]), day=day.day)
