"""A stretch of the past, run again from the stored facts and replies, beside what was really sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.policy.rules import Facts
from outreach.programs import queries as programs
from outreach.programs.models import Enrollment
from outreach.programs.rules.definition import Program
from outreach.rehearsal.queries import cohorts, people
from outreach.rehearsal.rules import compare, run
from outreach.rehearsal.rules.answers import NOBODY
from outreach.rehearsal.rules.cast import Crew, Join, Line, Person, Said
from outreach.rehearsal.rules.report import DryRun, Text, local
from outreach.rehearsal.rules.state import subject_of
from outreach.touchpoints.models import Touchpoint

OURS = ("program", "reminder", "reply", "safety", "confirmation")
ANSWERED = ("confirmed", "declined", "change_asked")
"""States of a visit that an answer to a reminder made: before it, it was booked."""

BY_HAND = ("by_staff", "paused", "day_over")
"""Reasons for which staff let a contact go: skipped it, paused the program or stopped it."""
ENDED = (
    "readmitted", "called_off", "newer_anchor", "booked_again", "not_missed", "died", "hospice",
)  # fmt: skip
"""Reasons for which the record ended an enrollment, and no answer of theirs."""

_TEXTS = text(
    """
    SELECT m.id, m.direction, m.kind, m.author_kind, m.at, m.body_enc, m.about_patient, m.program,
        m.language, m.segments, t.source_kind, t.step, t.occurrence, t.why, l.patient_id AS holder
    FROM message m
    JOIN patient_phone l ON l.phone_id = m.phone_id AND l.patient_id = ANY(CAST(:people AS uuid[]))
    LEFT JOIN touchpoint t ON t.message_id = m.id
    WHERE m.at >= :since AND m.at < :until
    ORDER BY m.at, m.id, t.source_kind <> 'appointment', t.step
    """
)


@dataclass(frozen=True, kw_only=True)
class Replay:
    """The past beside its repetition."""

    since: datetime
    until: datetime
    sent: tuple[Text, ...]
    """What was really sent in that time."""
    again: DryRun
    """The same time, run again."""
    differences: tuple[compare.Difference, ...]
    moved_anchors: int
    """Enrollments whose start was moved meanwhile: these can't be told from the present record."""
    people: tuple[UUID, ...] = ()
    """Who was played."""
    not_played: int = 0
    """Contacts that staff skipped or a pause let go, and programs that staff or the record ended, until then:
    the replay plays on as if that had not been."""
    left_out: int = 0
    """How many more there are than were asked for."""


def replay(
    uow: UnitOfWork,
    *,
    since: datetime,
    until: datetime,
    program: str | None = None,
    instead: Program | None = None,
    team_ids: Collection[UUID] | None = None,
    most: int | None = None,
) -> Replay:
    """Run a stretch of the past again; `instead` is what if this version had run.

    Everybody who was in a program (in this one) then is played from their enrollment on, with the texts
    they and staff really wrote: of these teams only, if given, and at most so many, the latest first.
    """
    rows, left_out = _latest(_enrollments(uow, since, until, program, team_ids), most)
    begin = min((row.enrolled_at for row in rows), default=since)
    versions: dict[UUID, Program] = {}
    joins: dict[UUID, list[Join]] = {}
    for row in rows:
        joins.setdefault(row.patient_id, []).append(_join(uow, row, versions, instead))
    lines = _lines(uow, joins, begin, until)
    said, sent = _texts(uow, lines, begin, until)
    asked = run.Asked(
        program=program or "*",
        version="as it was" if instead is None else "instead",
        since=begin,
        until=until,
        rates=NOBODY,
        script=said,
    )
    whole = run.rehearse(lines, asked)
    again = replace(whole, since=since, texts=tuple(one for one in whole.texts if since <= one.at < until))
    before = tuple(one for one in sent if since <= one.at)
    old = next((one for one in versions.values() if instead is not None and one.key == instead.key), None)
    return Replay(
        since=since,
        until=until,
        sent=before,
        again=again,
        differences=compare.differences(before, again.texts, happened=whole.events, old=old, new=instead),
        moved_anchors=sum(1 for row in rows if row.anchor_version > 1),
        people=tuple(one.id for line in lines for one in line.people),
        not_played=_not_played(uow, rows, begin, until),
        left_out=left_out,
    )


def _not_played(uow: UnitOfWork, rows: Sequence[Enrollment], begin: datetime, until: datetime) -> int:
    """Count what is dated on the record and no part of a replay."""
    held_back = uow.session.scalar(
        select(func.count())
        .select_from(Touchpoint)
        .where(
            Touchpoint.patient_id.in_({row.patient_id for row in rows}),
            Touchpoint.reason.in_(BY_HAND),
            Touchpoint.settled_at >= begin,
            Touchpoint.settled_at < until,
        )
    )
    ended = (row.ended_at for row in rows if row.stop_reason in ENDED)
    return (held_back or 0) + sum(at is not None and at < until for at in ended)


