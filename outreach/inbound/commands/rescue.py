"""When understanding a text keeps failing, a person gets it as it is: a fault of ours must not swallow it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from outreach.conversations import commands as conversations
from outreach.escalations import commands as escalations
from outreach.inbound import queries
from outreach.inbound.commands.origin import Here, locate, mark_read, mark_understood
from outreach.inbound.commands.parked import READINGS
from outreach.inbound.events import TextReceived
from outreach.kernel import log
from outreach.kernel.outbox import Parked
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging

AT_ONCE = 50

logger = log.get(__name__)


def rescue_parked(uow: UnitOfWork) -> int:
    """Give texts whose reading was parked to a person, unread, and settle them. Return how many.

    A text nobody could understand is put into its thread as it came; one nobody could read for danger is
    an ORANGE escalation besides, because it may have been one.
    """
    parked = uow.session.scalars(
        select(Parked)
        .where(Parked.settled_at.is_(None), Parked.payload["fact"].astext.in_(READINGS))
        .order_by(Parked.parked_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in parked:
        receipt_id = UUID(row.payload["receipt_id"])
        if row.payload["fact"] == TextReceived.name:
            _show_as_it_came(uow, receipt_id)
        else:
            _call_for_a_reader(uow, receipt_id)
        row.settled_at = uow.machine_now
        logger.error("text_rescued", receipt_id=str(receipt_id), fact=row.payload["fact"])
    return len(parked)


def _show_as_it_came(uow: UnitOfWork, receipt_id: UUID) -> None:
    arrival = queries.arrival(uow, receipt_id=receipt_id, lock=True)
    if arrival.interpreted_at is not None:
        return
    here = locate(uow, arrival)
    conversation_id = _conversation(uow, here)
    message_id = messaging.record_inbound(
        uow,
        messaging.Incoming(
            receipt_id=receipt_id,
            phone_id=here.phone_id,
            sender_id=here.sender_id,
            body=arrival.body,
            media=arrival.media,
            conversation_id=conversation_id,
            team_id=here.team.id,
        ),
    )
    conversations.take_in(
        uow,
        message_id=message_id,
        conversation_id=conversation_id,
        needs_human=True,
        unknown_sender=not here.holders,
    )
    escalations.add_task(
        uow,
        team_id=here.team.id,
        kind="parked_fact",
        source_kind="inbound",
        source_id=receipt_id,
        patient_id=here.only_patient,
        conversation_id=conversation_id,
    )
    mark_understood(uow, [receipt_id])


def _call_for_a_reader(uow: UnitOfWork, receipt_id: UUID) -> None:
    arrival = queries.arrival(uow, receipt_id=receipt_id, lock=True)
    if arrival.safety_read_at is not None:
        return
    here = locate(uow, arrival)
    escalations.raise_(
        uow,
        team_id=here.team.id,
        tier="orange",
        topic="not_read",
        source_kind="inbound",
        source_id=receipt_id,
        conversation_id=_conversation(uow, here),
        patient_id=here.only_patient,
        phone_id=here.phone_id,
    )
    mark_read(uow, [receipt_id])


def _conversation(uow: UnitOfWork, here: Here) -> UUID:
    return conversations.ensure(
        uow, phone_id=here.phone_id, team_id=here.team.id, patient_id=here.only_patient
    )
