"""After a STOP: what had already left is shown as crossed, what still waited is taken back."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events
from outreach.patients import commands as patients
from outreach.policy import commands as policy

IN_FLIGHT = timedelta(minutes=5)
"""A text handed over longer ago than this had reached the phone, or never will, when the STOP was written."""

IS_OUT = text(
    """
    SELECT EXISTS (
        SELECT FROM phone f JOIN phone_opt_out o ON o.phone_id = f.id AND o.epoch = f.epoch
        WHERE f.id = :phone_id AND o.opted_out_at IS NOT NULL
    )
    """
)
CROSSED = text(
    """
    UPDATE message m SET crossed = TRUE
    FROM attempt a
    WHERE m.phone_id = :phone_id AND m.direction = 'out' AND m.kind <> 'confirmation'
        AND m.state IN ('sending', 'in_doubt', 'accepted', 'sent')
        AND a.message_id = m.id AND a.number = m.attempts AND a.started_at > :since
    """
)
TAKE_BACK = text(
    """
    UPDATE message SET state = 'canceled', error_class = 'opted_out', settled_at = :machine_now
    WHERE phone_id = :phone_id AND state = 'queued' AND kind <> 'confirmation'
    RETURNING id
    """
)


def cross(uow: UnitOfWork, *, phone_id: UUID) -> int:
    """Mark texts that crossed with a STOP and take back those still waiting; return how many were taken back.

    The claim would refuse them anyway: this lets the thread say so at once. Nothing happens if the person has
    said START in the meantime.
    """
    patients.lock_phone(uow, phone_id=phone_id)
    if not uow.session.scalar(IS_OUT, {"phone_id": phone_id}):
        return 0
    values = {"phone_id": phone_id, "machine_now": uow.machine_now}
    uow.session.execute(CROSSED, values | {"since": uow.machine_now - IN_FLIGHT})
    taken_back = list(uow.session.scalars(TAKE_BACK, values))
    for message_id in taken_back:
        policy.uncount(uow, message_id=message_id)
        uow.publish(events.MessageDropped(message_id=message_id, phone_id=phone_id, reason="opted_out"))
    return len(taken_back)
