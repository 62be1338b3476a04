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
from outreach.inbound.commands.origin import Here, locate, mark_read, pager_owner
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Queued, TextRequest
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
    if pager_owner(uow, arrival) is None:
        here = locate(uow, arrival)
        reading = _read(uow, here)
        if reading.tier is not None:
            _act(uow, here, reading, reading.tier.lower(), reading.topic or "other_danger")
    mark_read(uow, receipt_id)


def _read(uow: UnitOfWork, here: Here) -> Reading:
    """Read the text with the question in mind that was open when it came in, whatever has become of it since.

    "190/120" alone is a danger if a blood pressure was asked, and may have been bound to it by now.
    """
    asked = talk.asked_at(
        uow, phone_id=here.phone_id, sender_id=here.sender_id, at=here.arrival.received_at
    ) or next((one for one in here.prompts if one.state == "open"), None)
    question = rules.to_triage(asked.question) if asked else None
    return triage.read(here.arrival.body, question=question, language_hint=here.hint)


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
        TextRequest(
            phone_id=here.phone_id,
            sender_id=here.sender_id,
            team_id=here.team.id,
            body=body,
            author_kind="safety",
            about_patient=here.only_patient,
            purpose="care",
            kind="safety",
            source_kind="escalation",
            source_id=escalation_id,
            key=f"safety:{here.arrival.receipt_id}:{topic}",
            language=language,
            conversation_id=conversation_id,
            answering_at=here.arrival.received_at,
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
