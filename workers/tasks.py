"""Tasks of a few lines: each looks in PostgreSQL for one kind of work. All may run twice, late or at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from outreach.audit import commands as audit
from outreach.conversations import commands as conversations
from outreach.escalations import commands as escalations
from outreach.escalations import queries as ladder
from outreach.inbound import commands as inbound
from outreach.kernel import log, outbox
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands as messaging
from outreach.services import Services
from outreach.staff import commands as staff
from workers import due
from workers.app import app
from workers.crew import crewed
from workers.runtime import origin, services

SECONDS = 20.0

logger = log.get(__name__)


@app.task(name="relay_facts")
@crewed
def relay_facts(**_: Any) -> None:
    """Hand facts to their handlers."""
    services().relay.drain(seconds=SECONDS)


@app.task(name="deliver")
@crewed
def deliver(**_: Any) -> None:
    """Send what is queued. A restored database sends only what can't wait for its reconciliation."""
    if origin().may_deliver():
        messaging.deliver(services().transactions, services().gateway, worker_seconds=SECONDS)


@app.task(name="send_due")
@crewed
def send_due(**_: Any) -> None:
    """Compose and queue planned contacts whose time has come, each in a transaction of its own."""
    if origin().may_send():
        due.send(services().transactions)


@app.task(name="reconcile")
@crewed
def reconcile(**_: Any) -> None:
    """Settle texts whose outcome is unknown, or whose end nobody told, by asking the provider."""
    if origin().may_send():
        messaging.reconcile(services().transactions, services().gateway)
        messaging.ask_after(services().transactions, services().gateway)


@app.task(name="sweep_inbound")
@crewed
def sweep_inbound(**_: Any) -> None:
    """Store inbound texts whose webhook never reached us; fetch photos; redact; ask about numbers."""
    found = services()
    if not origin().may_send():
        return
    for turn in (
        partial(_sweep, found),
        partial(messaging.fetch_media, found.transactions, found.gateway),
        partial(messaging.redact, found.transactions, found.gateway),
        partial(messaging.look_up_lines, found.transactions, found.gateway),
        partial(messaging.read_deactivations, found.transactions, found.gateway),
    ):
        try:
            turn()
        except Exception:  # one that fails must not keep the others from their turn
            logger.exception("turn_failed", kind=turn.func.__name__)


def _sweep(found: Services) -> None:
    messaging.sweep_inbound(
        found.transactions,
        found.gateway,
        inbound.receive,
        account_sid=found.settings.twilio_account_sid,
    )


@app.task(name="climb_ladders")
@crewed
def climb_ladders(**_: Any) -> None:
    """Take escalations nobody acknowledged one step up."""
    with services().transactions.begin(actor=SYSTEM) as uow:
        steps = ladder.due_steps(uow)
    _each(steps, lambda uow, one: escalations.climb(uow, escalation_id=one), name="climb")


@app.task(name="seal_record")
@crewed
def seal_record(**_: Any) -> None:
    """Seal what the record has gained."""
    with services().transactions.begin(actor=SYSTEM) as uow:
        audit.seal_all(uow)


@app.task(name="housekeeping")
@crewed
def housekeeping(**_: Any) -> None:
    """Close what is over, give to a person what kept failing, forget what is done."""
    due.close_questions(services().transactions)
    for act in (
        conversations.forget_changes,
        conversations.forget_draft_photos,
        inbound.rescue_parked,
        inbound.tasks_for_parked,
        messaging.forget_pictures,
        staff.end_idle,
    ):
        with services().transactions.begin(actor=SYSTEM) as uow:
            act(uow)
    with services().transactions.begin(actor=SYSTEM) as uow:
        outbox.forget_idle(uow.session, prefix="safety")


def _each(ids: Any, act: Callable[[Any, Any], Any], *, name: str) -> None:
    for one in ids:
        try:
            with services().transactions.begin(actor=SYSTEM) as uow:
                act(uow, one)
        except Exception:
            logger.exception("work_failed", kind=name, subject_id=str(one))
