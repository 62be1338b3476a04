"""Which question is open, and which were lately: what a reply may be an answer to."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, any_, or_, select, text

from outreach.conversations import rules
from outreach.conversations.models import Answer, Prompt
from outreach.kernel.asking import some
from outreach.kernel.errors import NotFound
from outreach.kernel.unit_of_work import UnitOfWork

MOST_RECENT = 20
"""Earlier questions are not looked at, however many there are."""

ASKED_WHEN = text(
    """
    SELECT g.at AS asked_at, p.*
    FROM unnest(
        CAST(:phone_ids AS uuid[]), CAST(:sender_ids AS uuid[]), CAST(:ats AS timestamptz[])
    ) AS g(phone_id, sender_id, at)
    CROSS JOIN LATERAL (
        SELECT q.* FROM (
            SELECT *, opened_at <= g.at AND (closed_at IS NULL OR closed_at >= g.at) AS was_open
            FROM prompt WHERE phone_id = g.phone_id AND sender_id = g.sender_id
        ) AS q
        WHERE was_open OR (state = 'open' AND opened_at >= :since)
        ORDER BY was_open DESC, opened_at DESC, id DESC LIMIT 1
    ) AS p
    """
)


@dataclass(frozen=True, kw_only=True)
class PromptView:
    """A question as it was asked. `question` holds its kind and reply words, no patient data."""

    prompt_id: UUID
    phone_id: UUID
    sender_id: UUID
    patient_id: UUID
    source_kind: str
    """program | reminder | inbound"""
    source_id: UUID
    message_id: UUID | None
    question: dict[str, Any]
    state: str
    """open | answered | superseded | expired"""
    opened_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    asked_again: int


def open_prompt(uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID) -> PromptView | None:
    """Return the question that is open on a phone, for a sender, if there is one. It may be past its time."""
    found = uow.session.execute(
        select(Prompt).where(
            Prompt.phone_id == phone_id, Prompt.sender_id == sender_id, Prompt.state == "open"
        )
    ).scalar_one_or_none()
    return None if found is None else _view(found)


def recent_prompts(uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID) -> tuple[PromptView, ...]:
    """Return questions that a late reply may still answer, newest first, the open one among them."""
    return recent_prompts_of(uow, phone_ids=[phone_id])[phone_id, sender_id]


def recent_prompts_of(
    uow: UnitOfWork, *, phone_ids: Collection[UUID]
) -> Mapping[tuple[UUID, UUID], tuple[PromptView, ...]]:
    """Return the same for several phones, by phone and sender; where there are none, there is none."""
    rows = uow.session.scalars(
        select(Prompt)
        .where(
            Prompt.phone_id == any_(some("phone_ids")),
            Prompt.opened_at >= uow.now - rules.LATE_ANSWER_WINDOW,
        )
        .order_by(Prompt.opened_at.desc(), Prompt.id.desc()),
        {"phone_ids": list(phone_ids)},
    )
    found: defaultdict[tuple[UUID, UUID], tuple[PromptView, ...]] = defaultdict(tuple)
    for row in rows:
        theirs = found[row.phone_id, row.sender_id]
        if len(theirs) < MOST_RECENT:
            found[row.phone_id, row.sender_id] = (*theirs, _view(row))
    return found


def asked_at(uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID, at: datetime) -> PromptView | None:
    """Return the question that was open on a phone, for a sender, when a text came in."""
    found = uow.session.scalars(
        select(Prompt)
        .where(
            Prompt.phone_id == phone_id,
            Prompt.sender_id == sender_id,
            Prompt.opened_at <= at,
            or_(Prompt.closed_at.is_(None), Prompt.closed_at >= at),
        )
        .order_by(Prompt.opened_at.desc(), Prompt.id.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else _view(found)


@dataclass(frozen=True, kw_only=True)
class When:
    """A moment on a phone, for a sender."""

    phone_id: UUID
    sender_id: UUID
    at: datetime


def asked_when(uow: UnitOfWork, moments: Collection[When]) -> dict[When, PromptView]:
    """Return for each moment the question that was open then, else the one open now, if there is one."""
    asked = {
        "phone_ids": [one.phone_id for one in moments],
        "sender_ids": [one.sender_id for one in moments],
        "ats": [one.at for one in moments],
        "since": uow.now - rules.LATE_ANSWER_WINDOW,
    }
    rows = uow.session.execute(ASKED_WHEN, asked)
    return {When(phone_id=row.phone_id, sender_id=row.sender_id, at=row.asked_at): _view(row) for row in rows}


def waits() -> ColumnElement[bool]:
    """Return the condition that nobody has answered a question nor noticed that its time is over."""
    early = and_(Prompt.state == "superseded", Prompt.closed_at < Prompt.expires_at)
    return or_(Prompt.state == "open", early)


def overdue(uow: UnitOfWork, *, limit: int) -> tuple[UUID, ...]:
    """Return the questions past their time that are still to be closed, the longest first."""
    rows = uow.session.scalars(
        select(Prompt.id)
        .where(waits(), Prompt.expires_at <= uow.now)
        .order_by(Prompt.expires_at, Prompt.id)
        .limit(limit)
    )
    return tuple(rows)


def awaited(uow: UnitOfWork, *, phone_id: UUID, sender_id: UUID) -> tuple[PromptView, ...]:
    """Return the questions whose answer is waited for: the open one first, then those superseded early."""
    rows = uow.session.execute(
        select(Prompt)
        .where(
            Prompt.phone_id == phone_id,
            Prompt.sender_id == sender_id,
            Prompt.state.in_(("open", "superseded")),
            Prompt.expires_at > uow.now,
        )
        .order_by(Prompt.state, Prompt.opened_at.desc(), Prompt.id.desc())
    ).scalars()
    return tuple(_view(row) for row in rows)


def prompt(uow: UnitOfWork, *, prompt_id: UUID) -> PromptView:
    """Return one question. Raise NotFound."""
    found = uow.session.get(Prompt, prompt_id)
    if found is None:
        raise NotFound
    return _view(found)


@dataclass(frozen=True, kw_only=True)
class AnswerDetail:
    """An answer with what it means for the question."""

    answer_id: UUID
    prompt_id: UUID
    patient_id: UUID
    message_id: UUID
    source_kind: str
    source_id: UUID
    question: dict[str, Any]
    question_key: str | None
    """What the asking domain calls this question."""
    word: str | None
    """The reply word chosen."""
    means: str | None
    """What the question says choosing it means ("confirm")."""
    number: float | None = field(repr=False)
    second: float | None = field(repr=False)
    """The lower of two numbers (blood pressure)."""
    unit: str | None
    """As it was typed, or as the question implies: lb, kg, mmHg, mg/dL."""
    by: str
    late: bool
    at: datetime


def answer(uow: UnitOfWork, *, answer_id: UUID) -> AnswerDetail | None:
    """Return an answer with its question, or None if there is no such answer."""
    row = uow.session.execute(
        select(Answer, Prompt).join(Prompt, Prompt.id == Answer.prompt_id).where(Answer.id == answer_id)
    ).one_or_none()
    if row is None:
        return None
    found, asked = row.Answer, row.Prompt
    value = json.loads(uow.vault.open("answer.value", found.id, found.value_enc))
    word = value.get("choice")
    return AnswerDetail(
        answer_id=found.id,
        prompt_id=asked.id,
        patient_id=found.patient_id,
        message_id=found.message_id,
        source_kind=asked.source_kind,
        source_id=asked.source_id,
        question=asked.question,
        question_key=asked.question.get("key"),
        word=word,
        means=rules.meaning_of(asked.question, word),
        number=value.get("number"),
        second=value.get("second"),
        unit=value.get("unit"),
        by=found.by,
        late=found.late,
        at=found.at,
    )


def _view(row: Any) -> PromptView:
    return PromptView(
        prompt_id=row.id,
        phone_id=row.phone_id,
        sender_id=row.sender_id,
        patient_id=row.patient_id,
        source_kind=row.source_kind,
        source_id=row.source_id,
        message_id=row.message_id,
        question=row.question,
        state=row.state,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        asked_again=row.asked_again,
    )
