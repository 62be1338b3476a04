"""Planned contacts whose time has come: each judged and queued in a transaction of its own."""

from __future__ import annotations

from uuid import UUID

from outreach import subscriptions
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.conversations.events import PromptExpired
from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM
from outreach.touchpoints import commands, queries

AT_ONCE = 500

logger = log.get(__name__)


def send(transactions: Transactions, *, limit: int = AT_ONCE) -> int:
    """Send every contact that is due now; return how many were judged.

    Questions whose time is over come first: what follows silence may go in the same text as the next
    question, whichever worker was quicker. A contact that fails is put off, and given to a person when it
    keeps failing: it never holds up the others.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        due = queries.due(uow, limit=limit)
    close_questions(transactions)
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


def close_questions(transactions: Transactions, *, limit: int = AT_ONCE) -> int:
    """Close questions past their time and do at once what follows; return how many there were.

    Where that fails the question is closed all the same, and what follows comes from the outbox.
    """
    with transactions.begin(actor=SYSTEM) as uow:
        overdue = talk.overdue(uow, limit=limit)
    for prompt_id in overdue:
        try:
            _close(transactions, prompt_id)
        except Exception:
            logger.exception("question_failed", prompt_id=str(prompt_id))
            with transactions.begin(actor=SYSTEM) as uow:
                conversations.expire_prompt(uow, prompt_id=prompt_id)
    return len(overdue)


def _close(transactions: Transactions, prompt_id: UUID) -> None:
    with transactions.begin(actor=SYSTEM) as uow:
        told = conversations.expire_prompt(uow, prompt_id=prompt_id)
        if told is not None:
            # The outbox tells it too: a handler that has heard of a fact does nothing the second time.
            for handler in subscriptions.TABLE[PromptExpired]:
                handler(uow, told)
