"""After a restore: what the provider has is written into the database, so that nothing leaves twice.

A text that waits here and is at the provider is marked as sent, under the provider's sid. One we know nothing
of is put on file as `recovered`: it is part of what was said to a patient. And when what caused it comes up
again (a planned contact, an answer to a text that the sweep takes in), it is recognised and not sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from outreach.kernel import log, phone
from outreach.kernel.errors import OutreachError
from outreach.kernel.segments import count_segments
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import events
from outreach.messaging.commands import restoring, statuses
from outreach.messaging.models import IdempotencyKey, Message
from outreach.messaging.ports import ProviderMessage, ProviderUnavailable, SmsGateway
from outreach.messaging.rules import UNASKED, TextRequest, matching, origin
from outreach.patients import commands as patients
from outreach.policy import commands as policy

logger = log.get(__name__)

KNOWN = text("SELECT sid FROM provider_sid WHERE sid = ANY(CAST(:sids AS text[]))")
SENDERS = text(
    """
    SELECT s.id, s.address, (SELECT t.id FROM care_team t WHERE t.sender_id = s.id
        ORDER BY t.is_default DESC, t.name LIMIT 1) AS team_id
    FROM sender s
    """
)
LOST = text(
    """
    SELECT a.id, a.message_id, a.started_at, m.body_enc, m.segments, jsonb_array_length(m.media_urls) AS media
    FROM attempt a JOIN message m ON m.id = a.message_id
    WHERE a.phone_id = :phone_id AND a.sender_id = :sender_id AND a.state IN ('sending', 'in_doubt', 'absent')
        AND NOT EXISTS (SELECT FROM provider_sid p WHERE p.attempt_id = a.id)
    ORDER BY a.started_at
    """
)
WAITING = text(
    """
    SELECT id, body_enc, segments, jsonb_array_length(media_urls) AS media, attempts FROM message
    WHERE state = 'queued' AND sender_id = :sender_id AND phone_id = :phone_id AND at <= :before
    ORDER BY due_at, id FOR NO KEY UPDATE
    """
)
TAKE = text(
    "UPDATE message SET state = 'sending', attempts = attempts + 1, retry_at = NULL WHERE id = :message_id"
)
ATTEMPT = text(
    """
    INSERT INTO attempt (id, message_id, phone_id, sender_id, number, state, provider_rank, started_at,
        lease_until, look_at, looks, is_safety, settled_at)
    VALUES (:id, :message_id, :phone_id, :sender_id, :number, 'accepted', 0, :created_at, :created_at,
        :created_at, 0, FALSE, :machine_now)
    """
)
DOUBT = text(
    "UPDATE message SET state = 'in_doubt' WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'queued'"
)
RECOVERED = text(
    """
    SELECT id, body_enc, segments, jsonb_array_length(media_urls) AS media FROM message
    WHERE kind = 'recovered' AND phone_id = :phone_id AND at >= :since AND sender_id = :sender_id
    ORDER BY at FOR NO KEY UPDATE
    """
)
CLAIM = text(
    """
    UPDATE message SET kind = :kind, purpose = :purpose, program = :program, author_kind = :author_kind,
        author_id = :author_id, about_patient = :about_patient, team_id = COALESCE(:team_id, team_id),
        source_kind = :source_kind, source_id = :source_id, body_enc = :body, language = :language,
        priority = :priority, conversation_id = COALESCE(conversation_id, :conversation_id)
    WHERE id = :id
    """
)


class ProviderNotRead(OutreachError):
    """The provider's list could not be read whole. Nothing was let go; try again in a moment."""


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """What the provider's list of sent texts came to."""

    adopted: int = 0
    """Waited here and were sent already."""
    recovered: int = 0
    """Unknown here, and on file now."""
    doubtful: int = 0
    """Wait here, may have been sent already, and staff decide."""
    known: int = 0


@dataclass(frozen=True, kw_only=True)
class _Sender:
    id: UUID
    team_id: UUID | None


