"""One thread, opened: what was said, what was noted, what it answered, and what may be said next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from outreach.conversations import rules
from outreach.conversations.models import Answer, Prompt
from outreach.conversations.queries import heads
from outreach.conversations.queries.views import (
    AnswerView,
    Bubble,
    Cursor,
    MediaView,
    ThreadView,
)
from outreach.kernel.asking import Spelled
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Media, Message
from outreach.staff.models import Staff

DEFAULT_PAGE = 50
LARGEST_PAGE = 200


def thread(
    uow: UnitOfWork,
    *,
    conversation_id: UUID,
    team_ids: Collection[UUID],
    staff_id: UUID | None = None,
    before: str | None = None,
    limit: int = DEFAULT_PAGE,
) -> ThreadView:
    """Return a conversation with one page of its thread; `before` is the cursor of the oldest text seen.

    Two statements however long the thread is. Escalations stand above this domain: put them in with
    `view.with_bands(escalations.queries.for_conversation(...))`. Raise NotFound outside `team_ids`,
    BadCursor.
    """
    size, place = max(1, min(limit, LARGEST_PAGE)), Cursor.parse(before)
    around = heads.around(
        uow,
        conversation_id=conversation_id,
        team_ids=team_ids,
        staff_id=staff_id,
        until=place.at if place else None,
    )
    rows = _messages(uow, conversation_id, place, size + 1)
    more, rows = len(rows) > size, rows[:size]
    bubbles = _bubbles(uow, rows)
    since = bubbles[-1].at if more else None
    items = [*bubbles, *heads.notes(uow, around, since=since)]
    return heads.view(
        uow,
        around,
        staff_id=staff_id,
        items=tuple(sorted(items, key=lambda item: (item.at, item.id))),
        older=bubbles[-1].cursor if more else None,
    )


def _messages(
    uow: UnitOfWork, conversation_id: UUID, before: Cursor | None, limit: int
) -> Sequence[Row[Any]]:
    values: dict[str, Any] = {"conversation_id": conversation_id, "size": limit}
    if before is not None:
        values |= {"before_at": before.at, "before_id": before.id}
    return _page(goes_on=before is not None).rows(uow, values)


@cache
def _page(*, goes_on: bool) -> Spelled:
    m = Message
    wanted = (
        select(
            m.id, m.at, m.direction, m.author_kind, m.author_id, m.about_patient, m.body_enc, m.state,
            m.error_code, m.error_class, m.segments, m.due_at, m.crossed, m.source_kind, m.source_id,
            m.decision_id, m.language, m.program, _AUTHOR, _ANSWERS, _MEDIA,
        )
        .where(m.conversation_id == bindparam("conversation_id"))
    )  # fmt: skip
    if goes_on:
        wanted = wanted.where(tuple_(m.at, m.id) < tuple_(bindparam("before_at"), bindparam("before_id")))
    return Spelled(wanted.order_by(m.at.desc(), m.id.desc()).limit(bindparam("size")))


def _bubbles(uow: UnitOfWork, rows: Sequence[Row[Any]]) -> list[Bubble]:
    return [
        _bubble(uow, row, row.author_name, _answers(uow, row.answers), _media(uow, row.media)) for row in rows
    ]


def _bubble(
    uow: UnitOfWork,
    row: Row[Any],
    author: str | None,
    answers: Iterable[AnswerView],
    media: Iterable[MediaView],
) -> Bubble:
    return Bubble(
        id=row.id,
        at=row.at,
        direction=row.direction,
        author_kind=row.author_kind,
        author_id=row.author_id,
        author_name=author,
        about_patient=row.about_patient,
        body=uow.vault.open("message.body", row.id, row.body_enc),
        state=row.state,
        error_code=row.error_code,
        error_class=row.error_class,
        segments=row.segments,
        due_at=row.due_at,
        crossed=row.crossed,
        source_kind=row.source_kind,
        source_id=row.source_id,
        decision_id=row.decision_id,
        language=row.language,
        program=row.program,
        answers=tuple(answers),
        media=tuple(media),
    )


# Beside each text, so that they take no statements of their own; joined, they would have the whole thread
# read and sorted for its last page.
_AUTHOR = (
    select(Staff.name)
    .where(Message.author_kind == "staff", Staff.id == Message.author_id)
    .correlate(Message)
    .scalar_subquery()
    .label("author_name")
)
_ANSWERS = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(
                    Answer.id,
                    Answer.prompt_id,
                    Prompt.message_id,
                    func.encode(Answer.value_enc, "hex"),
                    Answer.by,
                    Answer.late,
                ),
                Answer.at,
            )
        )
    )
    .select_from(Answer)
    .join(Prompt, Prompt.id == Answer.prompt_id)
    .where(Answer.message_id == Message.id)
    .correlate(Message)
    .scalar_subquery()
    .label("answers")
)
_MEDIA = (
    select(
        func.jsonb_agg(
            aggregate_order_by(
                func.jsonb_build_array(
                    Media.id, Media.content_type, Media.state, func.encode(Media.about_enc, "hex")
                ),
                Media.place,
            )
        )
    )
    .where(Media.message_id == Message.id)
    .correlate(Message)
    .scalar_subquery()
    .label("media")
)


def _answers(uow: UnitOfWork, found: list[list[Any]] | None) -> list[AnswerView]:
    return [
        AnswerView(
            answer_id=UUID(row_id),
            prompt_id=UUID(prompt_id),
            question_message_id=UUID(asked) if asked else None,
            value=rules.said(uow.vault.open("answer.value", row_id, bytes.fromhex(sealed))),
            by=by,
            late=late,
        )
        for row_id, prompt_id, asked, sealed, by, late in found or ()
    ]


def _media(uow: UnitOfWork, found: list[list[Any]] | None) -> list[MediaView]:
    return [
        MediaView(
            media_id=UUID(row_id),
            content_type=kind,
            state=state,
            about=uow.vault.open("media.about", row_id, bytes.fromhex(about)) if about else "",
        )
        for row_id, kind, state, about in found or ()
    ]
