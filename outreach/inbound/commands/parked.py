"""Facts whose work kept failing: each is a task for a person, and can be tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from outreach.audit import commands as audit
from outreach.escalations import commands as escalations
from outreach.escalations.models import Task
from outreach.inbound.events import SafetyReadingDue, TextReceived
from outreach.kernel.errors import NotFound
from outreach.kernel.facts import Fact
from outreach.kernel.outbox import Parked
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients.models import Patient
from outreach.staff import queries as staff

READINGS = (TextReceived.name, SafetyReadingDue.name)
"""Facts about texts that arrived: `rescue_parked` gives those to a person with the text itself."""
KIND, SOURCE = "parked_fact", "parked"
AT_ONCE = 50


class NotParked(NotFound):
    """Nothing is parked under this id, or somebody has settled it. See `outreach parked list`."""


@dataclass(frozen=True, kw_only=True)
class ParkedView:
    """One fact that waits for a person: names of ours, no patient's."""

    id: UUID
    fact: str
    handler: str
    error: str
    parked_at: datetime


def parked_facts(uow: UnitOfWork) -> tuple[ParkedView, ...]:
    """Return what is parked and not settled, oldest first."""
    rows = uow.session.scalars(
        select(Parked).where(Parked.settled_at.is_(None)).order_by(Parked.parked_at, Parked.id)
    )
    return tuple(
        ParkedView(
            id=row.id,
            fact=str(row.payload.get("fact")),
            handler=row.handler,
            error=row.error,
            parked_at=row.parked_at,
        )
        for row in rows
    )


def tasks_for_parked(uow: UnitOfWork) -> int:
    """Make a task of everything parked that is no text's reading and has none yet. Return how many."""
    teams = {str(one.id): one.id for one in staff.teams(uow)}
    if not teams:
        return 0
    known = select(Task.id).where(Task.source_kind == SOURCE, Task.source_id == Parked.id)
    rows = uow.session.scalars(
        select(Parked)
        .where(
            Parked.settled_at.is_(None),
            Parked.payload["fact"].astext.not_in(READINGS),
            ~known.exists(),
        )
        .order_by(Parked.parked_at)
        .limit(AT_ONCE)
    ).all()
    for row in rows:
        escalations.add_task(
            uow,
            team_id=teams.get(str(row.payload.get("team_id"))) or staff.default_team(uow).id,
            kind=KIND,
            source_kind=SOURCE,
            source_id=row.id,
            due_at=uow.now,
            patient_id=_patient(uow, row),
            detail=f"{row.payload.get('fact')} was not handled ({row.handler}). Check by hand what should "
            f"have followed. An operator can try it again: outreach parked retry {row.id}",
        )
    return len(rows)


def retry_parked(
    uow: UnitOfWork, handlers: Mapping[str, Callable[[UnitOfWork, Any], None]], *, parked_id: UUID
) -> None:
    """Do what is parked now, settle it and finish its task. Raise NotParked, or what its handler raises."""
    row = uow.session.scalars(
        select(Parked)
        .where(Parked.id == parked_id, Parked.settled_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotParked
    handlers[row.handler](uow, Fact.load(row.payload))
    row.settled_at = uow.machine_now
    escalations.close_task(
        uow, kind=KIND, source_kind=SOURCE, source_id=row.id, outcome="It worked when retried."
    )
    audit.record(
        uow,
        action="parked_retried",
        subject_kind="parked",
        subject_id=row.id,
        detail={"fact": row.payload.get("fact"), "handler": row.handler},
    )


def _patient(uow: UnitOfWork, row: Parked) -> UUID | None:
    named = row.payload.get("patient_id")
    return uow.session.scalar(select(Patient.id).where(Patient.id == UUID(named))) if named else None
