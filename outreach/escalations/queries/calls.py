"""Who has to be called or visited: the live-call list. Silence, calls after discharge, nobody to text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.escalations.queries.escalations import EscalationView, open_for
from outreach.escalations.queries.tasks import TaskView, tasks
from outreach.kernel.phone import Phone as Number
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import PatientPhone, Phone
from outreach.patients.rules import topics_of

CALLS = ("live_call", "tcm_call", "weekly_call", "visit")
"""Kinds of tasks that a voice or a visit finishes, never a text."""
MOST_CALLS = 200


@dataclass(frozen=True, kw_only=True)
class Dial:
    """A number to call, and whose it is to the patient."""

    number: Number
    relation: str
    """self | caregiver ..."""
    name: str | None = field(default=None, repr=False)
    """A caregiver's."""
    may_be_told: bool = False
    """The patient allowed us to tell them how they are."""
    topics: tuple[str, ...] = ()
    """What the patient chose them for: about that they may be told, too."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call or visit to make."""

    due_at: datetime
    is_late: bool
    kind: str
    """A kind of task, or `silence`."""
    team_id: UUID
    patient_id: UUID | None
    patient_name: str | None = field(repr=False)
    conversation_id: UUID | None
    owner_name: str | None
    owner_id: UUID | None
    detail: str | None = field(repr=False)
    dial: tuple[Dial, ...] = field(repr=False)
    task_id: UUID | None
    escalation_id: UUID | None


def calls(uow: UnitOfWork, *, team_ids: Collection[UUID]) -> tuple[Call, ...]:
    """Return the calls and visits that some teams have to make, the one due soonest first."""
    silent = open_for(uow, team_ids=team_ids, tiers=("silent",), limit=MOST_CALLS)
    open_tasks = tasks(uow, team_ids=team_ids, kinds=CALLS, limit=MOST_CALLS).rows
    about = [one.patient_id for one in silent] + [one.patient_id for one in open_tasks]
    dial = _numbers(uow, {one for one in about if one})
    found = [_of_silence(one, dial) for one in silent] + [_of_task(one, dial) for one in open_tasks]
    return tuple(sorted(found, key=lambda one: one.due_at)[:MOST_CALLS])


def _of_silence(one: EscalationView, dial: dict[UUID, tuple[Dial, ...]]) -> Call:
    return Call(
        due_at=one.due_at,
        is_late=one.is_late,
        kind="silence",
        team_id=one.team_id,
        patient_id=one.patient_id,
        patient_name=one.patient_name,
        conversation_id=one.conversation_id,
        owner_name=one.owner_name,
        owner_id=one.owner_id,
        detail=None,
        dial=dial.get(one.patient_id, ()) if one.patient_id else (),
        task_id=None,
        escalation_id=one.escalation_id,
    )


def _of_task(one: TaskView, dial: dict[UUID, tuple[Dial, ...]]) -> Call:
    return Call(
        due_at=one.due_at,
        is_late=one.is_late,
        kind=one.kind,
        team_id=one.team_id,
        patient_id=one.patient_id,
        patient_name=one.patient_name,
        conversation_id=one.conversation_id,
        owner_name=one.owner_name,
        owner_id=one.owner_id,
        detail=one.detail,
        dial=dial.get(one.patient_id, ()) if one.patient_id else (),
        task_id=one.task_id,
        escalation_id=None,
    )


def _numbers(uow: UnitOfWork, patient_ids: Collection[UUID]) -> dict[UUID, tuple[Dial, ...]]:
    """Return the numbers of patients, their own first. A number that can't get texts may well ring."""
    rows = uow.session.execute(
        select(
            PatientPhone.patient_id,
            PatientPhone.relation,
            PatientPhone.scopes,
            PatientPhone.holder_name_enc,
            PatientPhone.id.label("link_id"),
            Phone.id,
            Phone.e164_enc,
        )
        .join(Phone, Phone.id == PatientPhone.phone_id)
        .where(
            PatientPhone.patient_id.in_(list(patient_ids)),
            PatientPhone.ended_at.is_(None),
            Phone.state != "wrong_person",
        )
        .order_by((PatientPhone.relation != "self"), PatientPhone.rank, PatientPhone.id)
    )
    found: dict[UUID, tuple[Dial, ...]] = {}
    for row in rows:
        number = Number(uow.vault.open("phone.e164", row.id, row.e164_enc))
        found[row.patient_id] = (
            *found.get(row.patient_id, ()),
            Dial(
                number=number,
                relation=row.relation,
                name=_name(uow, row),
                may_be_told="be_told" in row.scopes,
                topics=topics_of(row.scopes),
            ),
        )
    return found


def _name(uow: UnitOfWork, row: Any) -> str | None:
    if row.relation == "self" or row.holder_name_enc is None:
        return None
    return uow.vault.open("patient_phone.holder_name", row.link_id, row.holder_name_enc)
