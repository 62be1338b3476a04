"""What people do about an escalation: take it, resolve it with an outcome, or say that it was none."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from outreach.audit import commands as audit
from outreach.escalations import queries, rules
from outreach.escalations.commands.raising import hold, show
from outreach.escalations.events import EscalationOverruled, EscalationRaised
from outreach.escalations.models import Escalation, Page
from outreach.kernel.errors import Conflict, Invalid
from outreach.kernel.unit_of_work import UnitOfWork


class AcknowledgedAlready(Conflict):
    """A colleague has taken this. Ask them, or take it over from them."""


class NotOpen(Conflict):
    """This has been dealt with already. Reopen it if something is left to do."""


class NotOver(Conflict):
    """This is still open."""


class UnknownOutcome(Invalid):
    """Choose an outcome from the list."""


class NoteMissing(Invalid):
    """Write a note: what you did, whom you reached, what happens next."""


def acknowledge(uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID) -> None:
    """Take an escalation: the ladder stops, its clock runs on until it is resolved.

    Raise AcknowledgedAlready if a colleague has it, NotOpen if it is over.
    """
    row = hold(uow, escalation_id)
    if row.state == "acknowledged" and row.owner_id == staff_id:
        return
    if row.state == "acknowledged":
        raise AcknowledgedAlready
    _must_be_open(row)
    _take(uow, row, staff_id)


def take_over(uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID) -> None:
    """Take an escalation from a colleague, or one that nobody has yet. Raise NotOpen."""
    row = hold(uow, escalation_id)
    _must_be_open(row)
    _take(uow, row, staff_id)


@dataclass(frozen=True, kw_only=True)
class PageAnswer:
    """What an answer to a page was about, and whether it is theirs now."""

    escalation_id: UUID
    taken: bool


def give_back(uow: UnitOfWork, *, escalation_id: UUID) -> None:
    """Make an escalation nobody's again, as its owner is gone: its ladder starts anew. Raise NotOpen."""
    row = hold(uow, escalation_id)
    _must_be_open(row)
    hours = queries.hours(uow, team_id=row.team_id, since=uow.now)
    row.state, row.owner_id, row.step = "raised", None, 0
    row.next_step_at = rules.first_step_at(row.tier, raised_at=uow.now, due=row.due_at, hours=hours)
    _after(uow, row, "given_back")


def acknowledge_page(uow: UnitOfWork, *, staff_id: UUID) -> PageAnswer | None:
    """Take what the newest unanswered page of somebody was about; None if there is no such page.

    One answer takes one escalation: those they were paged about before keep climbing until taken too. Who may
    not act on it (an operator, a coordinator) has only seen it: the ladder goes on.
    """
    page = uow.session.scalars(
        select(Page)
        .join(Escalation, Escalation.id == Page.escalation_id)
        .where(Page.staff_id == staff_id, Page.acknowledged_at.is_(None), Escalation.state == "raised")
        .order_by(Page.at.desc(), Page.id.desc())
        .limit(1)
    ).one_or_none()
    if page is None:
        return None
    row = hold(uow, page.escalation_id)
    if row.state != "raised":
        return None
    page.acknowledged_at = uow.now
    taken = staff_id in queries.acting_in(uow, team_id=row.team_id)
    if taken:
        _take(uow, row, staff_id)
    else:
        _after(uow, row, "page_seen")
    return PageAnswer(escalation_id=row.id, taken=taken)


def resolve(uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID, outcome: str, note: str) -> None:
    """Close an escalation with what came of it. Raise UnknownOutcome, NoteMissing, NotOpen."""
    if outcome not in rules.OUTCOMES:
        raise UnknownOutcome
    _finish(uow, escalation_id, staff_id, state="resolved", outcome=outcome, note=note)


def overrule(uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID, note: str) -> None:
    """Close an escalation that was none: its reading goes on the list for the next lexicon version.

    Publishes EscalationOverruled. Raise NoteMissing, NotOpen.
    """
    _finish(uow, escalation_id, staff_id, state="overruled", outcome=None, note=note)
    uow.publish(EscalationOverruled(escalation_id=escalation_id, staff_id=staff_id))


def reopen(uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID) -> None:
    """Open an escalation again with a new clock, in the hands of whoever reopens it. Raise NotOver."""
    row = hold(uow, escalation_id)
    if row.state in rules.OPEN_STATES:
        raise NotOver
    hours = queries.hours(uow, team_id=row.team_id, since=uow.now)
    row.first_due_at = row.first_due_at or row.due_at
    row.due_at = rules.due_at(row.tier, raised_at=uow.now, hours=hours)
    row.state, row.outcome, row.resolved_at, row.resolved_by = "raised", None, None, None
    _take(uow, row, staff_id, action="reopened")
    uow.publish(EscalationRaised(escalation_id=row.id))


def _must_be_open(row: Escalation) -> None:
    if row.state not in rules.OPEN_STATES:
        raise NotOpen


def _take(uow: UnitOfWork, row: Escalation, staff_id: UUID, *, action: str = "acknowledged") -> None:
    row.state, row.owner_id, row.next_step_at = "acknowledged", staff_id, None
    row.acknowledged_at = row.acknowledged_at or uow.now
    row.acknowledged_by = row.acknowledged_by or staff_id
    _after(uow, row, action)


def _finish(
    uow: UnitOfWork, escalation_id: UUID, staff_id: UUID, *, state: str, outcome: str | None, note: str
) -> None:
    if not note.strip():
        raise NoteMissing
    row = hold(uow, escalation_id)
    _must_be_open(row)
    row.state, row.outcome, row.next_step_at = state, outcome, None
    row.resolved_at, row.resolved_by = uow.now, staff_id
    row.owner_id = row.owner_id or staff_id
    row.acknowledged_at = row.acknowledged_at or uow.now  # whoever closes it at once had it
    row.acknowledged_by = row.acknowledged_by or staff_id
    row.note_enc = uow.vault.seal("escalation.note", row.id, note)
    _after(uow, row, state)


def _after(uow: UnitOfWork, row: Escalation, action: str) -> None:
    if row.conversation_id is not None:
        show(uow, conversation_id=row.conversation_id)
    audit.record(
        uow,
        action=action,
        subject_kind="escalation",
        subject_id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        detail={"tier": row.tier, "outcome": row.outcome},
    )
