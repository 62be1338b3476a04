"""Who would be in a program, and all that the rules may know of them: read, never written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from outreach.care import queries as record
from outreach.conversations import queries as talk
from outreach.escalations import queries as roster
from outreach.escalations.rules.clocks import LOOK_AHEAD_DAYS
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.policy import queries as ledger
from outreach.policy.rules import Facts
from outreach.programs import queries as programs
from outreach.programs.models import Enrollment
from outreach.programs.rules import audience
from outreach.programs.rules.definition import Program
from outreach.rehearsal.queries import cohorts, courses
from outreach.rehearsal.queries.cohorts import Offer, Wanted
from outreach.rehearsal.rules.answers import Rates
from outreach.rehearsal.rules.cast import Activity, Aside, Crew, Join, Line, Person, Supply, Untexted, Visit
from outreach.staff import queries as staff
from outreach.staff.rules import stands_in

PURPOSES = ("care", "reminders")
FEWEST = 30
"""So many askings and more say something about how many are answered."""


def in_force(uow: UnitOfWork, *, tried: Program | None = None) -> tuple[Offer, ...]:
    """Return the programs in force, one of them replaced by the file that is tried."""
    found = {
        version.program: Offer(program=program, version=version.number)
        for version, program in programs.released(uow)
    }
    if tried is not None:
        known = found.get(tried.key)
        found[tried.key] = Offer(program=tried, version=known.version + 1 if known else 1)
    return tuple(found.values())


def lines(
    uow: UnitOfWork,
    *,
    offers: Sequence[Offer],
    wanted: Wanted,
    program: str | None,
    tried: Mapping[str, Program] | None = None,
    untexted: list[Untexted] | None = None,
) -> tuple[Line, ...]:
    """Return the phones of those who would be in a program (in any, without one), with all that matters.

    Who is in one already goes on from where they are now, by the version they have or by one that is
    `tried`; only for a moment that is past they begin anew: where they were then is a replay's to tell.
    Who has no phone that can be texted is put into `untexted`.
    """
    joins: dict[UUID, list[Join]] = {}
    for patient_id, found in cohorts.joins(uow, offers=offers, wanted=wanted):
        joins.setdefault(patients.resolve(uow, patient_id=patient_id), []).extend(found)
    crews: dict[UUID, Crew] = {}
    none_for = [] if untexted is None else untexted
    going_on = wanted.since >= uow.now
    by_phone: dict[UUID, list[Person]] = {}
    for patient_id, phone_id in _texted(uow, joins, program, with_others=going_on, left_out=none_for).items():
        one = person(uow, patient_id, phone_id, tuple(joins.get(patient_id, ())), wanted, crews)
        by_phone.setdefault(phone_id, []).append(_going_on(uow, one, tried or {}) if going_on else one)
    made = (line(uow, phone_id, people) for phone_id, people in by_phone.items())
    return tuple(courses.in_talk(uow, one) if going_on else one for one in made)


def _texted(
    uow: UnitOfWork,
    joins: Mapping[UUID, Sequence[Join]],
    program: str | None,
    *,
    with_others: bool,
    left_out: list[Untexted],
) -> dict[UUID, UUID]:
    """Return whom a program concerns, and whoever else is texted on their phones, each with their phone."""
    found: dict[UUID, UUID] = {}
    for patient_id, theirs in joins.items():
        if any(program in (None, one.program.key) for one in theirs):
            phone_id = patients.texting_phone(uow, patient_id=patient_id)
            if phone_id is not None:
                found[patient_id] = phone_id
            else:
                left_out.append(_untexted(uow, patient_id))
    if with_others:
        for phone_id in sorted(set(found.values())):
            for holder in patients.holders(uow, phone_id=phone_id):
                texted = patients.texting_phone(uow, patient_id=holder.patient_id)
                if holder.patient_id not in found and texted == phone_id:
                    found[holder.patient_id] = phone_id
    return found


def _untexted(uow: UnitOfWork, patient_id: UUID) -> Untexted:
    return Untexted(
        patient_id=patient_id,
        team_id=patients.contact_facts(uow, patient_id=patient_id).team_id,
        because=patients.untexted_because(uow, patient_id=patient_id),
    )


def _going_on(uow: UnitOfWork, one: Person, tried: Mapping[str, Program]) -> Person:
    """Return somebody with how far they have come; what they are in already they don't begin."""
    course = courses.course(uow, patient_id=one.id, tried=tried)
    return replace(one, joins=tuple(join for join in one.joins if not join.midway), course=course)


