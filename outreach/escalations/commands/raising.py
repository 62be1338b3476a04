"""Raising an escalation: once per source and topic, with its clock, and visible in its thread at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations import commands as conversations
from outreach.escalations import queries, rules
from outreach.escalations.events import EscalationRaised
from outreach.escalations.models import Escalation
from outreach.kernel import log
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.staff import queries as staff

logger = log.get(__name__)


class UnknownTier(Invalid):
    """An escalation is red, orange, yellow or silent."""


def raise_(
    uow: UnitOfWork,
    *,
    team_id: UUID,
    tier: str,
    topic: str,
    source_kind: str,
    source_id: UUID,
    conversation_id: UUID | None,
    patient_id: UUID | None,
    phone_id: UUID | None,
    reading: Mapping[str, Any] | None = None,
) -> UUID:
    """Call for a person, with a clock and a ladder; return the escalation's id.

    The same source and topic is the same escalation: a repeat changes nothing. Its thread (found by phone and
    team if not given) shows it and waits for a person. Publishes EscalationRaised. Raise UnknownTier.
    """
    tier = tier.lower()
    if tier not in rules.TIERS:
        raise UnknownTier
    if tier not in rules.DANGERS and (whose := staff.routed(uow, team_id=team_id, topic=topic)) != team_id:
        # Everyday help that another team gives: it is theirs, in a conversation of their own.
        team_id, conversation_id = whose, None
    if conversation_id is None and phone_id is not None:
        conversation_id = conversations.ensure(uow, phone_id=phone_id, team_id=team_id, patient_id=patient_id)
    values = {
        "team_id": team_id,
        "conversation_id": conversation_id,
        "patient_id": patient_id,
        "phone_id": phone_id,
        "tier": tier,
        "topic": topic,
        "source_kind": source_kind,
        "source_id": source_id,
        "reading": dict(reading) if reading else None,
    }
    made = _insert(uow, values)
    if made is None:
        return _known(uow, source_kind, source_id, topic)
    if conversation_id is not None:
        conversations.call_for_human(
            uow, conversation_id=conversation_id, for_a_text=source_kind == "inbound"
        )
        show(uow, conversation_id=conversation_id)
    uow.publish(EscalationRaised(escalation_id=made))
    logger.info("escalation_raised", escalation_id=str(made), tier=tier)
    return made


def _insert(uow: UnitOfWork, values: dict[str, Any]) -> UUID | None:
    hours = queries.hours(uow, team_id=values["team_id"], since=uow.now)
    due = rules.due_at(values["tier"], raised_at=uow.now, hours=hours)
    return uow.session.scalars(
        insert(Escalation)
        .values(
            id=uow.new_id(),
            state="raised",
            raised_at=uow.now,
            due_at=due,
            step=0,
            next_step_at=rules.first_step_at(values["tier"], raised_at=uow.now, due=due, hours=hours),
            safety_text="none",
            **values,
        )
        .on_conflict_do_nothing(index_elements=["source_kind", "source_id", "topic"])
        .returning(Escalation.id)
    ).one_or_none()


def _known(uow: UnitOfWork, source_kind: str, source_id: UUID, topic: str) -> UUID:
    return uow.session.scalars(
        select(Escalation.id).where(
            Escalation.source_kind == source_kind,
            Escalation.source_id == source_id,
            Escalation.topic == topic,
        )
    ).one()


def note_safety_text(uow: UnitOfWork, *, escalation_id: UUID, state: str) -> None:
    """Note what became of the safety text: queued, or not_texted, which means that somebody must call now."""
    row = hold(uow, escalation_id)
    row.safety_text = state
    if row.conversation_id is not None:
        show(uow, conversation_id=row.conversation_id)


def show(uow: UnitOfWork, *, conversation_id: UUID) -> None:
    """Let a conversation's row say what is open in it."""
    uow.session.flush()
    found = queries.open_in(uow, conversation_id=conversation_id)
    conversations.show_urgency(
        uow,
        conversation_id=conversation_id,
        tiers=frozenset(tier for tier, _ in found),
        due_at=min((due for _, due in found), default=None),
    )


def hold(uow: UnitOfWork, escalation_id: UUID) -> Escalation:
    """Lock an escalation for this transaction. Raise NotFound."""
    row = uow.session.scalars(
        select(Escalation)
        .where(Escalation.id == escalation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    return row
