"""The one door out: nothing is texted that did not pass here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from outreach.consent import commands as consent
from outreach.kernel import log
from outreach.kernel.errors import Conflict
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events, queries
from outreach.messaging.commands import pictures, recovering
from outreach.messaging.models import IdempotencyKey, Message, MessagePart
from outreach.messaging.rules.request import (
    UNASKED,
    AskHuman,
    Deferred,
    Outcome,
    Queued,
    Suppressed,
    TextRequest,
    Wording,
    wording,
)
from outreach.messaging.rules.verdict import verdict
from outreach.patients import commands as patients
from outreach.policy import commands as policy
from outreach.policy import queries as ledger
from outreach.policy.rules import Facts, local_day, window
from outreach.policy.rules.hours import moment

LONGEST_QUEUED = timedelta(hours=36)
"""What nobody gave an end expires after this: an old text let go by a returning provider alarms people."""

logger = log.get(__name__)

CANCEL = text(
    """
    UPDATE message SET state = 'canceled', settled_at = :machine_now
    WHERE id = :message_id AND state = 'queued' RETURNING phone_id
    """
)
TAKE_BACK = text(
    """
    UPDATE message SET state = 'canceled', error_class = :reason, settled_at = :machine_now
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'queued' RETURNING id, phone_id
    """
)
STOPPED = text(
    """
    SELECT id FROM message
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'canceled' AND error_class = :reason
    """
)
# Only while what they stand for was never sent: the same key is the same text otherwise.
FORGET_KEYS = text(
    """
    DELETE FROM idempotency_key k USING message m
    WHERE k.key = ANY(CAST(:keys AS text[])) AND m.id = k.message_id AND m.state = 'canceled'
    """
)


class AlreadyOnItsWay(Conflict):
    """This text is on its way or gone: it can't be taken back any more."""


def queue(uow: UnitOfWork, request: TextRequest) -> Outcome:
    """Ask for a text to be sent; policy decides and leaves a receipt.

    The same key is the same text: asked for again, the first one is returned. A text that may go is queued
    and workers are woken after the commit. Raise TextEmpty or TextTooLong for words that can't be sent.
    """
    worded = wording(request.body, has_media=bool(request.media_urls))
    locked = patients.lock_phone(uow, phone_id=request.phone_id)
    known = queries.by_key(uow, key=request.key)
    if known is not None:
        return Queued(message_id=known, decision_id=queries.message(uow, message_id=known).decision_id)
    sent = recovering.recognise(uow, request, body=worded.body, segments=worded.count.segments)
    if sent is not None:
        return Queued(message_id=sent, decision_id=None)
    facts = facts_of(uow, request)
    stored = policy.decide(
        uow,
        subject_kind=_subject(request),
        # A thread has many replies, and each is a decision of its own.
        subject_id=uow.new_id() if request.kind == "staff" else request.source_id,
        phone_id=request.phone_id,
        facts=facts,
    )
    found = verdict(stored.decision, facts)
    if found.outcome == "send":
        if request.kind == "confirmation":
            consent.claim_confirmation(uow, phone_id=request.phone_id)
        message_id = _insert(uow, request, worded, facts, epoch=locked.epoch, decision_id=stored.id)
        return Queued(message_id=message_id, decision_id=stored.id)
    if found.until is not None:
        return Deferred(until=found.until, decision_id=stored.id)
    if found.outcome == "ask_human":
        return AskHuman(reason=found.reason, decision_id=stored.id)
    return Suppressed(reason=found.reason, decision_id=stored.id)


