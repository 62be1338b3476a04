"""What other systems and staff write into the records of a dozen people meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.care import commands as care
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients
from outreach.touchpoints.rules.timing import local_moment
from tests.rehearsal.people import EAST

Act = Callable[[UnitOfWork], Any]
MOVES_HOUSE, IN_THE_WEST, VISITS, GETS_WELL, GETS_ORDERS, WISHES, TAKES, SPEAKS = 2, 4, 3, 11, 0, 0, 1, 8
"""Their places among the people: see `people.CAST`."""


def changes(ids: tuple[UUID, ...], start: datetime) -> list[tuple[str, Act]]:
    """Return what is written, and when."""
    hours = {"from": "12:00", "to": "18:00", "days": [0, 1, 2, 3, 4]}
    return [
        ("1 11:10", lambda uow: visit(uow, ids, start, day=7)),
        ("1 12:10", lambda uow: supply(uow, ids, start, runs_out=12)),
        ("2 11:05", lambda uow: patients.update(uow, patient_id=ids[SPEAKS], language="en")),
        ("2 11:20", lambda uow: patients.update(uow, patient_id=ids[MOVES_HOUSE], zone="America/Chicago")),
        ("3 11:15", lambda uow: patients.update(uow, patient_id=ids[WISHES], preferred_hours=hours)),
        ("3 12:05", lambda uow: supply(uow, ids, start, runs_out=9)),
        ("3 13:10", lambda uow: activity(uow, ids, GETS_WELL, "eating", status="cancelled")),
        ("4 13:15", lambda uow: visit(uow, ids, start, day=10, at=time(9, 15))),
        ("4 14:05", lambda uow: activity(uow, ids, GETS_ORDERS, "wound", status="active", day=7)),
        ("5 09:40", lambda uow: patients.update(uow, patient_id=ids[IN_THE_WEST], zone="America/Denver")),
        ("6 09:20", lambda uow: patients.update(uow, patient_id=ids[WISHES], preferred_name="Lucia")),
        ("6 14:25", lambda uow: activity(uow, ids, GETS_ORDERS, "wound", status="active", day=9)),
    ]


def visit(
    uow: UnitOfWork, ids: tuple[UUID, ...], start: datetime, *, day: int, at: time = time(14, 30)
) -> None:
    """Tell that a visit is at another time."""
    care.put_appointment(
        uow,
        patient_id=ids[VISITS],
        source_system="test",
        source_id=f"{10 + VISITS}-visit",
        status="booked",
        source_status="booked",
        booked_on=date(2026, 2, 1),
        starts_at=local_moment(start.date() + timedelta(days=day), at, EAST),
        detail={"text": "Visit"},
    )


def supply(uow: UnitOfWork, ids: tuple[UUID, ...], start: datetime, *, runs_out: int) -> None:
    """Tell of a medicine, and then that it runs out on another day."""
    care.put_medication(
        uow,
        patient_id=ids[TAKES],
        source_system="test",
        source_id="supply",
        status="active",
        supplied_on=start.date(),
        runs_out_on=start.date() + timedelta(days=runs_out),
        days_source="source",
        detail={"text": "A medicine"},
    )


def activity(
    uow: UnitOfWork, ids: tuple[UUID, ...], who: int, phrase: str, *, status: str, day: int | None = None
) -> None:
    """Tell what a plan of care orders now."""
    plan_id = uow.session.scalar(text("SELECT id FROM care_plan WHERE patient_id = :who"), {"who": ids[who]})
    given: dict[str, Any] = {"patient_id": ids[who], "source_system": "test"}
    if plan_id is None:
        plan_id = care.put_care_plan(uow, **given, source_id=f"{who}-new-plan", status="active", detail={}).id
    care.put_activity(
        uow,
        **given,
        source_id=f"{10 + who}-activity",
        care_plan_id=plan_id,
        status=status,
        phrase=phrase,
        day=day,
        detail={"text": phrase, "codes": []},
    )
