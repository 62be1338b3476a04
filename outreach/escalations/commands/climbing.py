"""The ladder: on call, backup, everyone, operator. Who can't be paged is passed over, and that stays
visible.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from outreach.escalations import queries, rules
from outreach.escalations.commands.raising import hold, show
from outreach.escalations.models import Escalation, Page
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Queued, TextRequest
from outreach.patients import commands as patients
from outreach.staff import queries as staff

logger = log.get(__name__)


def climb(uow: UnitOfWork, *, escalation_id: UUID) -> bool:
    """Take the next step of an escalation's ladder if it is due; return whether anybody was paged.

    A rung with nobody to page is passed over at once. Above the last rung nothing more happens by itself: the
    escalation stays open, late and on top of its lists.
    """
    row = hold(uow, escalation_id)
    if row.state != "raised" or row.next_step_at is None or row.next_step_at > uow.now:
        return False
    paged: list[UUID] = []
    while not paged and (rung := rules.rung_at(row.tier, row.step)) is not None:
        paged = _page_rung(uow, row, rung)
        row.step += 1
    wait = rules.wait_for(row.tier, row.step)
    row.next_step_at = uow.now + wait if paged and wait is not None else None
    if not paged:
        logger.error("escalation_unpaged", escalation_id=str(escalation_id), tier=row.tier)
    if row.conversation_id is not None:
        show(uow, conversation_id=row.conversation_id)
    return bool(paged)


def _page_rung(uow: UnitOfWork, row: Escalation, rung: rules.Rung) -> list[UUID]:
    people = queries.people_at(uow, who=rung.who, team_id=row.team_id, at=uow.now)
    sender = staff.pages_from(uow, team_id=row.team_id)
    paged, passed = [], []
    for person in people:
        if rung.who != "operator" and not person.may_act:
            passed.append({"staff_id": str(person.staff_id), "why": "may_not_act"})
        elif person.pager is None or sender is None:
            passed.append(
                {"staff_id": str(person.staff_id), "why": "no_pager" if sender else "no_sender_runs"}
            )
        elif _page(uow, row, person, sender.id):
            paged.append(person.staff_id)
        else:
            passed.append({"staff_id": str(person.staff_id), "why": "not_sent"})
    _remember(row, rung, uow.now.isoformat(), paged, passed)
    return paged


def _page(uow: UnitOfWork, row: Escalation, person: queries.Paged, sender_id: UUID) -> bool:
    if person.pager is None:
        return False
    team = staff.team(uow, row.team_id)
    page_id = uow.new_id()
    outcome = messaging.queue(
        uow,
        TextRequest(
            phone_id=patients.phone_for(uow, phone=person.pager),
            sender_id=sender_id,
            team_id=row.team_id,
            body=rules.page_text(
                clinic=team.short_name,
                team=team.name,
                tier=row.tier,
                language=staff.language(uow, staff_id=person.staff_id),
                takes=person.may_act,
            ),
            author_kind="page",
            purpose="care",
            kind="page",
            source_kind="page",
            source_id=page_id,
            key=f"page:{page_id}",
            language="en",
        ),
    )
    sent = isinstance(outcome, Queued)
    if isinstance(outcome, Queued):
        page = {"id": page_id, "message_id": outcome.message_id, "at": uow.now, "acknowledged_at": None}
        uow.session.execute(
            insert(Page)
            .values(escalation_id=row.id, staff_id=person.staff_id, step=row.step, **page)
            # A ladder that starts anew, as its owner is gone, pages the same people on the same rungs.
            .on_conflict_do_update(index_elements=["escalation_id", "staff_id", "step"], set_=page)
        )
    return sent


def _remember(
    row: Escalation, rung: rules.Rung, at: str, paged: list[UUID], passed: list[dict[str, str]]
) -> None:
    step = {"who": rung.who, "at": at, "paged": [str(one) for one in paged], "passed_over": passed}
    known: dict[str, Any] = row.roster or {}
    row.roster = {**known, "steps": [*known.get("steps", []), step]}


def page_lost(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Climb on at once when a page did not get through, unless somebody else on its rung was paged too."""
    page = uow.session.scalars(select(Page).where(Page.message_id == message_id)).one_or_none()
    if page is None:
        return
    row = hold(uow, page.escalation_id)
    if row.state == "raised" and row.step == page.step + 1 and row.next_step_at is not None:
        row.next_step_at = uow.now
        climb(uow, escalation_id=row.id)


def safety_text_lost(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Say "not texted: CALL NOW" when a safety text did not get through."""
    escalation_id = queries.of_safety_text(uow, message_id=message_id)
    if escalation_id is None:
        return
    row = hold(uow, escalation_id)
    row.safety_text = "not_texted"
    if row.conversation_id is not None:
        show(uow, conversation_id=row.conversation_id)
