"""How far people have come: their enrollments, contacts, silences and questions, as they are stored now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from outreach.conversations import queries as talk
from outreach.conversations.models import Conversation
from outreach.escalations.models import Escalation
from outreach.inbound.rules import WHICH
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message
from outreach.patients import queries as patients
from outreach.programs import queries as programs
from outreach.programs.models import Enrollment
from outreach.programs.rules.definition import Program
from outreach.rehearsal.queries import acts
from outreach.rehearsal.rules.cast import RUNNING, Asked, Course, Going, Join, Line, Planned
from outreach.staff import queries as staff
from outreach.touchpoints.models import Touchpoint


def course(uow: UnitOfWork, *, patient_id: UUID, tried: Mapping[str, Program]) -> Course:
    """Return how far somebody has come. `tried` goes on in the place of what they are in, by its key."""
    family = patients.same_person(uow, patient_id=patient_id)
    going = tuple(_going(uow, family))
    ids = [one.join.id for one in going]
    planned = tuple(_planned(uow, family))
    return Course(
        going=going,
        planned=planned,
        silences=frozenset(_silences(uow, [*ids, *(one.id for one in planned if one.state == "answered")])),
        moves=tuple(
            replace(one.join, program=tried[one.join.program.key], version=0)
            for one in going
            if one.state in RUNNING and one.join.program.key in tried
        ),
    )


def _going(uow: UnitOfWork, family: Collection[UUID]) -> Iterable[Going]:
    rows = uow.session.scalars(
        select(Enrollment)
        .where(Enrollment.patient_id.in_(family))
        .order_by(Enrollment.enrolled_at, Enrollment.id)
    ).all()
    for row in rows:
        view = programs.enrollment(uow, enrollment_id=row.id)
        if view is not None:
            join = Join(
                id=row.id,
                program=programs.program_of(uow, version_id=row.program_version_id),
                version=view.version,
                anchor_at=row.anchor_at,
                at=row.enrolled_at,
            )
            yield Going(
                join=join,
                anchor_version=row.anchor_version,
                state=row.state,
                reason=row.stop_reason,
                heard=view.heard,
            )


_PLANNED = (
    Touchpoint.id,
    Touchpoint.source_kind,
    Touchpoint.source_id,
    Touchpoint.step,
    Touchpoint.occurrence,
    Touchpoint.anchor_version,
    Touchpoint.local_day,
    Touchpoint.local_time,
    Touchpoint.due_at,
    Touchpoint.not_after,
    Touchpoint.state,
    Touchpoint.reason,
    Touchpoint.why,
)


def _planned(uow: UnitOfWork, family: Collection[UUID]) -> Iterable[Planned]:
    rows = uow.session.execute(
        select(*_PLANNED)
        .where(Touchpoint.patient_id.in_(family))
        .order_by(Touchpoint.due_at, Touchpoint.step, Touchpoint.id)
    )
    for row in rows:
        found: dict[str, Any] = dict(row._mapping)
        yield Planned(**found | {"local_time": time.fromisoformat(found["local_time"])})


def _silences(uow: UnitOfWork, after: Collection[UUID]) -> Iterable[UUID]:
    return uow.session.scalars(
        select(Escalation.source_id).where(
            Escalation.source_kind == "silence", Escalation.source_id.in_(after)
        )
    ).all()


def in_talk(uow: UnitOfWork, line: Line) -> Line:
    """Return a phone with the questions that may still be answered, and when people last wrote."""
    team_id = line.people[0].crew.id
    sender_id = staff.team(uow, team_id).sender_id
    prompts = {
        one.prompt_id: one
        for one in (
            *talk.recent_prompts(uow, phone_id=line.id, sender_id=sender_id),
            *talk.awaited(uow, phone_id=line.id, sender_id=sender_id),
        )
        if one.state == "open" or one.question.get("key") != WHICH
    }
    thread = talk.find(uow, phone_id=line.id, team_id=team_id)
    return replace(
        line,
        asked=tuple(
            Asked(
                id=one.prompt_id,
                patient_id=patients.resolve(uow, patient_id=one.patient_id),
                source_kind=one.source_kind,
                source_id=one.source_id,
                question=one.question,
                opened_at=one.opened_at,
                expires_at=one.expires_at,
                state=one.state,
            )
            for one in prompts.values()
        ),
        pauses=acts.pauses(uow, since=uow.now),
        sender=str(sender_id),
        wrote_at=_wrote_at(uow, line.id, team_id),
        staff_wrote_at=None if thread is None else talk.staff_wrote_at(uow, conversation_id=thread.id),
    )


def _wrote_at(uow: UnitOfWork, phone_id: UUID, team_id: UUID) -> datetime | None:
    return uow.session.scalar(
        select(func.max(Message.at))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Conversation.phone_id == phone_id, Conversation.team_id == team_id, Message.direction == "in")
    )
