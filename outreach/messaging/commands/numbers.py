"""What the provider knows of our numbers: which were switched off, and which get no texts at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging.ports import ProviderUnavailable, SmsGateway
from outreach.patients import commands as patients

MOST_DAYS = 30
TRY_AGAIN = timedelta(hours=1)
AT_ONCE = 1000
LOOK_UPS = 20
TEXTLESS = frozenset({"landline", "tollFree", "premium", "payphone"})
"""Kinds of lines that get no texts (error 30006 says so afterwards; this asks before)."""

logger = log.get(__name__)

READ_UNTIL = text(
    """
    UPDATE deployment SET deactivations_tried_at = :machine_now
    WHERE id = 1 AND (deactivations_tried_at IS NULL OR deactivations_tried_at < :before)
        AND (deactivations_read IS NULL OR deactivations_read < :yesterday)
    RETURNING deactivations_read
    """
)
NOTE = text("UPDATE deployment SET deactivations_read = :day, deactivations_tried_at = NULL WHERE id = 1")
# Whoever has had the number since after that day has nothing to do with the line that was switched off.
OURS = text(
    """
    SELECT f.id FROM phone f WHERE f.e164_index = ANY(CAST(:indexes AS bytea[])) AND f.state = 'usable'
        AND COALESCE((SELECT h.since FROM phone_holder h WHERE h.phone_id = f.id AND h.epoch = f.epoch),
            f.created_at) < :day_end
    ORDER BY f.id
    """
)
WANTS_LOOK_UP = text(
    "SELECT COALESCE((SELECT settings->>'look_up_numbers' FROM organization LIMIT 1), '') = 'true'"
)
UNVERIFIED = text(
    """
    SELECT id, e164_enc FROM phone WHERE line_type = 'unknown' AND verified_at IS NULL AND state = 'usable'
    ORDER BY created_at LIMIT :batch
    """
)
VERIFIED = text("UPDATE phone SET line_type = :line, verified_at = :now WHERE id = :id")


def read_deactivations(transactions: Transactions, gateway: SmsGateway) -> int:
    """Read, once a day, which US numbers were switched off, and text those of ours no more.

    Return how many of ours were on the lists. A number that is switched off is given to somebody else 45 days
    later or more (FCC, reassigned numbers): the lists of the last thirty days are read after an absence.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        yesterday = uow.machine_now.astimezone(UTC).date() - timedelta(days=1)
        row = uow.session.execute(
            READ_UNTIL,
            {
                "machine_now": uow.machine_now,
                "before": uow.machine_now - TRY_AGAIN,
                "yesterday": yesterday,
            },
        ).one_or_none()
    if row is None:
        return 0
    first = max(
        row.deactivations_read or yesterday - timedelta(days=1), yesterday - timedelta(days=MOST_DAYS)
    )
    found = 0
    for ahead in range(1, (yesterday - first).days + 1):
        day = first + timedelta(days=ahead)
        try:
            numbers = tuple(gateway.list_deactivated(day=day))
        except ProviderUnavailable:
            logger.warning("deactivations_put_off", day=day.isoformat())
            return found
        found += _switch_off(transactions, day, numbers)
    return found


def _switch_off(transactions: Transactions, day: date, numbers: Sequence[str]) -> int:
    found = 0
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    for start in range(0, len(numbers), AT_ONCE):
        with transactions.begin(actor=SYSTEM) as uow:
            indexes = [
                index
                for number in numbers[start : start + AT_ONCE]
                for index in uow.vault.all_indexes("phone", number)
            ]
            day_end = uow.now - (uow.machine_now - end)
            for phone_id in uow.session.scalars(OURS, {"indexes": indexes, "day_end": day_end}).all():
                found += patients.mark_phone(
                    uow, phone_id=phone_id, state="deactivated", reason="on_the_carriers_list"
                )
    with transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(NOTE, {"day": day})
    logger.info("deactivations_read", day=day.isoformat(), listed=len(numbers), ours=found)
    return found


def look_up_lines(transactions: Transactions, gateway: SmsGateway, *, batch: int = LOOK_UPS) -> int:
    """Ask what kind of line new numbers are, if the organization's `look_up_numbers` says so (it costs).

    Return how many were asked about. A landline is not texted; staff see the number as one to call.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        if not uow.session.scalar(WANTS_LOOK_UP):
            return 0
        rows = uow.session.execute(UNVERIFIED, {"batch": batch}).all()
        numbers = {row.id: uow.vault.open("phone.e164", row.id, row.e164_enc) for row in rows}
    for phone_id, number in numbers.items():
        try:
            line = gateway.line_type(number)
        except ProviderUnavailable:
            logger.warning("look_up_put_off")
            break
        with transactions.begin(actor=SYSTEM) as uow:
            _verified(uow, phone_id, line)
    return len(numbers)


def _verified(uow: UnitOfWork, phone_id: UUID, line: str) -> None:
    uow.session.execute(VERIFIED, {"id": phone_id, "line": line, "now": uow.now})
    if line in TEXTLESS:
        patients.mark_phone(uow, phone_id=phone_id, state="invalid", reason=f"line_{line.lower()}")
