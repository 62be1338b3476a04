"""Open questions and what replies mean for them. The phone's lock is taken first, so that one question is
open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from outreach.conversations import rules
from outreach.conversations.events import Answered, PromptExpired
from outreach.conversations.models import Answer, Prompt
from outreach.conversations.queries.prompts import waits
from outreach.kernel.errors import Conflict, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.patients import commands as patients

EXPIRED_AT_ONCE = 200


class AnsweredAlready(Conflict):
    """This question has been answered by another text."""


def open_prompt(
    uow: UnitOfWork,
    *,
    phone_id: UUID,
    sender_id: UUID,
    patient_id: UUID,
    source_kind: str,
    source_id: UUID,
    message_id: UUID | None,
    question: Mapping[str, Any],
    expires_at: datetime,
    over: UUID | None = None,
) -> UUID | None:
    """Open a question on a phone; None while another one is open, which is then asked first.

    A question past its time makes way, and so does the one this is asked `over`; an answer to either still
    counts for a week. Takes the phone's lock.
    """
    patients.lock_phone(uow, phone_id=phone_id)
    known = _open(uow, phone_id, sender_id)
    if known is not None:
        if known.source_kind == source_kind and known.source_id == source_id:
            return known.id
        if not rules.may_open(known.expires_at, now=uow.now) and known.id != over:
            return None
        _close(uow, known, "superseded")
    prompt_id = uow.new_id()
    uow.session.add(
        Prompt(
            id=prompt_id,
            phone_id=phone_id,
            sender_id=sender_id,
            patient_id=patient_id,
            source_kind=source_kind,
            source_id=source_id,
            message_id=message_id,
            question=dict(question),
            state="open",
            opened_at=uow.now,
            expires_at=expires_at,
            asked_again=0,
        )
    )
    uow.session.flush()
    return prompt_id


def bind_answer(
    uow: UnitOfWork,
    *,
    prompt_id: UUID,
    message_id: UUID,
    value: Mapping[str, Any],
    by: str,
    late: bool,
    corrects: bool = False,
) -> UUID:
    """Take a text as the answer to a question, and tell whoever asked. The same text twice is one answer.

    `value` is {"choice": "2"} or {"number": 120.0, ...}; `by` is patient, caregiver or staff. Raise
    NotFound, or AnsweredAlready if another text has answered it, unless this one `corrects` that answer.
    """
    prompt = _hold(uow, prompt_id)
    known = uow.session.scalars(
        select(Answer.id).where(Answer.prompt_id == prompt_id, Answer.message_id == message_id)
    ).one_or_none()
    if known is not None:
        return known
    if prompt.state == "answered" and not corrects:
        raise AnsweredAlready
    answer_id = uow.new_id()
    uow.session.add(
        Answer(
            id=answer_id,
            prompt_id=prompt_id,
            message_id=message_id,
            patient_id=prompt.patient_id,
            value_enc=uow.vault.seal("answer.value", answer_id, json.dumps(dict(value))),
            by=by,
            late=late,
            at=uow.now,
        )
    )
    prompt.state, prompt.closed_at = "answered", uow.now
    uow.publish(
        Answered(
            prompt_id=prompt_id,
            answer_id=answer_id,
            source_kind=prompt.source_kind,
            source_id=prompt.source_id,
        )
    )
    return answer_id


def set_aside(uow: UnitOfWork, *, prompt_id: UUID) -> None:
    """Close an open question so that another can be asked first; an answer to it still counts."""
    prompt = _hold(uow, prompt_id)
    if prompt.state == "open":
        _close(uow, prompt, "superseded")


def close_prompt(uow: UnitOfWork, *, prompt_id: UUID) -> None:
    """Close a question of our own that has done its work and is nobody's answer."""
    prompt = _hold(uow, prompt_id)
    prompt.state, prompt.closed_at = "answered", uow.now


def withdraw_prompts(uow: UnitOfWork, *, message_ids: Sequence[UUID]) -> int:
    """Close questions whose text never left, so that others may be asked; nobody's silence is counted."""
    result = uow.session.execute(
        update(Prompt)
        .where(Prompt.message_id.in_(message_ids), Prompt.state == "open")
        .values(state="expired", closed_at=uow.now)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def expire_prompts(uow: UnitOfWork) -> int:
    """Close questions past their time and tell whoever asked. Return how many; call again while it is 200.

    One that was superseded early keeps its time: only when that is over has nobody answered it.
    """
    due = uow.session.scalars(
        select(Prompt)
        .where(waits(), Prompt.expires_at <= uow.now)
        .order_by(Prompt.expires_at)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for prompt in due:
        _close(uow, prompt, "expired")
    return len(due)


def expire_prompt(uow: UnitOfWork, *, prompt_id: UUID) -> PromptExpired | None:
    """Close one question past its time, and return what was told; None if it has been closed meanwhile.

    Takes the phone's lock.
    """
    prompt = _hold(uow, prompt_id)
    waiting = prompt.state == "open" or (
        prompt.state == "superseded" and prompt.closed_at is not None and prompt.closed_at < prompt.expires_at
    )
    return _close(uow, prompt, "expired") if waiting and prompt.expires_at <= uow.now else None


def _open(uow: UnitOfWork, phone_id: UUID, sender_id: UUID) -> Prompt | None:
    return uow.session.scalars(
        select(Prompt)
        .where(Prompt.phone_id == phone_id, Prompt.sender_id == sender_id, Prompt.state == "open")
        .execution_options(populate_existing=True)
    ).one_or_none()


def _hold(uow: UnitOfWork, prompt_id: UUID) -> Prompt:
    phone_id = uow.session.scalars(select(Prompt.phone_id).where(Prompt.id == prompt_id)).one_or_none()
    if phone_id is None:
        raise NotFound
    patients.lock_phone(uow, phone_id=phone_id)
    return uow.session.scalars(
        select(Prompt).where(Prompt.id == prompt_id).execution_options(populate_existing=True)
    ).one()


def _close(uow: UnitOfWork, prompt: Prompt, state: str) -> PromptExpired | None:
    over = prompt.expires_at <= uow.now
    prompt.state, prompt.closed_at = ("expired" if over else state), uow.now
    uow.session.flush()
    if not over:
        return None
    told = PromptExpired(
        prompt_id=prompt.id,
        source_kind=prompt.source_kind,
        source_id=prompt.source_id,
        state=prompt.state,
    )
    uow.publish(told)
    return told
