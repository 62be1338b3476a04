"""What stands beside a thread: who the person is, what was ordered, what comes next, what they agreed to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from outreach.care import queries as care
from outreach.consent import queries as consent
from outreach.conversations import queries as conversations
from outreach.escalations import queries as escalations
from outreach.kernel.asking import ask
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import queries as patients
from outreach.programs import queries as programs
from outreach.staff import queries as staff
from outreach.touchpoints import queries as touchpoints
from outreach.web import labels
from outreach.web.languages import Texts, gettext

NEXT_STEPS = 6
FEW_TASKS = 5
FEW_PAST = 5
LIVING_STATES = ("planned", "held")
GONE_APPOINTMENTS = ("cancelled", "declined", "done", "no_show")
LEDGER_WORDS = Texts(
    {
        "basis": "May be texted",
        "opt_in": "Asked to be texted",
        "opt_out": "Asked us to stop",
        "provider_block": "The provider blocks texts",
        "provider_unblock": "The provider lets texts through again",
        "warned": "Was told that texts are not encrypted",
        "wrong_person": "Somebody else has this number",
        "preference": "Changed what they want",
    }
)
SOURCES = Texts({"activity": "Care plan", "appointment": "Visit", "refill": "Supply", "program": "Program"})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One planned contact."""

    id: UUID
    due_at: datetime
    words: str
    source: str
    held: bool
    skipped: bool
    """By a colleague, who may take that back until its time comes."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A contact whose time was over when its program was planned."""

    id: UUID
    words: str
    day: date
    clock: str
    """The day and the time on the wall it was due at, where the person lives."""
    sent_at: datetime | None
    """When it went all the same; None if it was skipped."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """A program the person is or was in, with the next of what it has planned."""

    id: UUID
    title: str
    state: str
    since: datetime
    reason: str | None
    steps: tuple[Step, ...] = ()
    passed: tuple[Passed, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether there is something to pause or to stop."""
        return self.state in ("active", "paused")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A booked visit."""

    starts_at: datetime
    words: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Supply:
    """A medication and when it runs out."""

    words: str
    runs_out_on: date | None


@dataclass(frozen=True, kw_only=True)
class ConsentLine:
    """One line of the phone's ledger in words."""

    at: datetime
    words: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything the pane shows; a section without content is left out by the page."""

    person: patients.PatientView | None
    zone: str
    """Theirs, or the team's where nobody knows it."""
    discharged_at: datetime | None
    conditions: tuple[str, ...] = ()
    visits: tuple[Visit, ...] = ()
    supplies: tuple[Supply, ...] = ()
    courses: tuple[Course, ...] = ()
    steps: tuple[Step, ...] = ()
    """What is planned outside the programs: reminders of visits and supplies."""
    ledger: tuple[ConsentLine, ...] = ()
    warned: consent.Warned | None = None
    """When they were told that texts are not encrypted."""
    tasks: tuple[escalations.TaskView, ...] = ()
    past: tuple[conversations.PastView, ...] = ()


def context(
    uow: UnitOfWork, *, conversation: conversations.ConversationView, team_ids: Collection[UUID]
) -> Context:
    """Return what stands beside a thread; for an unknown sender only the phone's ledger."""
    if conversation.patient_id is None:
        return _stranger(uow, conversation)
    try:
        person = patients.access_patient(
            uow, patient_id=conversation.patient_id, team_ids=team_ids, purpose="conversation"
        )
    except NotFound:
        # Work that another team gave us: the conversation is ours, the record stays theirs.
        return _stranger(uow, conversation)
    record = care.record(uow, patient_id=person.id, rows=(person.id, *person.merged_ids))
    ledger = consent.ledger_of(conversation.phone_id)
    plans = touchpoints.planned_for(patient_id=person.id, states=LIVING_STATES, skipped_after=uow.now)
    tasks = escalations.tasks_about(patient_id=person.id, team_id=conversation.team_id, limit=FEW_TASKS)
    past = conversations.past_of(patient_id=person.id, team_ids=team_ids, but=conversation.id, limit=FEW_PAST)
    team = staff.teams_among([conversation.team_id])
    known = ask(uow, ledger, plans, tasks, past, team)
    planned, said_before = known[plans], known[ledger]
    zone = person.zone or known[team][0].zone
    courses = _courses(uow, person.id, planned, zone)
    ended = [one.ended_at for one in record.encounters if one.ended_at and one.kind != "ambulatory"]
    return Context(
        person=person,
        zone=zone,
        discharged_at=max(ended, default=None),
        conditions=tuple(dict.fromkeys(said(one.detail) for one in record.conditions if _active(one.status))),
        visits=_visits(record.appointments, uow.now),
        supplies=_supplies(record.medications),
        courses=courses,
        steps=tuple(_step(one) for one in planned if one.source_kind not in ("program", "activity"))[
            :NEXT_STEPS
        ],
        ledger=_consent_lines(said_before),
        warned=consent.warned(uow, patient_id=person.id),
        tasks=known[tasks],
        past=known[past],
    )


