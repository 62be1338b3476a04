"""A stretch of the past, run again from the stored facts and replies, beside what was really sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.policy.rules import Facts
from outreach.programs import queries as programs
from outreach.programs.models import Enrollment
from outreach.programs.rules.definition import Program
from outreach.rehearsal.queries import acts, cohorts, people, record
from outreach.rehearsal.rules import compare, run
from outreach.rehearsal.rules.answers import NOBODY
from outreach.rehearsal.rules.cast import Act, Crew, Line, Person, Said
from outreach.rehearsal.rules.report import DryRun, Text, local
from outreach.rehearsal.rules.state import subject_of
from outreach.staff import queries as staff
from outreach.touchpoints.models import Touchpoint

OURS = ("program", "reminder", "reply", "safety", "confirmation")
OVER = ("arrived", "done", "no_show", "cancelled")
"""States that a visit came to later: before, it was booked."""
OFF = "appointment_off"
BEFORE = "paused"
"""Reason of a contact that an enrollment's pause let go."""

_TEXTS = text(
    """
    SELECT m.id, m.phone_id, m.direction, m.kind, m.author_kind, m.at, m.body_enc, m.about_patient, m.program,
        m.language, m.segments, m.due_at, m.state,
        t.source_kind, t.step, t.occurrence, t.why, t.due_at AS had_turn_at, l.patient_id AS holder
    FROM message m
    JOIN LATERAL (
        SELECT patient_id FROM patient_phone
        WHERE phone_id = m.phone_id AND patient_id = ANY(CAST(:people AS uuid[])) ORDER BY patient_id LIMIT 1
    ) AS l ON true
    LEFT JOIN touchpoint t ON t.message_id = m.id
    WHERE m.at >= :since AND m.at < :until
    ORDER BY m.at, m.id, t.source_kind <> 'appointment', t.step
    """
)


SOON = timedelta(minutes=1)
"""A colleague's text that may be taken back for some seconds goes at once; one for later, later than this."""


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
    """Enrollments whose start or version was moved before changes were kept: these are played as they are."""
    people: tuple[UUID, ...] = ()
    """Who was played."""
    not_played: int = 0
    """Contacts let go in a program's pause before changes were kept: the replay plays on as if there had been
    no pause."""
    left_out: int = 0
    """How many more there are than were asked for."""
    teams_changed: int = 0
    """Teams whose hours, roster or settings were changed since: they are taken as they are now."""
    changed_unseen: int = 0
    """People whose visits, care plan or medicines were changed since, before such changes were kept: they are
    played as first known afterwards."""


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
    done = acts.changes(uow, enrollment_ids=[row.id for row in rows])
    lines, unseen = _lines(uow, rows, done, instead, begin=begin, since=since, until=until)
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
    old = _replaced(uow, rows, instead)
    return Replay(
        since=since,
        until=until,
        sent=before,
        again=again,
        differences=compare.differences(
            before,
            again.texts,
            happened=whole.events,
            old=old,
            new=instead,
            let_go=_let_go(uow, lines, begin, until),
        ),
        moved_anchors=sum(1 for row in rows if row.anchor_version > 1 and not done.get(row.id)),
        people=tuple(one.id for line in lines for one in line.people),
        not_played=_not_played(uow, [row.id for row in rows if not done.get(row.id)], begin, until),
        left_out=left_out,
        changed_unseen=unseen,
        teams_changed=record.teams_changed(
            uow,
            team_ids={one.crew.id for line in lines for one in line.people},
            since=since,
            until=until,
        ),
    )


def _let_go(
    uow: UnitOfWork, lines: Sequence[Line], begin: datetime, until: datetime
) -> dict[tuple[str, str], str]:
    """Return why contacts were not made then, by who and which."""
    labels = {person.id: person.label for line in lines for person in line.people}
    row = Touchpoint
    found = uow.session.execute(
        select(row.patient_id, row.source_kind, row.step, row.occurrence, row.why, row.reason).where(
            row.patient_id.in_(labels),
            row.state.in_(("skipped", "suppressed", "expired")),
            row.settled_at >= begin,
            row.settled_at < until,
        )
    )
    return {(labels[one.patient_id], _subject(one)): one.reason for one in found if one.reason is not None}


def _replaced(uow: UnitOfWork, rows: Sequence[Enrollment], instead: Program | None) -> Program | None:
    """Return the version that ran where another is looked at."""
    if instead is None:
        return None
    ran = [row for row in rows if row.program == instead.key]
    return programs.program_of(uow, version_id=ran[-1].program_version_id) if ran else None


def _not_played(uow: UnitOfWork, enrollment_ids: Collection[UUID], begin: datetime, until: datetime) -> int:
    """Count what is dated on the record and no part of a replay."""
    found = uow.session.scalar(
        select(func.count())
        .select_from(Touchpoint)
        .where(
            Touchpoint.source_id.in_(enrollment_ids),
            Touchpoint.reason == BEFORE,
            Touchpoint.settled_at >= begin,
            Touchpoint.settled_at < until,
        )
    )
    return found or 0


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


