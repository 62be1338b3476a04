"""Finding texts from patients whose webhook never reached us, by reading the provider's list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from outreach.kernel import log
from outreach.kernel.errors import OutreachError
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.messaging.ports import ProviderMessage, ProviderUnavailable, SmsGateway

OVERLAP = timedelta(minutes=15)
"""The list may lag, and a text may be dated before it is shown: each sweep reads this far back again."""
FIRST_SWEEP = timedelta(days=1)

Store = Callable[..., bool]
"""inbound.commands.receive: called as store(uow, sid=, account_sid=, params=, how="sweep")."""

logger = log.get(__name__)

SENDERS = text(
    """
    SELECT s.id, s.address, w.swept_until FROM sender s LEFT JOIN inbound_sweep w ON w.sender_id = s.id
    ORDER BY s.id
    """
)
UNSEEN = text(
    """
    SELECT sid FROM unnest(CAST(:sids AS text[])) AS g(sid)
    WHERE NOT EXISTS (SELECT FROM inbound_receipt r WHERE r.sid = g.sid)
    """
)
SWEPT = text(
    """
    INSERT INTO inbound_sweep (sender_id, swept_until) VALUES (:sender_id, :until)
    ON CONFLICT (sender_id) DO UPDATE
        SET swept_until = GREATEST(inbound_sweep.swept_until, excluded.swept_until)
    """
)


def sweep_inbound(
    transactions: Transactions,
    gateway: SmsGateway,
    store: Store,
    *,
    account_sid: str,
    since: datetime | None = None,
    whole: bool = False,
) -> int:
    """Store every inbound text the provider lists and we have not seen. Return how many there were.

    `since` (machine time) reads further back than the last sweep did, as after a restore. With `whole` a list
    that can't be had is an error: raise ProviderUnavailable. Otherwise it is left to the next sweep.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        senders = uow.session.execute(SENDERS).all()
        started = uow.machine_now
    found = 0
    for sender in senders:
        start = since or (sender.swept_until - OVERLAP if sender.swept_until else started - FIRST_SWEEP)
        try:
            listed = list(gateway.list_received(at_address=sender.address, since=start))
        except ProviderUnavailable:
            if whole:
                raise
            logger.warning("sweep_put_off", sender_id=str(sender.id))
            continue
        found += _store_unseen(transactions, store, account_sid, listed)
        _remember(transactions, sender.id, started)
    if found:
        logger.warning("texts_recovered", count=found)
    return found


def _store_unseen(
    transactions: Transactions, store: Store, account_sid: str, listed: list[ProviderMessage]
) -> int:
    with transactions.begin(actor=SYSTEM) as uow:
        unseen = set(uow.session.scalars(UNSEEN, {"sids": [message.sid for message in listed]}))
    stored = 0
    # Oldest first, so that a conversation keeps its order; one transaction each, as at the webhook.
    for message in sorted(listed, key=lambda one: one.created_at):
        if message.sid in unseen:
            stored += _stored(transactions, store, account_sid, message)
    return stored


def _stored(transactions: Transactions, store: Store, account_sid: str, message: ProviderMessage) -> bool:
    """Store one text; what is none (no origin, say) must not keep those after it from being stored."""
    try:
        with transactions.begin(actor=SYSTEM) as uow:
            return bool(
                store(uow, sid=message.sid, account_sid=account_sid, params=_params(message), how="sweep")
            )
    except OutreachError as error:
        logger.error("listed_text_refused", sid=message.sid, error=type(error).__name__)
        return False


def _params(message: ProviderMessage) -> Mapping[str, str]:
    """Return what the webhook would have posted. Pictures are asked for by the text's own sid later."""
    found = {
        "MessageSid": message.sid,
        "From": message.sent_from or "",
        "To": message.to,
        "Body": message.body,
        "NumMedia": str(message.media_count),
        "NumSegments": str(message.segments),
        "DateCreated": message.created_at.isoformat(),
    }
    for place, (url, content_type) in enumerate(message.media):
        found[f"MediaUrl{place}"] = url
        found[f"MediaContentType{place}"] = content_type
    if message.service_sid:
        found["MessagingServiceSid"] = message.service_sid
    return found


def _remember(transactions: Transactions, sender_id: UUID, until: datetime) -> None:
    with transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(SWEPT, {"sender_id": sender_id, "until": until})


def forget_sweeps(uow: UnitOfWork) -> None:
    """Make the next sweep read a whole day back, as after a restore."""
    uow.session.execute(text("DELETE FROM inbound_sweep"))
