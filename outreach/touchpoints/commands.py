"""Planning contacts, sending the due ones through the one door out, and letting the stale ones go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands as escalations
from outreach.escalations import queries as roster
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging.rules import AskHuman, Deferred, Queued, Suppressed, TextRequest
from outreach.patients import commands as phones
from outreach.patients import queries as patients
from outreach.staff import queries as staff
from outreach.touchpoints.models import Touchpoint
from outreach.touchpoints.rules.timing import PlannedItem, settle_late
from outreach.touchpoints.rules.wording import Composed

WAITING = ("planned", "held")
NOBODY_TO_TEXT_DAYS = 1
TRIES = 5
PUT_OFF = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A due contact, locked for this transaction."""

    id: UUID
    patient_id: UUID
    team_id: UUID
    source_kind: str
    source_id: UUID
    step: str
    occurrence: int
    anchor_version: int
    why: dict[str, Any]


def plan(
    uow: UnitOfWork,
    *,
    patient_id: UUID,
    team_id: UUID,
    source_kind: str,
    source_id: UUID,
    anchor_version: int,
    items: Sequence[PlannedItem],
) -> int:
    """Store a plan: new contacts are added, those of older anchors are skipped, repeats change nothing.

    A contact already past follows its late rule, visibly. Return how many rows were added.
    """
    drop(
        uow, source_kind=source_kind, source_id=source_id, reason="anchor_moved", below_version=anchor_version
    )
    if not items:
        return 0
    rows = [
        _row(uow, item)
        | {
            "patient_id": patient_id,
            "team_id": team_id,
            "source_kind": source_kind,
            "source_id": source_id,
            "anchor_version": anchor_version,
        }
        for item in items
    ]
    result = uow.session.execute(insert(Touchpoint).values(rows).on_conflict_do_nothing())
    return int(result.rowcount)  # type: ignore[attr-defined]


def _row(uow: UnitOfWork, item: PlannedItem) -> dict[str, Any]:
    kept = settle_late(item, now=uow.now)
    shown = kept or item
    return {
        "id": uow.new_id(),
        "step": item.step,
        "occurrence": item.occurrence,
        "local_day": item.local_day,
        "local_time": item.local_time.strftime("%H:%M"),
        "due_at": shown.due_at,
        "not_after": shown.not_after,
        "state": "planned" if kept else "skipped",
        "reason": None if kept else "already_past",
        "settled_at": None if kept else uow.now,
        "why": item.why,
    }


def drop(
    uow: UnitOfWork,
    *,
    source_kind: str,
    source_id: UUID,
    reason: str,
    below_version: int | None = None,
    steps: Sequence[str] | None = None,
) -> int:
    """Skip contacts that have not been sent: all of a source, or those of older anchors, or certain steps."""
    query = update(Touchpoint).where(
        Touchpoint.source_kind == source_kind,
        Touchpoint.source_id == source_id,
        Touchpoint.state.in_(WAITING),
    )
    if below_version is not None:
        query = query.where(Touchpoint.anchor_version < below_version)
    if steps is not None:
        query = query.where(Touchpoint.step.in_(steps))
    result = uow.session.execute(query.values(state="skipped", reason=reason, settled_at=uow.now))
    return int(result.rowcount)  # type: ignore[attr-defined]


