"""Planned contacts whose time has come: each judged and queued in a transaction of its own."""

from __future__ import annotations

from outreach import subscriptions
from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM
from outreach.touchpoints import commands, queries

AT_ONCE = 500

logger = log.get(__name__)


def send(transactions: Transactions, *, limit: int = AT_ONCE) -> int:
    """Send every contact that is due now; return how many were judged.

    One that fails is put off, and given to a person when it keeps failing: it never holds up the others.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        due = queries.due(uow, limit=limit)
    judged = 0
    for one in due:
        try:
            with transactions.begin(actor=SYSTEM) as uow:
                judged += len(commands.take_turn(uow, touchpoint_id=one.id, sources=subscriptions.SOURCES))
        except Exception as error:
            logger.exception("touchpoint_failed", touchpoint_id=str(one.id))
            with transactions.begin(actor=SYSTEM) as uow:
                commands.put_off(uow, touchpoint_id=one.id, reason=type(error).__name__)
    return judged
