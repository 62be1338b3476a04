"""Staff say that a text was read wrong: what the next lexicon version is made from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from outreach.audit import commands as audit
from outreach.conversations import queries as talk
from outreach.escalations import queries as escalations
from outreach.inbound import rules
from outreach.inbound.models import ReadingMark
from outreach.kernel import log
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import queries as messaging
from outreach.messaging.models import InboundReceipt
from outreach.patients import queries as patients
from outreach.triage import rules as triage
from outreach.triage.rules import Kind, Reading

logger = log.get(__name__)


class NotTheirs(Invalid):
    """Only what a patient wrote can have been read wrong."""


class UnknownClass(Invalid):
    """Choose what the text is from the list."""


def mark_reading(
    uow: UnitOfWork,
    *,
    message_id: UUID,
    staff_id: UUID,
    should_be: str | None = None,
    escalation_id: UUID | None = None,
) -> UUID:
    """Note that a text was read wrong, and what it is if that was said; return the mark's id.

    What the lexicon of today makes of it is kept with the mark: class, rules and their places, no words. A
    second mark of a text changes the first. Raise NotTheirs, UnknownClass, NoSuchMessage.
    """
    if should_be is not None and should_be not in set(Kind):
        raise UnknownClass
    said = messaging.message(uow, message_id=message_id)
    if said.direction != "in" or said.team_id is None:
        raise NotTheirs
    changed = {
        "should_be": should_be,
        "marked_by": staff_id,
        "marked_at": uow.now,
        "taken_back_at": None,
        **_found(_read_again(uow, said)),
    }
    if escalation_id is not None:
        changed["escalation_id"] = escalation_id
    mark_id: UUID = uow.session.scalars(
        insert(ReadingMark)
        .values(id=uow.new_id(), message_id=message_id, team_id=said.team_id, **changed)
        .on_conflict_do_update(index_elements=["message_id"], set_=changed)
        .returning(ReadingMark.id)
    ).one()
    _record(uow, said, "reading_marked", {"should_be": should_be})
    return mark_id


def unmark_reading(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Take a mark back. Raise NotFound if there is none."""
    row = uow.session.scalars(
        select(ReadingMark).where(ReadingMark.message_id == message_id, ReadingMark.taken_back_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound
    row.taken_back_at = uow.now
    _record(uow, messaging.message(uow, message_id=message_id), "reading_mark_taken_back", {})


def mark_overruled(uow: UnitOfWork, *, escalation_id: UUID, staff_id: UUID) -> None:
    """Put the text of an escalation that was none on the list; silence and lost texts have no reading."""
    found = escalations.escalation(uow, escalation_id=escalation_id)
    message_id = _text_of(uow, found)
    if message_id is None:
        logger.info("nothing_to_mark", escalation_id=str(escalation_id), source=found.source_kind)
        return
    mark_reading(uow, message_id=message_id, staff_id=staff_id, escalation_id=escalation_id)


def _text_of(uow: UnitOfWork, found: escalations.EscalationView) -> UUID | None:
    if found.source_kind == "inbound":
        return uow.session.scalars(
            select(InboundReceipt.message_id).where(InboundReceipt.id == found.source_id)
        ).one_or_none()
    if found.source_kind == "answer":
        answer = talk.answer(uow, answer_id=found.source_id)
        return None if answer is None else answer.message_id
    return None


def _read_again(uow: UnitOfWork, said: messaging.MessageView) -> Reading:
    asked = talk.asked_at(uow, phone_id=said.phone_id, sender_id=said.sender_id, at=said.at)
    holders = patients.holders(uow, phone_id=said.phone_id)
    return triage.read(
        said.body,
        question=rules.to_triage(asked.question) if asked else None,
        language_hint=holders[0].language if holders else None,
    )


def _found(reading: Reading) -> dict[str, Any]:
    return {
        "was": reading.kind.value,
        "also": [kind.value for kind in reading.also],
        "tier": reading.tier.lower() if reading.tier else None,
        "topic": reading.topic,
        "fired": [[span.start, span.end, span.rule] for span in reading.spans],
        "language": reading.language,
        "confidence": reading.confidence,
        "lexicon": reading.lexicon_version,
    }


def _record(uow: UnitOfWork, said: messaging.MessageView, action: str, detail: dict[str, Any]) -> None:
    audit.record(
        uow,
        action=action,
        subject_kind="message",
        subject_id=said.id,
        patient_id=said.about_patient,
        team_id=said.team_id,
        detail=detail,
    )