def claim(uow: UnitOfWork, *, touchpoint_id: UUID) -> Claimed | None:
    """Lock a due contact for this transaction; None if it is no longer due or another worker has it.

    One whose time has passed is let go here, with its reason.
    """
    row = uow.session.scalars(
        select(Touchpoint)
        .where(Touchpoint.id == touchpoint_id, Touchpoint.state.in_(WAITING), Touchpoint.due_at <= uow.now)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()
    if row is None:
        return None
    if row.not_after <= uow.now:
        _settle(uow, row, state="expired", reason="too_late")
        return None
    return Claimed(
        id=row.id,
        patient_id=row.patient_id,
        team_id=row.team_id,
        source_kind=row.source_kind,
        source_id=row.source_id,
        step=row.step,
        occurrence=row.occurrence,
        anchor_version=row.anchor_version,
        why=row.why,
    )


def waiting(uow: UnitOfWork, *, source_kind: str, source_id: UUID) -> bool:
    """Return whether anything of a source is still to come."""
    query = select(Touchpoint.id).where(
        Touchpoint.source_kind == source_kind,
        Touchpoint.source_id == source_id,
        Touchpoint.state.in_(WAITING),
    )
    return uow.session.scalar(query.limit(1)) is not None


def put_off(uow: UnitOfWork, *, touchpoint_id: UUID, reason: str) -> None:
    """Try a contact again later after a failure of ours; after five tries a person takes it over."""
    row = uow.session.get_one(Touchpoint, touchpoint_id, with_for_update={"key_share": True})
    if row.state not in WAITING:
        return
    row.tries += 1
    if row.tries < TRIES:
        _hold(uow, row, until=uow.now + PUT_OFF * 2**row.tries, reason=reason)
        return
    _task(uow, row, kind="other")
    _settle(uow, row, state="suppressed", reason=reason)


def skip(uow: UnitOfWork, *, touchpoint_id: UUID, reason: str) -> None:
    """Let a contact go unsent, for a reason that stays visible."""
    row = uow.session.get_one(Touchpoint, touchpoint_id)
    if row.state in WAITING:
        _settle(uow, row, state="skipped", reason=reason)


def mark_answered(uow: UnitOfWork, *, touchpoint_id: UUID) -> None:
    """Note that the patient answered the question that came with this contact."""
    row = uow.session.get_one(Touchpoint, touchpoint_id)
    if row.state == "sent":
        row.state = "answered"


def send(uow: UnitOfWork, *, claimed: Claimed, composed: Composed) -> str:
    """Ask for a claimed contact to be sent, and store what came of it. Return its new state.

    A question waits while another one is open on the same phone, and until its time is over.
    """
    row = uow.session.get_one(Touchpoint, claimed.id)
    phone_id = patients.texting_phone(uow, patient_id=claimed.patient_id)
    if phone_id is None:
        return _nobody_to_text(uow, row)
    # The phone before the conversation, as everybody takes them: a text that comes in meanwhile has it too.
    phones.lock_phone(uow, phone_id=phone_id)
    team = staff.team(uow, team_id=claimed.team_id)
    if composed.question is not None:
        open_now = talk.open_prompt(uow, phone_id=phone_id, sender_id=team.sender_id)
        if open_now is not None and open_now.expires_at > uow.now:
            return _hold(uow, row, until=open_now.expires_at, reason="another_question_is_open")
    conversation_id = conversations.ensure(
        uow, phone_id=phone_id, team_id=claimed.team_id, patient_id=claimed.patient_id
    )
    outcome = messaging.queue(
        uow, _request(uow, claimed, composed, phone_id, team.sender_id, conversation_id)
    )
    return _record(uow, row, composed, outcome, phone_id=phone_id, sender_id=team.sender_id)


def _request(
    uow: UnitOfWork,
    claimed: Claimed,
    composed: Composed,
    phone_id: UUID,
    sender_id: UUID,
    conversation_id: UUID,
) -> TextRequest:
    row = uow.session.get_one(Touchpoint, claimed.id)
    staffed = roster.staffed(uow, team_id=claimed.team_id, at=uow.now) if composed.needs_staff else None
    return TextRequest(
        phone_id=phone_id,
        sender_id=sender_id,
        team_id=claimed.team_id,
        body=composed.text,
        author_kind=composed.kind,
        about_patient=claimed.patient_id,
        purpose=composed.purpose,
        kind=composed.kind,
        source_kind="touchpoint",
        source_id=claimed.id,
        key=f"touchpoint:{claimed.id}",
        language=composed.language,
        not_after=row.not_after,
        conversation_id=conversation_id,
        hold_until=talk.talk_hold(uow, phone_id=phone_id),
        staffed=staffed,
        needs_staff=composed.needs_staff,
        free=composed.free,
        cadence_reserved=composed.cadence_reserved,
        program=composed.program,
    )


def _record(
    uow: UnitOfWork,
    row: Touchpoint,
    composed: Composed,
    outcome: Queued | Deferred | Suppressed | AskHuman,
    *,
    phone_id: UUID,
    sender_id: UUID,
) -> str:
    row.decision_id = outcome.decision_id
    if isinstance(outcome, Deferred):
        return _hold(uow, row, until=outcome.until, reason="deferred")
    if isinstance(outcome, Suppressed):
        return _settle(uow, row, state="suppressed", reason=outcome.reason)
    if isinstance(outcome, AskHuman):
        _task(uow, row, kind="other")
        return _settle(uow, row, state="suppressed", reason=outcome.reason)
    row.message_id = outcome.message_id
    row.text_enc = uow.vault.seal("touchpoint.text", row.id, composed.text)
    if composed.question is not None:
        conversations.open_prompt(
            uow,
            phone_id=phone_id,
            sender_id=sender_id,
            patient_id=row.patient_id,
            source_kind=row.source_kind,
            source_id=row.id,
            message_id=outcome.message_id,
            question=composed.question,
            expires_at=uow.now + timedelta(hours=composed.question_lasts_hours),
        )
    return _settle(uow, row, state="sent", reason=None)


def _nobody_to_text(uow: UnitOfWork, row: Touchpoint) -> str:
    _task(uow, row, kind="live_call")
    return _settle(uow, row, state="suppressed", reason="no_phone")


def _task(uow: UnitOfWork, row: Touchpoint, *, kind: str) -> None:
    escalations.add_task(
        uow,
        team_id=row.team_id,
        kind=kind,
        source_kind=row.source_kind,
        source_id=row.source_id,
        due_at=uow.now + timedelta(days=NOBODY_TO_TEXT_DAYS),
        patient_id=row.patient_id,
    )


def _hold(uow: UnitOfWork, row: Touchpoint, *, until: Any, reason: str) -> str:
    if until >= row.not_after:
        return _settle(uow, row, state="expired", reason=reason)
    row.state, row.reason, row.due_at = "held", reason, max(until, uow.now + timedelta(seconds=1))
    return "held"


def _settle(uow: UnitOfWork, row: Touchpoint, *, state: str, reason: str | None) -> str:
    row.state, row.reason, row.settled_at = state, reason, uow.now
    return state


def unanswered_in_a_row(uow: UnitOfWork, *, source_kind: str, source_id: UUID) -> int:
    """Return how many of a source's newest questions in a row were sent and not answered."""
    rows = uow.session.execute(
        select(Touchpoint.state)
        .where(
            Touchpoint.source_kind == source_kind,
            Touchpoint.source_id == source_id,
            Touchpoint.state.in_(("sent", "answered")),
            func.coalesce(Touchpoint.why["asks"].astext, "") != "",
        )
        .order_by(Touchpoint.due_at.desc())
        .limit(20)
    )
    count = 0
    for state in rows.scalars():
        if state == "answered":
            break
        count += 1
    return count