def cancel(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Take back a text that still waits. Raise AlreadyOnItsWay if it has been claimed, or is over."""
    phone_id = uow.session.scalar(CANCEL, {"message_id": message_id, "machine_now": uow.machine_now})
    if phone_id is None:
        raise AlreadyOnItsWay
    policy.uncount(uow, message_id=message_id)
    uow.publish(events.MessageDropped(message_id=message_id, phone_id=phone_id, reason="canceled"))
    logger.info("message_canceled", message_id=str(message_id))


def take_back(uow: UnitOfWork, *, message_ids: Sequence[UUID], reason: str) -> set[UUID]:
    """Take back those texts that still wait, because what they speak of has changed.

    Return those that are not going to leave, among them what an earlier call or the claim has stopped for the
    same reason. One that was claimed meanwhile is not among them.
    """
    values = {"ids": list(message_ids), "reason": reason, "machine_now": uow.machine_now}
    for row in uow.session.execute(TAKE_BACK, values).all():
        policy.uncount(uow, message_id=row.id)
        uow.publish(events.MessageDropped(message_id=row.id, phone_id=row.phone_id, reason=reason))
        logger.info("message_taken_back", message_id=str(row.id), reason=reason)
    return set(uow.session.scalars(STOPPED, values))


def forget_keys(uow: UnitOfWork, *, keys: Sequence[str]) -> None:
    """Let texts be asked for again whose first one was taken back unsent."""
    uow.session.execute(FORGET_KEYS, {"keys": list(keys)})


def _subject(request: TextRequest) -> str:
    if request.source_kind == "touchpoint":
        return "touchpoint"
    return "opt_out_confirmation" if request.kind == "confirmation" else request.kind


def facts_of(uow: UnitOfWork, request: TextRequest, *, merge_into: str | None = None) -> Facts:
    """Return what policy may know of a text now. `merge_into` is another one that would carry its words."""
    return ledger.facts_for(
        uow,
        phone_id=request.phone_id,
        sender_id=request.sender_id,
        team_id=request.team_id,
        patient_id=request.about_patient,
        purpose=request.purpose,
        kind="program" if request.kind == "broadcast" else request.kind,
        program=request.program,
        not_after=request.not_after,
        hold_until=request.hold_until,
        needs_staff=request.needs_staff,
        staffed=request.staffed,
        staffed_from=request.staffed_from,
        free=request.free,
        cadence_reserved=request.cadence_reserved,
        answering_at=request.answering_at,
        merge_into=merge_into,
        at=max(uow.now, request.send_at or uow.now),
    )


def _insert(
    uow: UnitOfWork,
    request: TextRequest,
    worded: Wording,
    facts: Facts,
    *,
    epoch: int,
    decision_id: UUID,
) -> UUID:
    message_id = uow.new_id()
    uow.session.execute(
        insert(Message).values(
            id=message_id,
            direction="out",
            state="queued",
            phone_id=request.phone_id,
            sender_id=request.sender_id,
            team_id=request.team_id,
            program=request.program,
            conversation_id=request.conversation_id,
            about_patient=request.about_patient,
            author_kind=request.author_kind,
            author_id=request.author_id,
            kind=request.kind,
            purpose=request.purpose,
            phone_epoch=epoch,
            body_enc=uow.vault.seal("message.body", message_id, worded.body),
            encoding=worded.count.encoding,
            segments=worded.count.segments,
            priority=request.priority,
            source_kind=request.source_kind,
            source_id=request.source_id,
            decision_id=decision_id,
            language=request.language,
            media_urls=list(request.media_urls),
            anchors=[
                {"kind": one.kind, "id": str(one.id), "version": one.version} for one in request.anchors
            ],
            due_at=facts.now,
            not_after=_end(request, facts),
            at=uow.now,
        )
    )
    keys = {request.key, *(key for key, _, _ in request.parts)}
    uow.session.execute(
        insert(IdempotencyKey), [{"key": key, "message_id": message_id} for key in sorted(keys)]
    )
    _insert_parts(uow, request, message_id)
    if request.media_urls:
        pictures.send_along(uow, message_id=message_id, names=request.media_urls)
    policy.count(uow, message_id=message_id, phone_id=request.phone_id, facts=facts)
    uow.publish(
        events.MessageQueued(message_id=message_id, phone_id=request.phone_id, sender_id=request.sender_id)
    )
    uow.wakes.add("deliver")
    logger.info("message_queued", message_id=str(message_id), kind=request.kind)
    return message_id


def _insert_parts(uow: UnitOfWork, request: TextRequest, message_id: UUID) -> None:
    rows = [
        {
            "id": uow.new_id(),
            "message_id": message_id,
            "place": place,
            "source_kind": kind,
            "source_id": source_id,
        }
        for place, (_, kind, source_id) in enumerate(request.parts)
    ]
    if rows:
        uow.session.execute(insert(MessagePart), rows)


def _end(request: TextRequest, facts: Facts) -> datetime:
    """Return when it must have reached the phone: its own end, and that of the hours texts may arrive in."""
    ends = [facts.now + LONGEST_QUEUED]
    if request.not_after is not None:
        ends.append(request.not_after)
    if request.kind in UNASKED:
        span = window(facts, local_day(facts))
        if span is not None:
            ends.append(_closing(facts, span[1]))
    return min(ends)


def _closing(facts: Facts, wall: str) -> datetime:
    day = local_day(facts)
    if wall == "24:00":
        return moment(facts, day + timedelta(days=1), time.min.strftime("%H:%M"))
    return moment(facts, day, wall)
