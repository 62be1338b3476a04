"""Reading a text for danger, apart from everything else that becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from outreach.consent import commands as consent
from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.escalations import queries as roster
from outreach.inbound import queries, rules
from outreach.inbound.commands.origin import Here, locate, mark_read, pager_owner
from outreach.inbound.commands.ours import Ours
from outreach.inbound.queries import Arrival
from outreach.kernel import log
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import Queued
from outreach.patients import queries as patients
from outreach.triage import rules as triage
from outreach.triage.rules import Kind, Reading

OF_USE_FOR = timedelta(minutes=30)
"""A safety text that could not leave by then is given up, and its band says to call."""

logger = log.get(__name__)


@dataclass(frozen=True, kw_only=True)
class Danger:
    """A text that is about a life."""

    arrival: Arrival
    reading: Reading
    tier: str


def read_safety(uow: UnitOfWork, *, receipt_id: UUID) -> None:
    """Read one text for danger; call for a person and text the patient at once if there is any.

    A repeat changes nothing: escalation and safety text are keyed by the text and its topic.
    """
    for found in _read_all(uow, [receipt_id]):
        here = locate(uow, found.arrival)
        _act(uow, here, found.reading, found.tier.lower(), found.reading.topic or "other_danger")
        mark_read(uow, [receipt_id])


def read_safety_all(uow: UnitOfWork, *, receipt_ids: Sequence[UUID]) -> list[UUID]:
    """Read several texts for danger; return those that hold any and are left alone.

    Each of these deserves a transaction of its own: `read_safety`, at once.
    """
    return [found.arrival.receipt_id for found in _read_all(uow, receipt_ids)]


def _read_all(uow: UnitOfWork, receipt_ids: Sequence[UUID]) -> list[Danger]:
    """Return those texts that hold a danger; the others are done with."""
    found = queries.arrivals(uow, receipt_ids=receipt_ids, lock=True)
    waiting = [arrival for arrival in found if arrival.safety_read_at is None]
    ours = Ours(uow)
    readings = _readings(uow, ours, [one for one in waiting if pager_owner(uow, ours, one) is None])
    dangers = [
        Danger(arrival=arrival, reading=reading, tier=reading.tier)
        for arrival, reading in readings
        if reading.tier is not None
    ]
    urgent = {one.arrival.receipt_id for one in dangers}
    harmless = [one.receipt_id for one in waiting if one.receipt_id not in urgent]
    if harmless:
        mark_read(uow, harmless)
    return dangers


def _readings(uow: UnitOfWork, ours: Ours, arrivals: Sequence[Arrival]) -> list[tuple[Arrival, Reading]]:
    """Read texts with the question in mind that was open when they came in, whatever has become of it since.

    "190/120" alone is a danger if a blood pressure was asked, and may have been bound to it by now. The phone
    is not locked and nothing is made: a question whose asking is not committed has reached nobody, and most
    texts are no danger.
    """
    known = patients.find_phones(uow, phones=[one.phone for one in arrivals])
    moments = {
        one.receipt_id: talk.When(
            phone_id=known[one.phone], sender_id=ours.addressed(one)[0], at=one.received_at
        )
        for one in arrivals
        if one.phone in known
    }
    asked = talk.asked_when(uow, moments.values()) if moments else {}
    holders = patients.holders_of(uow, phone_ids=known.values()) if known else {}
    found = []
    for one in arrivals:
        moment = moments.get(one.receipt_id)
        question = asked.get(moment) if moment else None
        theirs = holders[moment.phone_id] if moment else ()
        reading = triage.read(
            one.body,
            question=rules.to_triage(question.question) if question else None,
            language_hint=theirs[0].language if theirs else None,
        )
        found.append((one, reading))
    return found


def _act(uow: UnitOfWork, here: Here, reading: Reading, tier: str, topic: str) -> None:
    if Kind.OPT_OUT in reading.acts:
        # "STOP, I want to die": the opt-out first, so that what follows is true to it.
        consent.opt_out(
            uow,
            phone_id=here.phone_id,
            how="text",
            sender_id=here.sender_id,
            receipt_id=here.arrival.receipt_id,
            evidence=here.arrival.body,
            language=here.language(reading.language),
            wording_version=reading.lexicon_version,
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
            not_after=uow.now + OF_USE_FOR,
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