def recover(transactions: Transactions, gateway: SmsGateway, *, since: datetime, actor: Any) -> Recovered:
    """Read what the provider has sent since, and write it down here. Raise ProviderNotRead.

    One transaction for each text, the oldest first; doing it again changes nothing.
    """
    try:
        listed = [
            one
            for one in gateway.list_sent(since=since, most=restoring.MOST)
            if one.direction == restoring.OURS
        ]
    except ProviderUnavailable:
        raise ProviderNotRead from None
    with transactions.begin(actor=actor) as uow:
        known = set(uow.session.scalars(KNOWN, {"sids": [one.sid for one in listed]}))
        senders = {
            row.address: _Sender(id=row.id, team_id=row.team_id) for row in uow.session.execute(SENDERS)
        }
    counts: dict[str, int] = {}
    for one in sorted(listed, key=lambda message: message.created_at):
        sender = senders.get(one.service_sid or "") or senders.get(one.sent_from or "")
        if sender is not None:
            with transactions.begin(actor=actor) as uow:
                outcome = "known" if one.sid in known else _take_in(uow, one, sender)
                if outcome == "known":
                    _tell(uow, one)
            counts[outcome] = counts.get(outcome, 0) + 1
    logger.info("sent_texts_read", **counts)
    return Recovered(**counts)


def _tell(uow: UnitOfWork, one: ProviderMessage, *, attempt: tuple[UUID, UUID] | None = None) -> None:
    message_id, attempt_id = attempt or (None, None)
    statuses.record_status(
        uow,
        sid=one.sid,
        status=one.status,
        error_code=one.error_code,
        message_id=message_id,
        attempt_id=attempt_id,
        sent_from=one.sent_from,
    )


def _take_in(uow: UnitOfWork, one: ProviderMessage, sender: _Sender) -> str:
    phone_id = patients.phone_for(uow, phone=phone.from_provider(one.to))
    patients.lock_phone(uow, phone_id=phone_id)
    places = {"phone_id": phone_id, "sender_id": sender.id}
    for row in uow.session.execute(LOST, places).all():
        if matching.is_same(_words(uow, row), one) and matching.in_time(row.started_at, one):
            _tell(uow, one, attempt=(row.message_id, row.id))
            return "adopted"
    waiting = uow.session.execute(
        WAITING, places | {"before": _product_time(uow, one) + matching.CLOCKS_DIFFER}
    ).all()
    same = [row for row in waiting if matching.is_same(_words(uow, row), one)]
    if (one.body and same) or len(same) == 1:
        _adopt(uow, one, same[0], **places)
        return "adopted"
    _put_on_file(uow, one, sender, phone_id)
    if same:
        return _leave_in_doubt(uow, [row.id for row in same], phone_id)
    return "recovered"


def _words(uow: UnitOfWork, row: Any) -> matching.Worded:
    message_id = getattr(row, "message_id", row.id)
    return matching.Worded(
        body=uow.vault.open("message.body", message_id, row.body_enc),
        segments=row.segments,
        media_count=row.media,
    )


def _product_time(uow: UnitOfWork, one: ProviderMessage) -> datetime:
    return uow.now - max(uow.machine_now - one.created_at, timedelta(0))


def _adopt(uow: UnitOfWork, one: ProviderMessage, row: Any, *, phone_id: UUID, sender_id: UUID) -> None:
    uow.session.execute(TAKE, {"message_id": row.id})
    attempt_id = _attempt(uow, one, row.id, number=row.attempts + 1, phone_id=phone_id, sender_id=sender_id)
    _tell(uow, one, attempt=(row.id, attempt_id))
    logger.info("text_adopted", message_id=str(row.id), status=one.status)


