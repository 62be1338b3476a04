"""Questions about programs and enrollments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from outreach.care import queries as record
from outreach.escalations import queries as roster
from outreach.escalations.rules import Hours, staffed_windows
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import files
from outreach.programs.models import Enrollment, ProgramVersion
from outreach.programs.rules import anchors, memory
from outreach.programs.rules.audience import PatientFacts
from outreach.programs.rules.definition import Program
from outreach.programs.rules.lint import Rostered, Spans
from outreach.staff import queries as staff
from outreach.touchpoints import queries as touchpoints


@dataclass(frozen=True, kw_only=True)
class VersionView:
    """A released version of a program."""

    id: UUID
    program: str
    number: int
    title: str
    state: str
    released_at: datetime | None
    proposed_by: UUID | None = None
    released_by: UUID | None = None
    active: int = 0
    """Patients who are in it now; counted by `versions` alone."""


@dataclass(frozen=True, kw_only=True)
class EnrollmentView:
    """One patient in one program."""

    id: UUID
    patient_id: UUID
    team_id: UUID
    program: str
    title: str
    version: int
    version_id: UUID
    anchor_kind: str
    anchor_id: UUID
    anchor_at: datetime
    anchor_version: int
    state: str
    stop_reason: str | None
    heard: tuple[memory.Heard, ...] = ()
    """What was answered in it so far, oldest first; opened by `enrollment` alone."""


_TITLE = func.coalesce(ProgramVersion.definition["title"].astext, ProgramVersion.program).label("title")
# Definitions and files are long: what only names a version is read without them.
_HEAD = (
    ProgramVersion.id,
    ProgramVersion.program,
    ProgramVersion.number,
    _TITLE,
    ProgramVersion.state,
    ProgramVersion.released_at,
    ProgramVersion.proposed_by,
    ProgramVersion.released_by,
)
_SAID: dict[UUID, Program] = {}
"""What versions say, by id, as far as this process has asked. A version never changes, so none gets stale."""


def released(uow: UnitOfWork) -> tuple[tuple[VersionView, Program], ...]:
    """Return the newest released version of every program, with what it says."""
    rows = uow.session.execute(
        select(*_HEAD)
        .where(ProgramVersion.state == "released")
        .order_by(ProgramVersion.program, ProgramVersion.number.desc())
        .ext(distinct_on(ProgramVersion.program))
    ).all()
    said = _said(uow, {row.id for row in rows})
    return tuple((_version(row), said[row.id]) for row in rows)


def versions(uow: UnitOfWork) -> tuple[VersionView, ...]:
    """Return every version of every program, newest first in each, with how many patients are in it now."""
    active = (
        select(Enrollment.program_version_id, func.count().label("count"))
        .where(Enrollment.state.in_(("active", "paused")))
        .group_by(Enrollment.program_version_id)
        .subquery()
    )
    rows = uow.session.execute(
        select(*_HEAD, func.coalesce(active.c.count, 0).label("active"))
        .outerjoin(active, active.c.program_version_id == ProgramVersion.id)
        .order_by(ProgramVersion.program, ProgramVersion.number.desc())
    )
    return tuple(replace(_version(row), active=row.active) for row in rows)


def version(uow: UnitOfWork, *, version_id: UUID) -> tuple[VersionView, str] | None:
    """Return a version and its file as written, or None."""
    row = uow.session.execute(
        select(*_HEAD, ProgramVersion.source_text).where(ProgramVersion.id == version_id)
    ).one_or_none()
    return None if row is None else (_version(row), row.source_text)


def program_of(uow: UnitOfWork, *, version_id: UUID) -> Program:
    """Return what a version says."""
    return _said(uow, {version_id})[version_id]


def _said(uow: UnitOfWork, version_ids: Collection[UUID]) -> dict[UUID, Program]:
    unknown = [one for one in version_ids if one not in _SAID]
    if unknown:
        rows = uow.session.execute(
            select(ProgramVersion.id, ProgramVersion.definition).where(ProgramVersion.id.in_(unknown))
        )
        _SAID.update((row.id, files.load(row.definition)) for row in rows)
    return {one: _SAID[one] for one in version_ids}


def titles(uow: UnitOfWork) -> dict[str, str]:
    """Return every program's newest released title by its key."""
    rows = uow.session.execute(
        select(ProgramVersion.program, ProgramVersion.definition["title"].astext.label("title"))
        .where(ProgramVersion.state == "released")
        .order_by(ProgramVersion.program, ProgramVersion.number.desc())
        .ext(distinct_on(ProgramVersion.program))
    )
    return {row.program: row.title or row.program for row in rows}


def enrollment(uow: UnitOfWork, *, enrollment_id: UUID) -> EnrollmentView | None:
    """Return one enrollment with what was answered in it, or None."""
    row = uow.session.execute(_enrollments().where(Enrollment.id == enrollment_id)).one_or_none()
    return None if row is None else replace(_enrollment(row), heard=_heard(uow, row.Enrollment))


