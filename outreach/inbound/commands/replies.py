"""What we answer by ourselves: HELP, an opt-out's one confirmation, and whom an answer was about."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from outreach.consent import commands as consent
from outreach.conversations import commands as conversations
from outreach.inbound import queries, rules
from outreach.inbound.commands.origin import Here, locate
from outreach.inbound.rules import words
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules.request import Kind
from outreach.triage import rules as triage

CONFIRM_WITHIN = timedelta(minutes=5)
"""47 CFR 64.1200(a)(12): a confirmation within five minutes is presumed to be covered by the consent
before.
"""
WHICH_WAITS = timedelta(hours=24)
LETTERS = "ABCDEFGH"


def help_reply(uow: UnitOfWork, here: Here, *, conversation_id: UUID, language: str) -> None:
    """Answer HELP: who texts, how to reach us, how to leave."""
    body, used = rules.reply_text("help", language=language, fields=here.fields)
    _queue(
        uow,
        here,
        body,
        used,
        kind="reply",
        key=f"help:{here.arrival.receipt_id}",
        conversation_id=conversation_id,
    )


def confirm_opt_out(uow: UnitOfWork, *, receipt_id: UUID, event_id: UUID) -> None:
    """Confirm an opt-out by text, once and within five minutes, unless the provider has done so by itself."""
    arrival = queries.arrival(uow, receipt_id=receipt_id)
    here = locate(uow, arrival)
    if rules.provider_stops(arrival.body, arrival.opt_out_type):
        consent.claim_confirmation(uow, phone_id=here.phone_id)
        return
    if uow.now - arrival.received_at > CONFIRM_WITHIN:
        return
    reading = triage.read(arrival.body, language_hint=here.hint)
    body, language = rules.reply_text(
        "opted_out", language=here.language(reading.language), fields=here.fields
    )
    conversation_id = conversations.ensure(uow, phone_id=here.phone_id, team_id=here.team.id)
    _queue(
        uow,
        here,
        body,
        language,
        kind="confirmation",
        key=f"optout:{event_id}",
        conversation_id=conversation_id,
        not_after=CONFIRM_WITHIN,
    )


def ask_which(
    uow: UnitOfWork,
    here: Here,
    candidate: rules.Candidate,
    *,
    message_id: UUID,
    conversation_id: UUID,
    language: str,
) -> None:
    """Ask, once, about whom an answer on a shared phone was; the answer waits until we know."""
    names = {one.patient_id: one.preferred_name for one in here.holders}
    options = [(LETTERS[place], one) for place, one in enumerate(here.patients_here)]
    body, used = words.which_text(
        [(word, names[one] or "") for word, one in options], language=language, fields=here.fields
    )
    conversations.set_aside(uow, prompt_id=candidate.prompt_id)
    _queue(
        uow,
        here,
        body,
        used,
        kind="reply",
        key=f"which:{here.arrival.receipt_id}",
        conversation_id=conversation_id,
    )
    conversations.open_prompt(
        uow,
        phone_id=here.phone_id,
        sender_id=here.sender_id,
        patient_id=candidate.patient_id,
        source_kind="inbound",
        source_id=here.arrival.receipt_id,
        message_id=None,
        question={
            "key": rules.WHICH,
            "kind": "choice",
            "options": [{"word": word, "means": str(one)} for word, one in options],
            "asked": str(candidate.prompt_id),
            "message": str(message_id),
        },
        expires_at=uow.now + WHICH_WAITS,
    )


def _queue(
    uow: UnitOfWork,
    here: Here,
    body: str,
    language: str,
    *,
    kind: Kind,
    key: str,
    conversation_id: UUID,
    not_after: timedelta | None = None,
) -> None:
    messaging.queue(
        uow,
        here.answer(
            body,
            author_kind="system",
            kind=kind,
            source_kind="inbound",
            source_id=here.arrival.receipt_id,
            key=key,
            language=language,
            free=True,
            conversation_id=conversation_id,
            not_after=here.arrival.received_at + not_after if not_after else None,
        ),
    )