def _lines(
    uow: UnitOfWork,
    rows: Sequence[Enrollment],
    done: acts.Changes,
    instead: Program | None,
    *,
    begin: datetime,
    since: datetime,
    until: datetime,
) -> tuple[tuple[Line, ...], int]:
    wanted = cohorts.Wanted(since=begin, until=until)
    crews: dict[UUID, Crew] = {}
    by_phone: dict[UUID, list[Person]] = {}
    happened: dict[UUID, list[Act]] = {}
    theirs: dict[UUID, list[Enrollment]] = {}
    unseen = 0
    for row in rows:
        theirs.setdefault(row.patient_id, []).append(row)
    for patient_id, enrolled in theirs.items():
        links = patients.phones(uow, patient_id=patient_id)
        phone_id = patients.texting_phone(uow, patient_id=patient_id)
        phone_id = phone_id or next((one.phone_id for one in links), None)
        if phone_id is None:
            continue
        joins = tuple(acts.began(uow, row, done.get(row.id, ()), instead) for row in enrolled)
        found = people.person(uow, patient_id, phone_id, joins, wanted, crews)
        then = record.as_it_was(uow, found, phone_id=phone_id, begin=begin, since=since)
        unseen += then.unseen
        by_phone.setdefault(phone_id, []).append(_as_then(uow, then))
        ends = [
            one for row in enrolled for one in acts.of_enrollment(uow, row, done.get(row.id, ()), instead)
        ]
        happened.setdefault(phone_id, []).extend(_acts(uow, patient_id, phone_id, ends, then))
    held = acts.pauses(uow, since=begin, until=until)
    moved = acts.spread(
        uow,
        zones={
            row_id: one.zone
            for all_ in by_phone.values()
            for one in all_
            for row_id in patients.same_person(uow, patient_id=one.id)
        },
    )
    lines = tuple(
        replace(
            people.line(uow, one, all_),
            hold_until=None,
            acts=tuple(act for act in happened[one] if act.at < until),
            pauses=held,
            spread=moved,
            sender=str(staff.team(uow, all_[0].crew.id).sender_id),
        )
        for one, all_ in by_phone.items()
    )
    return lines, unseen


def _acts(
    uow: UnitOfWork, patient_id: UUID, phone_id: UUID, ends: Sequence[Act], then: record.Then
) -> Iterable[Act]:
    """Return everything that was done to somebody, in the order in which it is done again."""
    family = patients.same_person(uow, patient_id=patient_id)
    return sorted(
        (
            *acts.of_record(uow, family=family, patient_id=patient_id, ends=ends),
            *acts.said_of_texting(uow, phone_id=phone_id, patient_id=patient_id),
            *acts.skipped(uow, family=family, patient_id=patient_id),
            *acts.of_visits(uow, patient_id=patient_id, known=then.visits),
            *then.acts,
            *ends,
        ),
        key=lambda one: one.at,
    )


def _as_then(uow: UnitOfWork, then: record.Then) -> Person:
    """Return somebody as they were before all that: it will be done again."""
    person = then.person
    visits = tuple(
        replace(one, status="booked", told_at=_told(uow, "appointment", one.id, one.told_at))
        if one.status in (*record.ANSWERED, *OVER) and one.id not in then.visits
        else one
        for one in person.visits
    )
    standing = {purpose: _may(facts) for purpose, facts in person.standing.items()}
    asides = tuple(
        replace(one, standing={purpose: _may(facts) for purpose, facts in one.standing.items()})
        for one in person.asides
    )
    patient = {**person.patient, "deceased": False, "hospice": False}
    return replace(person, visits=visits, standing=standing, asides=asides, patient=patient)


def _told(uow: UnitOfWork, kind: str, source_id: UUID, changed_at: datetime | None) -> datetime | None:
    """Return when we first heard of something that may have changed since, None for before it mattered."""
    planned = select(Touchpoint.settled_at, Touchpoint.reason).where(
        Touchpoint.source_kind == kind, Touchpoint.source_id == source_id, Touchpoint.settled_at.is_not(None)
    )
    found = uow.session.execute(planned.order_by(Touchpoint.settled_at).limit(1)).one_or_none()
    if found is None or changed_at is None:
        return changed_at
    settled_at: datetime = found.settled_at
    if found.reason == "already_past":
        return settled_at
    return None if settled_at < changed_at or found.reason == OFF else changed_at


def _may(facts: Facts) -> Facts:
    lived = facts.but(deceased=False, hospice=False, readmitted=False, paused=None)
    if facts.opted_out_at is None and not facts.provider_blocked and facts.consent_reason != "refused":
        return lived
    return lived.but(
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
    places = {one.id: record.zones(line.acts, one) for line in lines for one in line.people}
    asked = {"people": list(everybody), "since": begin, "until": until}
    said: dict[UUID, Said] = {}
    sent: dict[UUID, Text] = {}
    for row in uow.session.execute(_TEXTS, asked):
        person = everybody[row.about_patient if row.about_patient in everybody else row.holder]
        if row.id in sent:
            known = sent[row.id]
            late = min(known.late, _late(row))
            sent[row.id] = replace(known, parts=(*known.parts, _subject(row)), late=late)
            continue
        body = uow.vault.open("message.body", row.id, row.body_enc)
        if row.direction == "in" or row.kind == "staff":
            by_staff = row.direction == "out"
            said[row.id] = Said(
                patient_id=person.id,
                phone_id=row.phone_id,
                at=row.at,
                text=body,
                by_staff=by_staff,
                goes_at=row.due_at if by_staff and row.due_at - row.at > SOON else None,
                taken_back=by_staff and row.state == "canceled",
            )
        elif row.kind in OURS:
            sent[row.id] = Text(
                at=row.at,
                local=local(row.at, record.zone_at(places[person.id], row.at)),
                patient_id=person.id,
                label=person.label,
                kind=row.kind,
                program=row.program,
                parts=(_subject(row),) if row.step else (),
                body=body,
                language=row.language or "",
                segments=row.segments,
                late=_late(row),
            )
    return tuple(said.values()), tuple(sent.values())


def _late(row: Any) -> int:
    """Return by how many whole minutes a text left after its contact was due."""
    return 0 if row.had_turn_at is None else int((row.at - row.had_turn_at) / compare.MINUTE)


def _subject(row: object) -> str:
    return subject_of(row.source_kind, row.step, row.occurrence, row.why)  # type: ignore[attr-defined]
