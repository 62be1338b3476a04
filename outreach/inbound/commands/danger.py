"""Reading a text for danger, apart from everything else that becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from outreach.consent import commands as consent
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.escalations import queries as roster
from outreach.inbound import queries, rules
from outreach.inbound.commands.origin import Here, addressed, locate, mark_read, pager_owner, sender_of
from outreach.inbound.queries import Arrival
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Queued
from outreach.patients import queries as patients
from outreach.staff.queries import SenderView
from outreach.triage import rules as triage
from outreach.triage.rules import Kind, Reading

logger = log.get(__name__)


def read_safety(uow: UnitOfWork, *, receipt_id: UUID) -> None:
    """Read one text for danger; call for a person and text the patient at once if there is any.

    A repeat changes nothing: escalation and safety text are keyed by the text and its topic.
    """
    arrival = queries.arrival(uow, receipt_id=receipt_id, lock=True)
    if arrival.safety_read_at is not None:
        return
    sender = sender_of(uow, arrival)
    if pager_owner(uow, arrival, sender) is None:
        reading = _read(uow, arrival, sender)
        if reading.tier is not None:
            here = locate(uow, arrival, sender)
            _act(uow, here, reading, reading.tier.lower(), reading.topic or "other_danger")
    mark_read(uow, receipt_id)


def _read(uow: UnitOfWork, arrival: Arrival, sender: SenderView | None) -> Reading:
    """Read the text with the question in mind that was open when it came in, whatever has become of it since.

    "190/120" alone is a danger if a blood pressure was asked, and may have been bound to it by now. The phone
    is not locked and nothing is made: a question whose asking is not committed has reached nobody, and most
    texts are no danger.
    """
    phone_id = patients.find_phone(uow, phone=arrival.phone)
    if phone_id is None:
        return triage.read(arrival.body)
    sender_id, _ = addressed(uow, sender)
    asked = talk.asked_at(uow, phone_id=phone_id, sender_id=sender_id, at=arrival.received_at)
    if asked is None:
        recent = talk.recent_prompts(uow, phone_id=phone_id, sender_id=sender_id)
        asked = next((one for one in recent if one.state == "open"), None)
    holders = patients.holders(uow, phone_id=phone_id)
    return triage.read(
        arrival.body,
        question=rules.to_triage(asked.question) if asked else None,
        language_hint=holders[0].language if holders else None,
    )


def _act(uow: UnitOfWork, here: Here, reading: Reading, tier: str, topic: str) -> None:
    if Kind.OPT_OUT in reading.acts:
        # "STOP, I want to die": the opt-out first, so that what follows is true to it.
        consent.opt_out(
            uow,
            phone_id=here.phone_id,
            how="text",
            sender_id=here.sender_id,
            receipt_id=here.arrival.receipt_id,
        )
    conversation_id = conversations.ensure(
        uow, phone_id=here.phone_id, team_id=here.team.id, patient_id=here.only_patient
    )
    escalation_id = escalations.raise_(
        uow,
        team_id=here.team.id,
        tier=tier,
        topic=topic,
        source_kind="inbound",
        source_id=here.arrival.receipt_id,
        conversation_id=conversation_id,
        patient_id=here.only_patient,
        phone_id=here.phone_id,
        reading=_evidence(reading),
    )
    outcome = _text(uow, here, reading, tier, topic, conversation_id, escalation_id)
    state = "queued" if isinstance(outcome, Queued) else "not_texted"
    escalations.note_safety_text(uow, escalation_id=escalation_id, state=state)
    logger.info("danger_read", escalation_id=str(escalation_id), tier=tier, texted=state)


def _text(
    uow: UnitOfWork,
    here: Here,
    reading: Reading,
    tier: str,
    topic: str,
    conversation_id: UUID,
    escalation_id: UUID,
) -> Any:
    staffed = roster.staffed(uow, team_id=here.team.id, at=uow.now)
    body, language = rules.safety_text(
        tier=tier,
        topic=topic,
        language=here.language(reading.language),
        staffed=staffed,
        paged=roster.can_page(uow, team_id=here.team.id, at=uow.now),
        fields=here.fields,
    )
    return messaging.queue(
        uow,
        here.answer(
            body,
            author_kind="safety",
            kind="safety",
            source_kind="escalation",
            source_id=escalation_id,
            key=f"safety:{here.arrival.receipt_id}:{topic}",
            language=language,
            conversation_id=conversation_id,
        ),
    )


def _evidence(reading: Reading) -> dict[str, Any]:
    """What was seen and where, without the words."""
    urgent = [span for span in reading.spans if span.kind == Kind.URGENT]
    return {
        "rule": urgent[0].rule if urgent else None,
        "lexicon": reading.lexicon_version,
        "confidence": reading.confidence,
        "language": reading.language,
        "spans": [[span.start, span.end, span.rule, span.topic, span.tier] for span in urgent],
    }
