"""Somebody's record as it was when a replay begins, and each change of it since, with its date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.audit.models import AuditEvent
from outreach.care import queries as record
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.patients.queries import Changed
from outreach.programs import queries as programs
from outreach.programs.rules import audience
from outreach.rehearsal.rules.cast import Act, Activity, Person, Supply, Visit, as_told

ANSWERED = ("confirmed", "declined", "change_asked")
"""States of a visit that an answer to a reminder made: before it, it was booked."""
GONE = "off"
HOUSE = ("settings_changed", "sender_changed")
TEAM = (
    "team_changed", "hours_changed", "holiday_added", "holiday_removed", "shift_removed", "shifts_ended",
)  # fmt: skip
ROSTER = ("shift_added",)
"""What the record calls changes of what is taken as it is now."""
By = Mapping[tuple[str, UUID], Sequence[Changed]]


@dataclass(frozen=True, kw_only=True)
class Then:
    """Somebody as a replay begins."""

    person: Person
    acts: tuple[Act, ...]
    """What was changed afterwards."""
    visits: frozenset[UUID]
    """Visits whose changes are known with their dates."""
    unseen: bool
    """Something was changed since, before changes were kept: it is played as it was first known after."""


def as_it_was(uow: UnitOfWork, person: Person, *, phone_id: UUID, begin: datetime, since: datetime) -> Then:
    """Return somebody as they were at the beginning; `since` is when what is looked at begins."""
    family = patients.same_person(uow, patient_id=person.id)
    by: dict[tuple[str, UUID], list[Changed]] = defaultdict(list)
    for one in patients.record_changes(uow, patient_ids=family):
        by[one.kind, one.subject_id].append(one)
    chart = record.record(uow, patient_id=person.id)
    unseen = any(
        _unseen(one, by.get((kind, one.id), ()), since)
        for kind, rows in (
            ("appointment", chart.appointments),
            ("activity", chart.activities),
            ("supply", chart.medications),
        )
        for one in rows
    )
    acts = [*_orders(person, chart.activities, by, begin)]
    first = next((one for one in acts if one.at <= begin), None)
    person = replace(person, activities=first.ordered if first else person.activities)
    visits, more = _visits(person, by, begin)
    supplies, others = _supplies(person, by, begin)
    person = replace(person, visits=visits, supplies=supplies)
    person, told = _themselves(uow, person, by.get(("patient", person.id), ()), phone_id, begin)
    later = [one for one in acts if one.at > begin]
    return Then(
        person=person,
        acts=(*later, *more, *others, *told),
        visits=frozenset(subject_id for kind, subject_id in by if kind == "appointment"),
        unseen=unseen,
    )


def _unseen(row: record.Sourced, done: Sequence[Changed], since: datetime) -> bool:
    return row.version - 1 > len(done) and _told_at(row, done) > since


def _told_at(row: record.Sourced, done: Sequence[Changed]) -> datetime:
    """Return since when the first state that is known was so."""
    return datetime.fromisoformat(done[0].was["received_at"]) if done else row.received_at


def _then(done: Sequence[Changed], begin: datetime) -> tuple[Mapping[str, Any], Sequence[Changed], bool]:
    """Return what was told at a moment, what was changed later, and whether that had been changed before."""
    before = [one for one in done if one.at <= begin]
    return before[-1].became if before else done[0].was, done[len(before) :], bool(before)


def _visits(person: Person, by: By, begin: datetime) -> tuple[tuple[Visit, ...], Iterable[Act]]:
    visits, acts = [], []
    for one in person.visits:
        done = by.get(("appointment", one.id))
        if not done:
            visits.append(one)
            continue
        state, later, _ = _then(done, begin)
        visit = _visit(one.id, state)
        answered = bool(later) and visit.status in ANSWERED
        visits.append(replace(visit, status="booked") if answered else visit)
        acts += [_visit_told(person, change) for change in later]
    return tuple(visits), acts


def _visit(visit_id: UUID, state: Mapping[str, Any]) -> Visit:
    return Visit(
        id=visit_id,
        status=state["status"],
        starts_at=datetime.fromisoformat(state["starts_at"]),
        booked_on=date.fromisoformat(state["booked_on"]) if state["booked_on"] else None,
        start_version=state["start_version"],
        told_at=datetime.fromisoformat(state["received_at"]),
    )


def _visit_told(person: Person, change: Changed) -> Act:
    anew = any(change.was[name] != change.became[name] for name in ("starts_at", "source_status"))
    return Act(
        at=change.at,
        what="visit_told",
        patient_id=person.id,
        reason="anew" if anew else "",
        visit=_visit(change.subject_id, change.became),
    )


def _supplies(person: Person, by: By, begin: datetime) -> tuple[tuple[Supply, ...], Iterable[Act]]:
    supplies = [one for one in person.supplies if ("supply", one.id) not in by]
    acts = []
    for (kind, subject_id), done in by.items():
        if kind == "supply":
            state, later, _ = _then(done, begin)
            supplies.append(_supply(subject_id, state))
            acts += [
                Act(
                    at=change.at,
                    what="supply_told",
                    patient_id=person.id,
                    supply=_supply(subject_id, change.became),
                )
                for change in later
            ]
    return tuple(supplies), acts


def _supply(supply_id: UUID, state: Mapping[str, Any]) -> Supply:
    runs_out = state["runs_out_on"]
    return Supply(
        id=supply_id,
        status=state["status"] if runs_out else GONE,
        runs_out_on=date.fromisoformat(runs_out) if runs_out else date.max,
        version=state["version"],
        days_source=state["days_source"],
        told_at=datetime.fromisoformat(state["received_at"]),
    )


def _orders(person: Person, rows: Sequence[record.ActivityView], by: By, begin: datetime) -> Iterable[Act]:
    """Yield what was ordered at the beginning, and after each change of it."""
    history = [_history(one, by.get(("activity", one.id), ())) for one in rows]
    moments = sorted({at for states in history for at, _ in states if at > begin})
    for moment in (begin, *moments):
        known = [
            (states[last][0], states[last][1])
            for states in history
            for last in [sum(at <= moment for at, _ in states) - 1]
            if last >= 0
        ]
        ordered = tuple(one for _, one in sorted(known, key=lambda found: (found[0], found[1].id)))
        yield Act(at=moment, what="ordered", patient_id=person.id, ordered=ordered)


def _history(row: record.ActivityView, done: Sequence[Changed]) -> Sequence[tuple[datetime, Activity]]:
    """Return what an activity was, from when on. One changed before that was kept is taken for old."""
    now: Mapping[str, Any] = {
        "phrase": row.phrase,
        "day": row.day,
        "status": row.status,
        "timing": row.timing,
    }
    states = [(_told_at(row, done), done[0].was if done else now)]
    states += [(one.at, one.became) for one in done]
    return [
        (
            at,
            Activity(
                id=row.id,
                phrase=state["phrase"],
                day=state["day"],
                status=state["status"],
                timing=state["timing"],
            ),
        )
        for at, state in states
    ]


def _themselves(
    uow: UnitOfWork, person: Person, done: Sequence[Changed], phone_id: UUID, begin: datetime
) -> tuple[Person, Iterable[Act]]:
    if not done:
        return person, ()
    near = patients.caregivers(uow, patient_id=person.id)
    read_there = next((one.language for one in near if one.phone_id == phone_id), None)
    state, later, _ = _then(done, begin)
    told = _told(uow, person.id, read_there)
    acts = [Act(at=one.at, what="told", patient_id=person.id, told=told(one.became)) for one in later]
    return replace(person, **as_told(person, told(state))), acts


def _told(uow: UnitOfWork, patient_id: UUID, read_there: str | None) -> Any:
    now = patients.contact_facts(uow, patient_id=patient_id)

    def of(state: Mapping[str, Any]) -> Mapping[str, Any]:
        facts = replace(now, **{**state, "needs": tuple(state["needs"])})
        hours = facts.preferred_hours or {}
        return {
            "language": read_there or facts.language,
            "zone": facts.zone,
            "preferred_name": facts.preferred_name,
            "patient": audience.plain(programs.patient_facts(facts)),
            "policy": {
                "zone": facts.zone,
                "us_state": facts.us_state,
                "fewer_texts": facts.fewer_texts,
                "preferred_from": hours.get("from"),
                "preferred_to": hours.get("to"),
                "preferred_days": tuple(hours.get("days", ())),
            },
        }

    return of


def teams_changed(uow: UnitOfWork, *, team_ids: Collection[UUID], since: datetime, until: datetime) -> int:
    """Count the teams whose hours, roster or settings are others than at a moment: these have no history.

    Who is put on a roster after the last day that is looked at changes nothing of it. The record's time is
    the machine's: beside a clock that is stepped the count is not right.
    """
    row = AuditEvent
    found = uow.session.execute(
        select(row.team_id, row.action)
        .where(
            row.patient_id.is_(None),
            row.at > since,
            row.action.in_((*HOUSE, *TEAM)) | (row.action.in_(ROSTER) & (row.at < until)),
        )
        .distinct()
    ).all()
    everybody = any(one.action in HOUSE or one.team_id is None for one in found)
    return len(set(team_ids) if everybody else {one.team_id for one in found} & set(team_ids))


def zones(acts: Collection[Act], person: Person) -> Sequence[tuple[datetime | None, str | None]]:
    """Return where somebody was from when on, the first without a beginning."""
    moved = sorted((one for one in acts if one.what == "told" and one.patient_id == person.id), key=_at)
    return ((None, person.zone), *((one.at, one.told["zone"]) for one in moved))


def zone_at(found: Sequence[tuple[datetime | None, str | None]], at: datetime) -> str | None:
    """Return where somebody was at a moment, of what `zones` returns."""
    return [zone for since, zone in found if since is None or since <= at][-1]


def _at(act: Act) -> datetime:
    return act.at