def enrollments(uow: UnitOfWork, *, patient_id: UUID) -> tuple[EnrollmentView, ...]:
    """Return a patient's enrollments, newest first."""
    rows = uow.session.execute(
        _enrollments().where(Enrollment.patient_id == patient_id).order_by(Enrollment.enrolled_at.desc())
    )
    return tuple(_enrollment(row) for row in rows)


def anchored(uow: UnitOfWork, *, anchor_kind: str, anchor_id: UUID) -> tuple[EnrollmentView, ...]:
    """Return the enrollments that count from a record."""
    rows = uow.session.execute(
        _enrollments().where(Enrollment.anchor_kind == anchor_kind, Enrollment.anchor_id == anchor_id)
    )
    return tuple(_enrollment(row) for row in rows)


def heard(uow: UnitOfWork, *, enrollment_id: UUID) -> tuple[memory.Heard, ...]:
    """Return what was answered in an enrollment so far, oldest first."""
    return _heard(uow, uow.session.get_one(Enrollment, enrollment_id))


def _heard(uow: UnitOfWork, row: Enrollment) -> tuple[memory.Heard, ...]:
    return memory.load(uow.vault.open_or("enrollment.state", row.id, row.state_enc, "{}"))


def asked_in(uow: UnitOfWork, *, enrollment_id: UUID) -> tuple[tuple[str, str], ...]:
    """Return the questions of an enrollment that were asked, each with what came of it: sent or answered."""
    return tuple(
        (str(one.why["asks"]), one.state)
        for one in touchpoints.for_source(uow, source_kind="program", source_id=enrollment_id)
        if one.why.get("asks") and one.state in ("sent", "answered")
    )


def patient_facts(facts: patients.ContactFacts) -> PatientFacts:
    """Return what conditions may know about a patient."""
    return PatientFacts(
        language=facts.language,
        literacy=facts.literacy,
        risk_tier=facts.risk_tier or "",
        needs=tuple(facts.needs),
        deceased=facts.deceased,
        hospice=facts.hospice,
    )


def births(chart: record.History) -> tuple[anchors.Birth, ...]:
    """Return the births that a patient's record tells of."""
    return anchors.births(
        [
            anchors.noted(status=one.status, detail=one.detail, at=one.performed_at, told_at=_first_told(one))
            for one in chart.procedures
        ],
        [
            anchors.noted(status=one.status, detail=one.detail, told_at=_first_told(one))
            for one in chart.conditions
        ],
    )


def _first_told(one: record.Sourced) -> datetime | None:
    """Return when we heard of an entry; None if it was told again since, so that nobody knows."""
    return one.received_at if one.version == 1 else None


def _enrollments() -> Select[Enrollment, int, str]:
    return select(Enrollment, ProgramVersion.number, _TITLE).join(
        ProgramVersion, ProgramVersion.id == Enrollment.program_version_id
    )


def _version(row: Row[Any]) -> VersionView:
    return VersionView(
        id=row.id,
        program=row.program,
        number=row.number,
        title=row.title,
        state=row.state,
        released_at=row.released_at,
        proposed_by=row.proposed_by,
        released_by=row.released_by,
    )


def _enrollment(found: Row[Enrollment, int, str]) -> EnrollmentView:
    row = found.Enrollment
    return EnrollmentView(
        id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        program=row.program,
        title=found.title,
        version=found.number,
        version_id=row.program_version_id,
        anchor_kind=row.anchor_kind,
        anchor_id=row.anchor_id,
        anchor_at=row.anchor_at,
        anchor_version=row.anchor_version,
        state=row.state,
        stop_reason=row.stop_reason,
    )


def rostered(uow: UnitOfWork) -> tuple[Rostered, ...]:
    """Return when somebody of each team is there on each day of the week: by the roster of the coming three
    weeks, or, where none was ever entered, by the opening hours. The same for each role.
    """
    return tuple(
        Rostered(
            of=team.name,
            week=_week(roster.hours(uow, team_id=team.id, since=uow.now), since=uow.now),
            by_role={
                role: _week(hours, since=uow.now)
                for role, hours in roster.hours_by_role(uow, team_id=team.id, since=uow.now).items()
            },
        )
        for team in staff.teams(uow)
    )


def _week(hours: Hours, *, since: datetime) -> tuple[Spans, ...]:
    """Cut the hours of the coming weeks at midnight and lay them on the days of the week."""
    windows, place = staffed_windows(hours, since=since), ZoneInfo(hours.zone)
    week: list[list[tuple[time, time]]] = [[] for _ in range(7)]
    for start, end in windows:
        at, last = start.astimezone(place), end.astimezone(place) - timedelta(minutes=1)
        while at <= last:
            till = time.max if at.date() < last.date() else last.time()
            week[at.weekday()].append((at.time(), till))
            at = datetime.combine(at.date() + timedelta(days=1), time.min, tzinfo=place)
    return tuple(tuple(dict.fromkeys(day)) for day in week)