def person(
    uow: UnitOfWork,
    patient_id: UUID,
    phone_id: UUID,
    joins: tuple[Join, ...],
    wanted: Wanted,
    crews: dict[UUID, Crew],
) -> Person:
    """Return a patient with all that the rules may know of them when a run begins."""
    facts = patients.contact_facts(uow, patient_id=patient_id)
    if facts.team_id not in crews:
        crews[facts.team_id] = crew(uow, team_id=facts.team_id, since=wanted.since, until=wanted.until)
    theirs = crews[facts.team_id]
    near = patients.caregivers(uow, patient_id=patient_id)
    read_there = next((one.language for one in near if one.phone_id == phone_id), None)
    chart = record.record(uow, patient_id=patient_id)
    return Person(
        id=patient_id,
        label=str(patient_id),
        language=read_there or facts.language,
        zone=facts.zone,
        preferred_name=facts.preferred_name,
        patient=audience.plain(programs.patient_facts(facts)),
        crew=theirs,
        joins=joins,
        activities=tuple(
            Activity(id=one.id, phrase=one.phrase, day=one.day, status=one.status, timing=one.timing)
            for one in chart.activities
        ),
        visits=tuple(
            Visit(
                id=one.id,
                status=one.status,
                starts_at=one.starts_at,
                booked_on=one.booked_on,
                start_version=one.start_version,
                told_at=one.received_at,
            )
            for one in chart.appointments
        ),
        supplies=_supplies(chart),
        births=programs.births(chart),
        standing={
            purpose: _standing(uow, phone_id, theirs, patient_id, purpose, wanted.since)
            for purpose in PURPOSES
        },
        asides=tuple(
            _aside(uow, one, theirs, patient_id, wanted.since)
            for one in near
            if one.topics and one.phone_id != phone_id
        ),
    )


def _supplies(chart: record.CareRecord) -> tuple[Supply, ...]:
    return tuple(
        Supply(
            id=one.id,
            status=one.status,
            runs_out_on=one.runs_out_on,
            version=one.version,
            days_source=one.days_source,
            told_at=one.received_at,
        )
        for one in chart.medications
        if one.runs_out_on is not None
    )


def _aside(
    uow: UnitOfWork, near: patients.Caregiver, theirs: Crew, patient_id: UUID, since: datetime
) -> Aside:
    return Aside(
        id=near.phone_id,
        topics=frozenset(near.topics),
        may_answer=near.may_answer,
        language=near.language,
        standing={
            purpose: _standing(uow, near.phone_id, theirs, patient_id, purpose, since) for purpose in PURPOSES
        },
        hold_until=talk.talk_hold(uow, phone_id=near.phone_id),
    )


def _standing(
    uow: UnitOfWork, phone_id: UUID, theirs: Crew, patient_id: UUID, purpose: str, since: datetime
) -> Facts:
    facts = ledger.facts_for(
        uow,
        phone_id=phone_id,
        sender_id=staff.team(uow, theirs.id).sender_id,
        team_id=theirs.id,
        patient_id=patient_id,
        purpose=purpose,
        kind="program",
        at=since,
    )
    before = tuple(one for one in facts.contacts if one.at < since)
    return replace(facts, contacts=before, holidays=tuple(sorted({*facts.holidays, *theirs.holidays})))


def crew(uow: UnitOfWork, *, team_id: UUID, since: datetime, until: datetime) -> Crew:
    """Return a team with its hours while a dry run goes on."""
    team = staff.team(uow, team_id)
    shifts, entered = None, tuple[staff.ShiftView, ...]()
    if staff.has_roster(uow, team_id=team_id):
        entered = staff.shifts(
            uow, team_id=team_id, since=since, until=until + timedelta(days=LOOK_AHEAD_DAYS)
        )
        shifts = tuple((one.starts_at, one.ends_at) for one in entered)
    by_role = {
        role: tuple((one.starts_at, one.ends_at) for one in entered if stands_in(one.role, wanted=role))
        for role in roster.roles_of(uow, team_id=team_id)
    }
    return Crew(
        id=team.id,
        clinic=team.short_name,
        callback=team.callback_number,
        emergency=team.emergency_text_number,
        zone=team.zone,
        opening=team.opening_hours,
        holidays=team.holidays,
        shifts=shifts,
        by_role=by_role,
        can_page=roster.can_page(uow, team_id=team_id, at=since),
    )


def line(uow: UnitOfWork, phone_id: UUID, people: Sequence[Person]) -> Line:
    """Return a phone with the people on it."""
    holders = patients.holders(uow, phone_id=phone_id)
    may = {one.patient_id for one in holders if one.relation == "self" or "answer" in one.scopes}
    return Line(
        id=phone_id,
        people=tuple(replace(one, may_answer=one.id in may) for one in people),
        hint=holders[0].language if holders else None,
        hold_until=talk.talk_hold(uow, phone_id=phone_id),
    )


def measured(uow: UnitOfWork, *, program: Program) -> Rates | None:
    """Return how questions of a program were answered so far, None if too few were asked to say."""
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    means: dict[str, Counter[str]] = {}
    rows = uow.session.scalars(select(Enrollment.id).where(Enrollment.program == program.key)).all()
    for enrollment_id in rows:
        for question, state in programs.asked_in(uow, enrollment_id=enrollment_id):
            asked[question] += 1
            answered[question] += state == "answered"
        for one in programs.heard(uow, enrollment_id=enrollment_id):
            means.setdefault(one.question, Counter())[one.means] += 1
    enough = {key for key, count in asked.items() if count >= FEWEST}
    if not enough:
        return None
    return Rates(
        answered={key: answered[key] / asked[key] for key in enough},
        shares={
            key: {one: count / sum(found.values()) for one, count in found.items()}
            for key, found in means.items()
            if sum(found.values()) >= FEWEST
        },
        source="history",
    )


def default_crew(uow: UnitOfWork, *, since: datetime, until: datetime) -> Crew:
    """Return the team that invented people belong to."""
    return crew(uow, team_id=staff.default_team(uow).id, since=since, until=until)