def _latest(rows: Sequence[Enrollment], most: int | None) -> tuple[Sequence[Enrollment], int]:
    everybody = list(dict.fromkeys(row.patient_id for row in reversed(rows)))
    if most is None or len(everybody) <= most:
        return rows, 0
    kept = set(everybody[:most])
    return [row for row in rows if row.patient_id in kept], len(everybody) - most


def _enrollments(
    uow: UnitOfWork,
    since: datetime,
    until: datetime,
    program: str | None,
    team_ids: Collection[UUID] | None,
) -> Sequence[Enrollment]:
    overlapping = select(Enrollment).where(
        Enrollment.enrolled_at < until, or_(Enrollment.ended_at.is_(None), Enrollment.ended_at > since)
    )
    concerned = overlapping.with_only_columns(Enrollment.patient_id)
    if program is not None:
        concerned = concerned.where(Enrollment.program == program)
    query = select(Enrollment).where(Enrollment.patient_id.in_(concerned), Enrollment.enrolled_at < until)
    if team_ids is not None:
        query = query.where(Enrollment.team_id.in_(team_ids))
    return uow.session.scalars(query.order_by(Enrollment.enrolled_at, Enrollment.id)).all()


def _join(uow: UnitOfWork, row: Enrollment, versions: dict[UUID, Program], instead: Program | None) -> Join:
    if row.program_version_id not in versions:
        versions[row.program_version_id] = programs.program_of(uow, version_id=row.program_version_id)
    was = versions[row.program_version_id]
    view = programs.enrollment(uow, enrollment_id=row.id)
    return Join(
        id=row.id,
        program=instead if instead is not None and instead.key == was.key else was,
        version=view.version if view else 0,
        anchor_at=row.anchor_at,
        at=row.enrolled_at,
    )


def _lines(
    uow: UnitOfWork, joins: Mapping[UUID, list[Join]], begin: datetime, until: datetime
) -> tuple[Line, ...]:
    wanted = cohorts.Wanted(since=begin, until=until)
    crews: dict[UUID, Crew] = {}
    by_phone: dict[UUID, list[Person]] = {}
    for patient_id, theirs in joins.items():
        links = patients.phones(uow, patient_id=patient_id)
        phone_id = patients.texting_phone(uow, patient_id=patient_id)
        phone_id = phone_id or next((one.phone_id for one in links), None)
        if phone_id is None:
            continue
        person = people.person(uow, patient_id, phone_id, tuple(theirs), wanted, crews)
        by_phone.setdefault(phone_id, []).append(_as_then(person))
    return tuple(replace(people.line(uow, one, all_), hold_until=None) for one, all_ in by_phone.items())


def _as_then(person: Person) -> Person:
    """Return somebody as they were before they answered: the replies will change it again."""
    visits = tuple(replace(one, status="booked") if one.status in ANSWERED else one for one in person.visits)
    standing = {purpose: _may(facts) for purpose, facts in person.standing.items()}
    return replace(person, visits=visits, standing=standing)


def _may(facts: Facts) -> Facts:
    if facts.opted_out_at is None and not facts.provider_blocked:
        return facts
    return facts.but(
        opted_out_at=None,
        confirmed_at=None,
        provider_blocked=False,
        consent_allowed=True,
        consent_reason="ok",
    )


def _texts(
    uow: UnitOfWork, lines: Sequence[Line], begin: datetime, until: datetime
) -> tuple[tuple[Said, ...], tuple[Text, ...]]:
    """Return what was written to us and by staff, and what we sent by ourselves."""
    everybody = {one.id: one for line in lines for one in line.people}
    asked = {"people": list(everybody), "since": begin, "until": until}
    said: dict[UUID, Said] = {}
    sent: dict[UUID, Text] = {}
    for row in uow.session.execute(_TEXTS, asked):
        person = everybody[row.about_patient if row.about_patient in everybody else row.holder]
        if row.id in sent:
            sent[row.id] = replace(sent[row.id], parts=(*sent[row.id].parts, _subject(row)))
            continue
        body = uow.vault.open("message.body", row.id, row.body_enc)
        if row.direction == "in" or row.kind == "staff":
            said[row.id] = Said(patient_id=person.id, at=row.at, text=body, by_staff=row.direction == "out")
        elif row.kind in OURS:
            sent[row.id] = Text(
                at=row.at,
                local=local(row.at, person.zone),
                patient_id=person.id,
                label=person.label,
                kind=row.kind,
                program=row.program,
                parts=(_subject(row),) if row.step else (),
                body=body,
                language=row.language or "",
                segments=row.segments,
            )
    return tuple(said.values()), tuple(sent.values())


def _subject(row: object) -> str:
    return subject_of(row.source_kind, row.step, row.occurrence, row.why)  # type: ignore[attr-defined]
