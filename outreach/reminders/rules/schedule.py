"""When reminders go out: days before a visit, days around the end of a supply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from outreach.touchpoints.rules.timing import Late, PlannedItem, item, local_date

REMIND_AT = time(10, 0)
WEEK_BEFORE_WHEN_BOOKED_DAYS = 14
"""A reminder a week ahead only if the visit was booked longer ago than this. Ours: no trial settles it."""

APPOINTMENT_DAYS = {"week": 7, "ask": 3, "tomorrow": 1}
REFILL_DAYS = {"ask_7": -7, "ask_2": -2, "overdue_3": 3, "overdue_7": 7}
"""Days from the day a supply runs out. Ours, after product.md's default: reviewed by nobody yet."""

ASKS = {
    "ask": "appointment",
    "ask_7": "refill",
    "ask_2": "refill",
    "overdue_3": "refill",
    "overdue_7": "refill",
}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What planning needs to know of an appointment."""

    starts_at: datetime
    booked_on: date | None
    start_version: int


def appointment_items(visit: Visit, *, zone: str | None, why: dict[str, str]) -> tuple[PlannedItem, ...]:
    """Return a visit's reminders: a week (if booked long ago), three days and one day before, 10:00 local.

    A visit booked at short notice still gets the question, in the next hours that allow it, until a day
    before it starts.
    """
    day = local_date(visit.starts_at, zone)
    booked_days = (day - visit.booked_on).days if visit.booked_on else 0
    items = []
    for step, before in APPOINTMENT_DAYS.items():
        if step == "week" and booked_days <= WEEK_BEFORE_WHEN_BOOKED_DAYS:
            continue
        planned = item(
            step=step,
            day=day - timedelta(days=before),
            at=REMIND_AT,
            zone=zone,
            lasts=timedelta(hours=34) if step == "ask" else timedelta(hours=20),
            late=Late.NEXT_WINDOW if step == "ask" else Late.SKIP,
            why=why | ({"asks": ASKS[step]} if step in ASKS else {}),
        )
        if planned.due_at < visit.starts_at:
            items.append(planned)
    return tuple(items)


def refill_items(runs_out_on: date, *, zone: str | None, why: dict[str, str]) -> tuple[PlannedItem, ...]:
    """Return a supply's refill questions: 7 and 2 days before it runs out, 3 and 7 days after."""
    return tuple(
        item(
            step=step,
            day=runs_out_on + timedelta(days=days),
            at=REMIND_AT,
            zone=zone,
            lasts=timedelta(hours=34),
            why=why | {"asks": ASKS[step]},
        )
        for step, days in REFILL_DAYS.items()
    )
