"""What other domains and commands ask about a conversation, without opening its thread."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, any_, bindparam, func, not_, select

from outreach.conversations import rules
from outreach.conversations.models import Conversation, QuickReply
from outreach.conversations.queries.views import QuickReplyView
from outreach.kernel.asking import Question, Spelled, some
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import Phone as Number
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Message
from outreach.patients.models import Phone


@dataclass(frozen=True, kw_only=True)
class ConversationView:
    """What other domains need to know of a conversation."""

    id: UUID
    phone_id: UUID
    team_id: UUID
    patient_id: UUID | None
    owner_id: UUID | None
    state: str
    version: int
    waiting_since: datetime | None
    unread: int
    flags: frozenset[str]
    staff_active_until: datetime | None
    they_wrote_at: datetime | None = None
    """When their last text came in, if it is the last one of the thread."""


def conversation(
    uow: UnitOfWork, *, conversation_id: UUID, team_ids: Collection[UUID] | None = None
) -> ConversationView:
    """Return one conversation. Raise NotFound if there is none, or it is none of these teams'."""
    found = uow.session.get(Conversation, conversation_id)
    if found is None or (team_ids is not None and found.team_id not in team_ids):
        raise NotFound
    return _brief(found)


@dataclass(frozen=True, kw_only=True)
class PastView:
    """Another conversation with a patient: on another phone, or with another team."""

    id: UUID
    state: str
    last_at: datetime
    closed_reason: str | None
    phone: str
    """The number in national form."""


def past_of(
    *, patient_id: UUID, team_ids: Collection[UUID], but: UUID, limit: int
) -> Question[tuple[PastView, ...]]:
    """Return the question for a patient's other conversations with some teams, the last one first."""
    values = {"patient_id": patient_id, "team_ids": list(team_ids), "but": but, "limit": limit}
    return Question(_past(), values, _past_views)


@cache
def _past() -> Spelled:
    c = Conversation
    return Spelled(
        select(c.id, c.state, c.last_at, c.closed_reason, Phone.id.label("phone_id"), Phone.e164_enc)
        .join(Phone, Phone.id == c.phone_id)
        .where(
            c.patient_id == bindparam("patient_id"),
            c.team_id == any_(some("team_ids")),
            c.id != bindparam("but"),
        )
        .order_by(c.last_at.desc())
        .limit(bindparam("limit"))
    )


def _past_views(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[PastView, ...]:
    return tuple(
        PastView(
            id=row.id,
            state=row.state,
            last_at=row.last_at,
            closed_reason=row.closed_reason,
            phone=Number(uow.vault.open("phone.e164", row.phone_id, row.e164_enc)).national,
        )
        for row in rows
    )


def find(uow: UnitOfWork, *, phone_id: UUID, team_id: UUID) -> ConversationView | None:
    """Return the conversation of a phone and a team, if there is one."""
    return find_all(uow, phone_ids=[phone_id]).get((phone_id, team_id))


def find_all(uow: UnitOfWork, *, phone_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], ConversationView]:
    """Return the conversations of several phones, by phone and team."""
    rows = uow.session.scalars(
        select(Conversation).where(Conversation.phone_id == any_(some("phone_ids"))),
        {"phone_ids": list(phone_ids)},
    )
    return {(row.phone_id, row.team_id): _brief(row) for row in rows}


def talk_hold(uow: UnitOfWork, *, phone_id: UUID) -> datetime | None:
    """Return until when automated texts to a phone wait because a colleague is talking with its holder."""
    until = uow.session.execute(
        select(func.max(Conversation.staff_active_until)).where(Conversation.phone_id == phone_id)
    ).scalar_one()
    return until if until is not None and until > uow.now else None


def quick_replies(uow: UnitOfWork, *, team_id: UUID) -> tuple[QuickReplyView, ...]:
    """Return the texts a team uses often, by shortcut."""
    rows = uow.session.execute(
        select(QuickReply)
        .where(QuickReply.team_id == team_id)
        .order_by(QuickReply.shortcut, QuickReply.language)
    ).scalars()
    return tuple(
        QuickReplyView(quick_reply_id=row.id, shortcut=row.shortcut, language=row.language, body=row.body)
        for row in rows
    )


@dataclass(frozen=True, kw_only=True)
class SaidView:
    """One text, as its thread needs to know it."""

    message_id: UUID
    conversation_id: UUID | None
    phone_id: UUID
    direction: str
    author_kind: str
    body: str = field(repr=False)
    state: str
    program: str | None
    at: datetime
    planned: bool
    """Whether it waits for a time chosen for it."""


def text_in_thread(uow: UnitOfWork, *, message_id: UUID) -> SaidView:
    """Return one text. Raise NotFound."""
    return texts_in_threads(uow, message_ids=[message_id])[message_id]