def _stranger(uow: UnitOfWork, conversation: conversations.ConversationView) -> Context:
    ledger, team = consent.ledger_of(conversation.phone_id), staff.teams_among([conversation.team_id])
    known = ask(uow, ledger, team)
    lines = known[ledger]
    return Context(person=None, zone=known[team][0].zone, discharged_at=None, ledger=_consent_lines(lines))


def said(detail: Mapping[str, Any]) -> str:
    """Return a clinical entry in the words of the system it came from."""
    for key in ("text", "display", "name", "description", "type", "reason"):
        if detail.get(key):
            return str(detail[key])
    return gettext("No description")


def _active(status: str) -> bool:
    return status not in ("inactive", "resolved", "remission", "entered-in-error")


def _visits(found: Collection[care.AppointmentView], now: datetime) -> tuple[Visit, ...]:
    ahead = [one for one in found if one.starts_at >= now and one.status not in GONE_APPOINTMENTS]
    return tuple(
        Visit(starts_at=one.starts_at, words=said(one.detail), status=one.status)
        for one in sorted(ahead, key=lambda one: one.starts_at)[:3]
    )


def _supplies(found: Collection[care.MedicationView]) -> tuple[Supply, ...]:
    living = [one for one in found if one.status in ("active", "on-hold", "unknown")]
    living.sort(key=lambda one: one.runs_out_on or date.max)
    return tuple(Supply(words=said(one.detail), runs_out_on=one.runs_out_on) for one in living[:6])


def _courses(
    uow: UnitOfWork, patient_id: UUID, planned: Collection[touchpoints.TouchpointView], zone: str
) -> tuple[Course, ...]:
    of_course: dict[str, list[touchpoints.TouchpointView]] = {}
    for one in planned:
        of_course.setdefault(str(one.why.get("enrollment_id", "")), []).append(one)
    found = tuple(
        Course(
            id=one.id,
            title=one.title,
            state=one.state,
            since=one.anchor_at,
            reason=one.stop_reason,
            steps=tuple(_step(each) for each in of_course.get(str(one.id), ()) if not _is_over(each))[
                :NEXT_STEPS
            ],
            passed=_passed(of_course.get(str(one.id), ()), zone),
        )
        for one in programs.enrollments(uow, patient_id=patient_id)
    )
    return tuple(sorted(found, key=lambda one: (not one.runs, one.title)))


def _is_over(one: touchpoints.TouchpointView) -> bool:
    return one.state in touchpoints.SAID or one.reason == touchpoints.ALREADY_PAST


def _passed(planned: Collection[touchpoints.TouchpointView], zone: str) -> tuple[Passed, ...]:
    # A moved anchor plans anew: what an older plan let go of is no news beside the newer one's.
    newest: dict[UUID, int] = {}
    for one in planned:
        newest[one.source_id] = max(one.anchor_version, newest.get(one.source_id, 0))
    found = [
        Passed(
            id=one.id,
            words=labels.step(one.source_kind, one.step),
            day=one.local_day,
            clock=one.local_time,
            sent_at=one.due_at if one.state in touchpoints.SAID else None,
        )
        for one in planned
        if _is_over(one) and one.anchor_version == newest[one.source_id] and _came_late(one, zone)
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.clock)))


def _came_late(one: touchpoints.TouchpointView, zone: str) -> bool:
    """Tell whether a contact was skipped, or went on a later day than its own."""
    return one.state == "skipped" or one.due_at.astimezone(ZoneInfo(zone)).date() > one.local_day


def _step(one: touchpoints.TouchpointView) -> Step:
    return Step(
        id=one.id,
        due_at=one.due_at,
        words=labels.step(one.source_kind, one.step),
        source=SOURCES.get(one.source_kind, one.source_kind),
        held=one.state == "held",
        skipped=one.state == "skipped",
    )


def _consent_words(line: consent.LedgerLine) -> str:
    said_ = LEDGER_WORDS.get(line.kind, line.kind)
    return said_ if line.purpose == "all" else f"{said_}: {labels.PURPOSES.get(line.purpose, line.purpose)}"


def _consent_lines(found: Collection[consent.LedgerLine]) -> tuple[ConsentLine, ...]:
    lines = sorted(found, key=lambda one: one.at, reverse=True)
    return tuple(
        ConsentLine(at=one.at, words=_consent_words(one), how=labels.plain(one.how)) for one in lines[:6]
    )
