"""Readings that staff marked as wrong."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from outreach.inbound.models import ReadingMark
from outreach.kernel.asking import Question, Spelled
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message
from outreach.staff.models import Staff

MOST_MARKS = 500


@dataclass(frozen=True, kw_only=True)
class MarkView:
    """One text that was read wrong, with what the lexicon made of it."""

    mark_id: UUID
    message_id: UUID
    conversation_id: UUID | None
    patient_id: UUID | None
    team_id: UUID
    words: str = field(repr=False)
    said_at: datetime
    was: str
    also: tuple[str, ...]
    tier: str | None
    topic: str | None
    fired: tuple[tuple[int, int, str], ...]
    language: str
    confidence: float
    lexicon: str
    should_be: str | None
    overruled: bool
    """An escalation was overruled for it."""
    marked_by: str
    marked_at: datetime

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that fired, each once."""
        return tuple(dict.fromkeys(rule for _, _, rule in self.fired))


def marks(
    uow: UnitOfWork,
    *,
    team_ids: Collection[UUID],
    since: datetime,
    until: datetime,
    limit: int = MOST_MARKS,
) -> tuple[MarkView, ...]:
    """Return the marks of some teams made in [since, until), newest first."""
    rows = uow.session.execute(
        select(ReadingMark, Message, Staff.name.label("by"))
        .join(Message, Message.id == ReadingMark.message_id)
        .join(Staff, Staff.id == ReadingMark.marked_by)
        .where(
            ReadingMark.team_id.in_(list(team_ids)),
            ReadingMark.taken_back_at.is_(None),
            ReadingMark.marked_at >= since,
            ReadingMark.marked_at < until,
        )
        .order_by(ReadingMark.marked_at.desc(), ReadingMark.id.desc())
        .limit(limit)
    )
    return tuple(_view(uow, row) for row in rows)


def marked_in(conversation_id: UUID) -> Question[dict[UUID, str]]:
    """Return the question which texts of a thread are marked, and as what they should be read.

    The answer is "" where nobody said.
    """
    return Question(_marked(), {"conversation_id": conversation_id}, _by_message)


def _by_message(_: UnitOfWork, rows: Sequence[Any]) -> dict[UUID, str]:
    return {row.message_id: row.should_be or "" for row in rows}


@cache
def _marked() -> Spelled:
    return Spelled(
        select(ReadingMark.message_id, ReadingMark.should_be)
        .join(Message, Message.id == ReadingMark.message_id)
        .where(Message.conversation_id == bindparam("conversation_id"), ReadingMark.taken_back_at.is_(None))
    )


def _view(uow: UnitOfWork, row: Any) -> MarkView:
    one, said = row.ReadingMark, row.Message
    return MarkView(
        mark_id=one.id,
        message_id=one.message_id,
        conversation_id=said.conversation_id,
        patient_id=said.about_patient,
        team_id=one.team_id,
        words=uow.vault.open_or("message.body", said.id, said.body_enc) or "",
        said_at=said.at,
        was=one.was,
        also=tuple(one.also),
        tier=one.tier,
        topic=one.topic,
        fired=tuple((start, end, rule) for start, end, rule in one.fired),
        language=one.language,
        confidence=one.confidence,
        lexicon=one.lexicon,
        should_be=one.should_be,
        overruled=one.escalation_id is not None,
        marked_by=row.by,
        marked_at=one.marked_at,
    )
