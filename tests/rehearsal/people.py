"""A dozen invented people with what they answer over thirty days, on the product's own rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from outreach.care import commands as care
from outreach.kernel.ids import stable_fractions
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.rehearsal.rules.cast import Said
from outreach.touchpoints.rules.timing import local_moment
from tests import world

EAST = "America/New_York"
HEART = "Heart failure"
CAST: tuple[dict[str, Any], ...] = (
    {"conditions": [HEART], "says": ["1 10:05 1", "2 10:05 3", "2 10:08 B", "3 10:05 3", "4 10:05 2",
        "4 10:08 9000", "4 10:12 182", "5 10:05 2", "5 10:08 186", "6 10:05 1", "6 10:09 187"]},
    {"conditions": [HEART], "language": "es",
        "says": ["1 10:05 si", "2 10:05 peor", "2 10:08 A", "3 10:05 igual", "3 10:08 81 kg"]},
    {"conditions": [HEART], "says": []},
    {"conditions": [HEART], "visit": 9, "says": ["1 16:05 2", "3 16:05 3", "4 10:05 same", "6 10:08 1"]},
    {"says": ["2 10:05 1", "2 10:09 oops I meant 2", "6 10:05 2", "6 10:08 A", "9 10:05 3", "12 10:05 5"]},
    {"says": ["2 10:05 1", "4 10:05 STOP"]},
    {"says": ["2 10:05 1, and my leg hurts", "4 10:05 1", "6 16:05 2", "6 16:09 B"], "visit": 6},
    {"visit": 8, "activity": "wound", "says": ["2 10:05 1", "4 10:05 2", "5 10:05 1", "5 10:12 3"]},
    {"stay": "emergency", "says": ["1 10:05 3", "1 10:08 A", "2 10:05 1"], "visit": 5},
    {"stay": "emergency", "zone": None, "says": ["1 16:05 1"]},
    {"stay": "emergency", "language": "es", "says": ["1 10:05 HELP", "1 10:08 1", "3 10:05 gracias"]},
    {"conditions": [HEART], "activity": "eating", "visit": 12,
        "says": ["1 10:05 1", "2 10:05 I can't breathe", "3 10:05 1", "9 10:05 1", "9 10:08 2"]},
)  # fmt: skip


def number(nth: int) -> str:
    """Return a sample number of somebody's own."""
    return f"+1{(202, 212, 303)[nth // 100]}55501{nth % 100:02d}"


def settle_in(uow: UnitOfWork, *, team_id: UUID, count: int = len(CAST)) -> tuple[UUID, ...]:
    """Register them, send them all home now, and return their ids. Nothing is enrolled yet."""
    return tuple(_person(uow, team_id, nth, entry) for nth, entry in enumerate(CAST[:count], start=10))


def _person(uow: UnitOfWork, team_id: UUID, nth: int, entry: dict[str, Any]) -> UUID:
    patient_id = world.person(
        uow,
        team_id=team_id,
        e164=number(nth),
        language=entry.get("language", "en"),
        zone=entry.get("zone", EAST),
    )
    given: dict[str, Any] = {"patient_id": patient_id, "source_system": "test"}
    for condition in entry.get("conditions", ()):
        care.put_condition(
            uow, **given, source_id=f"{nth}-{condition}", status="active", detail={"text": condition}
        )
    if "activity" in entry:
        made = care.put_care_plan(uow, **given, source_id=f"{nth}-plan", status="active", detail={})
        care.put_activity(
            uow,
            **given,
            source_id=f"{nth}-activity",
            care_plan_id=made.id,
            status="active",
            phrase=entry["activity"],
            detail={"text": entry["activity"], "codes": []},
        )
    if "visit" in entry:
        day = uow.now.date() + timedelta(days=entry["visit"])
        care.put_appointment(
            uow,
            **given,
            source_id=f"{nth}-visit",
            status="booked",
            source_status="booked",
            starts_at=local_moment(day, time(14, 30), EAST),
            booked_on=date(2026, 2, 1),
            detail={"text": "Visit"},
        )
    world.discharged(uow, patient_id=patient_id, source_id=f"{nth}-stay", kind=entry.get("stay", "inpatient"))
    return patient_id


SMALL_TALK = (
    *("1", "2", "3", "A", "b", "1, thanks", "3 and my leg hurts", "same", "igual", "peor", "183", "81 kg"),
    *("9000", "gracias", "who is this?", "ok", "👍", "I need my pills", "call me", "2", "1", "1"),
)
CHATTY_FROM, CHATTY_TO = 7, 30
"""Days after the discharge on which anybody may write anything."""


def script(ids: tuple[UUID, ...], *, start: datetime, chatty: bool = False) -> tuple[Said, ...]:
    """Return what they text, in order of time; if `chatty`, also small talk on most of the later days."""
    said = list(_small_talk(ids, start)) if chatty else []
    for patient_id, entry in zip(ids, CAST, strict=False):
        for line in entry["says"]:
            day, clock, words = line.split(" ", 2)
            at = local_moment(start.date() + timedelta(days=int(day)), time.fromisoformat(clock), EAST)
            said.append(Said(patient_id=patient_id, at=at, text=words))
    return tuple(sorted(said, key=lambda one: one.at))


def _small_talk(ids: tuple[UUID, ...], start: datetime) -> Iterator[Said]:
    for nth, patient_id in enumerate(ids):
        for day in range(CHATTY_FROM, CHATTY_TO):
            often, which, hour, minute = stable_fractions("small talk", nth, day)
            if often < 0.6:
                at = time(10 + int(hour * 9), int(minute * 60))
                moment = local_moment(start.date() + timedelta(days=day), at, EAST)
                yield Said(patient_id=patient_id, at=moment, text=SMALL_TALK[int(which * len(SMALL_TALK))])
