"""What a colleague hears who answers a page by text: at 3 a.m. they must know whether it counted."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select

from outreach.escalations import rules
from outreach.escalations.models import Escalation, Page
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import TextRequest
from outreach.patients import commands as patients
from outreach.staff import queries as staff


def confirm_taken(
    uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID, pager: Phone, sender_id: UUID
) -> None:
    """Text a colleague that an escalation is theirs, and how many they were paged about wait yet.

    Once for each that is taken, so that a machine which answers "ok" ends with what there is to take.
    """
    waiting = uow.session.scalar(
        select(func.count(func.distinct(Page.escalation_id)))
        .join(Escalation, Escalation.id == Page.escalation_id)
        .where(Page.staff_id == staff_id, Page.acknowledged_at.is_(None), Escalation.state == "raised")
    )
    row = uow.session.get_one(Escalation, escalation_id)
    team = staff.team(uow, row.team_id)
    body = rules.taken_text(
        clinic=team.short_name,
        team=team.name,
        tier=row.tier,
        more=waiting or 0,
        language=staff.language(uow, staff_id=staff_id),
    )
    _tell(uow, row, pager, sender_id, body)


def tell_not_taken(
    uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID, pager: Phone, sender_id: UUID
) -> None:
    """Text somebody whose answer to a page could not take it that it is still open, and who must take it."""
    row = uow.session.get_one(Escalation, escalation_id)
    team = staff.team(uow, row.team_id)
    body = rules.not_taken_text(
        clinic=team.short_name,
        team=team.name,
        tier=row.tier,
        language=staff.language(uow, staff_id=staff_id),
    )
    _tell(uow, row, pager, sender_id, body)


def _tell(uow: UnitOfWork, row: Escalation, pager: Phone, sender_id: UUID, body: str) -> None:
    messaging.queue(
        uow,
        TextRequest(
            phone_id=patients.phone_for(uow, phone=pager),
            sender_id=sender_id,
            team_id=row.team_id,
            body=body,
            author_kind="page",
            purpose="care",
            kind="page",
            source_kind="page",
            source_id=row.id,
            key=f"page-answer:{row.id}:{uow.new_id()}",
            language="en",
        ),
    )
