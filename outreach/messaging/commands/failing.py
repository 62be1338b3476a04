"""What follows when a text was refused or not delivered: the error table's actions, carried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events
from outreach.messaging.rules import retries
from outreach.messaging.rules.errors import ErrorCode, classify
from outreach.messaging.rules.window import validity_seconds
from outreach.patients import commands as patients
from outreach.staff import commands as staff

logger = log.get(__name__)

REFUSE = text(
    """
    UPDATE attempt SET state = 'refused', error_code = :code, settled_at = :machine_now
    WHERE id = :attempt_id AND settled_at IS NULL
    RETURNING message_id
    """
)
LOCK_MESSAGE = text(
    """
    SELECT id, phone_id, sender_id, kind, failures, not_after, state, attempts FROM message
    WHERE id = :message_id FOR NO KEY UPDATE
    """
)
LOCK_PHONES_OF = text(
    """
    SELECT id FROM phone
    WHERE id IN (SELECT phone_id FROM attempt WHERE id = ANY(CAST(:ids AS uuid[])))
    ORDER BY id FOR NO KEY UPDATE
    """
)
AGAIN = text(
    """
    UPDATE message
    SET state = 'queued', failures = failures + 1, retry_at = :retry_at, error_code = :code,
        error_class = :error_class, ask_at = NULL
    WHERE id = :message_id
    """
)
WAITING_SAFETY = text(
    """
    SELECT id, phone_id FROM message WHERE sender_id = :sender_id AND kind = 'safety' AND state = 'queued'
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
    """
)
FAIL = text(
    """
    UPDATE message
    SET state = :state, failures = failures + 1, error_code = :code, error_class = :error_class,
        settled_at = :machine_now, ask_at = NULL
    WHERE id = :message_id
    """
)


def lock_phones_of(uow: UnitOfWork, attempt_ids: Sequence[UUID]) -> None:
    """Lock the phones attempts are for, by id, before other rows of theirs: the order everybody locks in."""
    uow.session.execute(LOCK_PHONES_OF, {"ids": list(attempt_ids)})


def refused(uow: UnitOfWork, *, attempt_id: UUID, code: int) -> None:
    """Record that the provider answered and did not take a text, and do what its code asks for.

    The phone's row must be locked already.
    """
    message_id = uow.session.scalar(
        REFUSE, {"attempt_id": attempt_id, "code": code, "machine_now": uow.machine_now}
    )
    if message_id is not None:
        failed(uow, message_id=message_id, code=code, state="failed")


def failed(uow: UnitOfWork, *, message_id: UUID, code: int | None, state: str) -> None:
    """Try a text again if its error allows it, or let it end in `state`; then do what the error asks for.

    The phone's row must be locked already.
    """
    error = classify(code)
    message = uow.session.execute(LOCK_MESSAGE, {"message_id": message_id}).one()
    retry = _retry(uow, message, error)
    values = {"message_id": message_id, "code": code, "error_class": error.error_class}
    if retry is not None:
        uow.session.execute(AGAIN, values | {"retry_at": retry.at})
        uow.wakes.add("deliver")
    else:
        uow.session.execute(FAIL, values | {"state": state, "machine_now": uow.machine_now})
        uow.publish(
            events.MessageFailed(
                message_id=message_id,
                phone_id=message.phone_id,
                error_class=error.error_class,
                code=code or 0,
            )
        )
    logger.info(
        "text_failed",
        message_id=str(message_id),
        code=code,
        error_class=error.error_class,
        again=retry is not None,
    )
    _act(uow, message, error)


def _retry(uow: UnitOfWork, message: Any, error: ErrorCode) -> retries.Retry | None:
    if validity_seconds(now=uow.now, not_after=message.not_after) is None:
        return None
    if message.kind == "safety" and error.action == "stop_sender":
        return None  # the sender stands still until an operator comes: somebody must call now instead
    found = retries.after_failure(
        error,
        failures=message.failures + 1,
        message_id=message.id,
        is_safety=message.kind == "safety",
        machine_now=uow.machine_now,
    )
    return found if isinstance(found, retries.Retry) else None


def _act(uow: UnitOfWork, message: Any, error: ErrorCode) -> None:
    if error.action == "block":
        consent.block_by_provider(uow, phone_id=message.phone_id, sender_id=message.sender_id)
    elif error.action == "mark_phone":
        patients.mark_phone(uow, phone_id=message.phone_id, state="invalid", reason=f"error_{error.code}")
    elif error.action == "stop_sender":
        stopped = staff.stop_sender(uow, sender_id=message.sender_id, reason=f"error_{error.code}")
        if stopped:
            _give_up_safety_texts(uow, message.sender_id, error)
            _trouble(uow, message, error, stopped=True)
    elif error.action == "page":
        _trouble(uow, message, error, stopped=False)


def _give_up_safety_texts(uow: UnitOfWork, sender_id: UUID, error: ErrorCode) -> None:
    """Let those end that wait for a sender which has stopped: "CALL NOW" helps, a 911 text at dawn does not.

    One that is being claimed meets the same error by itself.
    """
    for row in uow.session.execute(WAITING_SAFETY, {"sender_id": sender_id}).all():
        values = {"message_id": row.id, "code": error.code, "error_class": error.error_class}
        uow.session.execute(FAIL, values | {"state": "failed", "machine_now": uow.machine_now})
        uow.publish(
            events.MessageFailed(
                message_id=row.id, phone_id=row.phone_id, error_class=error.error_class, code=error.code
            )
        )


def _trouble(uow: UnitOfWork, message: Any, error: ErrorCode, *, stopped: bool) -> None:
    logger.error("sender_trouble", sender_id=str(message.sender_id), code=error.code, stopped=stopped)
    uow.publish(events.SenderTrouble(sender_id=message.sender_id, code=error.code, stopped=stopped))