def texts_in_threads(uow: UnitOfWork, *, message_ids: Collection[UUID]) -> dict[UUID, SaidView]:
    """Return several texts. Raise NotFound if one of them is not there."""
    rows = _said().rows(uow, {"ids": list(message_ids)})
    if len(rows) < len(set(message_ids)):
        raise NotFound
    return {
        row.id: SaidView(
            message_id=row.id,
            conversation_id=row.conversation_id,
            phone_id=row.phone_id,
            direction=row.direction,
            author_kind=row.author_kind,
            body=uow.vault.open("message.body", row.id, row.body_enc),
            state=row.state,
            program=row.program,
            at=row.at,
            planned=row.planned,
        )
        for row in rows
    }


def last_line(uow: UnitOfWork, *, conversation_id: UUID, theirs: bool) -> SaidView | None:
    """Return the last text of a conversation that was said: taken back and planned ones were not.

    Of theirs only, if somebody waits: then their words stay on the list.
    """
    wanted = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.state != "canceled", not_(_PLANNED)
    )
    if theirs:
        wanted = wanted.where(Message.direction == "in")
    found = uow.session.scalar(wanted.order_by(Message.at.desc(), Message.id.desc()).limit(1))
    return None if found is None else text_in_thread(uow, message_id=found)


_PLANNED = and_(
    Message.state == "queued",
    Message.due_at > Message.at + timedelta(seconds=rules.UNDO_SECONDS),
)


@cache
def _said() -> Spelled:
    m = Message
    return Spelled(
        select(
            m.id, m.conversation_id, m.phone_id, m.direction, m.author_kind, m.body_enc, m.state, m.program,
            m.at, _PLANNED.label("planned"),
        ).where(m.id == any_(some("ids")))
    )  # fmt: skip


def staff_wrote_at(uow: UnitOfWork, *, conversation_id: UUID) -> datetime | None:
    """Return when a colleague last wrote in a conversation; what is planned counts once it has left."""
    return uow.session.execute(
        select(func.max(Message.at)).where(
            Message.conversation_id == conversation_id,
            Message.author_kind == "staff",
            Message.state != "canceled",
            not_(_PLANNED),
        )
    ).scalar_one()


def has_planned(uow: UnitOfWork, *, conversation_id: UUID) -> bool:
    """Return whether a colleague planned a text for later that has not left."""
    wanted = select(Message.id).where(
        Message.conversation_id == conversation_id, Message.author_kind == "staff", _PLANNED
    )
    return uow.session.execute(wanted.limit(1)).scalar() is not None


def unanswered_since(uow: UnitOfWork, *, conversation_id: UUID) -> datetime | None:
    """Return when the first text came in after the last one a colleague sent; None if there is none."""
    wrote = staff_wrote_at(uow, conversation_id=conversation_id)
    wanted = select(func.min(Message.at)).where(
        Message.conversation_id == conversation_id, Message.direction == "in"
    )
    if wrote is not None:
        wanted = wanted.where(Message.at > wrote)
    return uow.session.execute(wanted).scalar_one()


def wrote_since(uow: UnitOfWork, *, phone_id: UUID, team_id: UUID, since: datetime) -> bool:
    """Return whether a text came in from a phone to a team at or after a moment."""
    wanted = (
        select(Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.phone_id == phone_id,
            Conversation.team_id == team_id,
            Message.direction == "in",
            Message.at >= since,
        )
        .limit(1)
    )
    return uow.session.execute(wanted).scalar() is not None


def owned_by(uow: UnitOfWork, *, staff_id: UUID, team_id: UUID) -> tuple[UUID, ...]:
    """Return the conversations a colleague has in a team that are not closed."""
    return tuple(
        uow.session.scalars(
            select(Conversation.id)
            .where(
                Conversation.owner_id == staff_id,
                Conversation.team_id == team_id,
                Conversation.state != "closed",
            )
            .order_by(Conversation.id)
        )
    )


def last_talking_team(uow: UnitOfWork, *, phone_id: UUID, team_ids: Collection[UUID]) -> UUID | None:
    """Return which of some teams talked last with a phone."""
    return uow.session.scalars(
        select(Conversation.team_id)
        .where(Conversation.phone_id == phone_id, Conversation.team_id.in_(list(team_ids)))
        .order_by(Conversation.last_at.desc())
        .limit(1)
    ).first()


def _brief(row: Conversation) -> ConversationView:
    return ConversationView(
        id=row.id,
        phone_id=row.phone_id,
        team_id=row.team_id,
        patient_id=row.patient_id,
        owner_id=row.owner_id,
        state=row.state,
        version=row.version,
        waiting_since=row.waiting_since,
        unread=row.unread,
        flags=frozenset(row.flags),
        staff_active_until=row.staff_active_until,
        they_wrote_at=row.last_at if row.last_direction == "in" else None,
    )