def _attempt(
    uow: UnitOfWork, one: ProviderMessage, message_id: UUID, *, number: int, phone_id: UUID, sender_id: UUID
) -> UUID:
    attempt_id = uow.new_id()
    uow.session.execute(
        ATTEMPT,
        {
            "id": attempt_id,
            "message_id": message_id,
            "phone_id": phone_id,
            "sender_id": sender_id,
            "number": number,
            "created_at": one.created_at,
            "machine_now": uow.machine_now,
        },
    )
    return attempt_id


def _put_on_file(uow: UnitOfWork, one: ProviderMessage, sender: _Sender, phone_id: UUID) -> None:
    message_id, count, at = uow.new_id(), count_segments(one.body), _product_time(uow, one)
    uow.session.execute(
        insert(Message).values(
            id=message_id,
            direction="out",
            state="sending",
            kind="recovered",
            phone_id=phone_id,
            sender_id=sender.id,
            team_id=sender.team_id,
            author_kind="system",
            body_enc=uow.vault.seal("message.body", message_id, one.body),
            encoding=count.encoding,
            segments=one.segments or count.segments,
            source_kind="recovered",
            source_id=message_id,
            attempts=1,
            due_at=at,
            at=at,
        )
    )
    places = {"phone_id": phone_id, "sender_id": sender.id}
    attempt_id = _attempt(uow, one, message_id, number=1, **places)
    # Somebody got it: until its cause comes up again it counts as what most texts are.
    policy.count_contact(
        uow, message_id=message_id, phone_id=phone_id, local_day=at.date(), counts=1, source="program"
    )
    _tell(uow, one, attempt=(message_id, attempt_id))
    uow.publish(events.MessageRecovered(message_id=message_id, phone_id=phone_id))


def _leave_in_doubt(uow: UnitOfWork, message_ids: Sequence[UUID], phone_id: UUID) -> str:
    uow.session.execute(DOUBT, {"ids": list(message_ids)})
    for message_id in message_ids:
        uow.publish(events.MessageInDoubt(message_id=message_id, phone_id=phone_id))
    return "doubtful"


def recognise(uow: UnitOfWork, request: TextRequest, *, body: str, segments: int) -> UUID | None:
    """Return the recovered text that is the one asked for, now under its key; None if there is none.

    The phone's row must be locked.
    """
    since = origin.sent_since(request, now=uow.now)
    if since is None:
        return None
    places = {"phone_id": request.phone_id, "sender_id": request.sender_id, "since": since}
    rows = uow.session.execute(RECOVERED, places).all()
    wanted = matching.Worded(body=body, segments=segments, media_count=len(request.media_urls))
    worded = [(row, _words(uow, row)) for row in rows]
    same = [row for row, words in worded if words.body == body]
    wordless = [row for row, words in worded if not words.body and words.segments == wanted.segments]
    found = same[:1] or (wordless if len(wordless) == 1 else [])
    if not found:
        return None
    _claim(uow, request, found[0].id, body)
    return UUID(str(found[0].id))


def _claim(uow: UnitOfWork, request: TextRequest, message_id: UUID, body: str) -> None:
    names = (
        "kind", "purpose", "program", "author_kind", "author_id", "about_patient", "team_id", "source_kind",
        "source_id", "language", "priority", "conversation_id",
    )  # fmt: skip
    values = {name: getattr(request, name) for name in names}
    uow.session.execute(
        CLAIM, values | {"id": message_id, "body": uow.vault.seal("message.body", message_id, body)}
    )
    keys = {request.key, *(key for key, _, _ in request.parts)}
    uow.session.execute(
        insert(IdempotencyKey), [{"key": key, "message_id": message_id} for key in sorted(keys)]
    )
    if request.kind not in UNASKED or request.free or request.cadence_reserved:
        policy.recount(uow, message_id=message_id, counts=0, source=request.kind)
    else:
        policy.recount(uow, message_id=message_id, counts=1, source=request.kind)
    uow.publish(events.MessageAccepted(message_id=message_id, phone_id=request.phone_id))
    logger.info("recovered_text_recognised", message_id=str(message_id))
