"""One thread, opened: what was said, what was noted, what it answered, and what may be said next."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, and_, func, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from outreach.consent.models import PhoneOptOut
from outreach.conversations import rules
from outreach.conversations.models import Answer, Conversation, Draft, Note, Prompt
from outreach.conversations.queries import prompts
from outreach.conversations.queries.views import (
    AnswerView,
    Bubble,
    Cursor,
    HolderView,
    MediaView,
    NoteView,
    OpenQuestion,
    ThreadView,
)
from outreach.kernel.errors import NotFound
from outreach.kernel.phone import Phone as Number
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging.models import Media, Message
from outreach.patients.models import Patient, PatientPhone, Phone
from outreach.staff.models import CareTeam, Staff

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

    Five statements however long the thread is. Escalations stand above this domain: put them in with
    `view.with_bands(escalations.queries.for_conversation(...))`. Raise NotFound outside `team_ids`,
    BadCursor.
    """
    head = _head(uow, conversation_id, team_ids, staff_id)
    size = max(1, min(limit, LARGEST_PAGE))
    place = Cursor.parse(before)
    rows = _messages(uow, conversation_id, place, size + 1)
    more, rows = len(rows) > size, rows[:size]
    bubbles = _bubbles(uow, rows)
    since = bubbles[-1].at if more else None
    items = [*bubbles, *_notes(uow, conversation_id, since=since, until=place.at if place else None)]
    return _view(
        uow,
        head,
        staff_id,
        items=tuple(sorted(items, key=lambda item: (item.at, item.id))),
        older=bubbles[-1].cursor if more else None,
    )


def _head(
    uow: UnitOfWork, conversation_id: UUID, team_ids: Collection[UUID], staff_id: UUID | None
) -> Row[Any]:
    wanted = (
        select(
            Conversation,
            CareTeam,
            Phone,
            Patient,
            Staff.name.label("owner_name"),
            PhoneOptOut.opted_out_at,
            Draft.body_enc.label("draft_enc"),
        )
        .join(CareTeam, CareTeam.id == Conversation.team_id)
        .join(Phone, Phone.id == Conversation.phone_id)
        .outerjoin(Patient, Patient.id == Conversation.patient_id)
        .outerjoin(Staff, Staff.id == Conversation.owner_id)
        .outerjoin(PhoneOptOut, and_(PhoneOptOut.phone_id == Phone.id, PhoneOptOut.epoch == Phone.epoch))
        .outerjoin(Draft, and_(Draft.conversation_id == Conversation.id, Draft.staff_id == staff_id))
        .where(Conversation.id == conversation_id, Conversation.team_id.in_(team_ids))
    )
    found = uow.session.execute(wanted).one_or_none()
    if found is None:
        raise NotFound
    return cast("Row[Any]", found)


def _messages(uow: UnitOfWork, conversation_id: UUID, before: Cursor | None, limit: int) -> list[Row[Any]]:
    wanted = (
        select(Message, Staff.name.label("author_name"), _ANSWERS, _MEDIA)
        .outerjoin(Staff, and_(Message.author_kind == "staff", Staff.id == Message.author_id))
        .where(Message.conversation_id == conversation_id)
    )
    if before is not None:
        wanted = wanted.where(tuple_(Message.at, Message.id) < (before.at, before.id))
    return list(uow.session.execute(wanted.order_by(Message.at.desc(), Message.id.desc()).limit(limit)))


def _bubbles(uow: UnitOfWork, rows: list[Row[Any]]) -> list[Bubble]:
    return [
        _bubble(uow, row.Message, row.author_name, _answers(uow, row.answers), _media(uow, row.media))
        for row in rows
    ]


def _bubble(
    uow: UnitOfWork,
    row: Message,
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


# Beside each text, so that they take no statements of their own.
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


def _notes(
    uow: UnitOfWork, conversation_id: UUID, *, since: datetime | None, until: datetime | None
) -> list[NoteView]:
    wanted = (
        select(Note, Staff.name.label("author_name"))
        .outerjoin(Staff, Staff.id == Note.author_id)
        .where(Note.conversation_id == conversation_id)
    )
    if since is not None:
        wanted = wanted.where(Note.at >= since)
    if until is not None:
        wanted = wanted.where(Note.at < until)
    rows = uow.session.execute(wanted.order_by(Note.at.desc()).limit(LARGEST_PAGE))
    return [
        NoteView(
            id=row.Note.id,
            at=row.Note.at,
            author_id=row.Note.author_id,
            author_name=row.author_name,
            body=uow.vault.open("note.body", row.Note.id, row.Note.body_enc),
            mentions=tuple(UUID(found) for found in row.Note.mentions),
        )
        for row in rows
    ]


def _holders(uow: UnitOfWork, phone_id: UUID) -> tuple[HolderView, ...]:
    rows = uow.session.execute(
        select(
            Patient.id,
            Patient.name_enc,
            PatientPhone.id.label("link_id"),
            PatientPhone.relation,
            PatientPhone.holder_name_enc,
        )
        .join(Patient, Patient.id == PatientPhone.patient_id)
        .where(PatientPhone.phone_id == phone_id, PatientPhone.ended_at.is_(None))
        .order_by(PatientPhone.relation.desc(), PatientPhone.rank, PatientPhone.id)
    )
    return tuple(
        HolderView(
            patient_id=row.id,
            name=uow.vault.open("patient.name", row.id, row.name_enc),
            relation=row.relation,
            holder_name=uow.vault.open_or("patient_phone.holder_name", row.link_id, row.holder_name_enc)
            or None,
        )
        for row in rows
    )


def _view(uow: UnitOfWork, head: Row[Any], staff_id: UUID | None, **page: Any) -> ThreadView:
    talk, team, phone = head.Conversation, head.CareTeam, head.Phone
    return ThreadView(
        conversation_id=talk.id,
        version=talk.version,
        change_no=talk.change_no,
        team_id=team.id,
        team_name=team.name,
        team_zone=team.zone,
        sender_id=team.sender_id,
        phone_id=phone.id,
        phone=Number(uow.vault.open("phone.e164", phone.id, phone.e164_enc)).national,
        phone_state=phone.state,
        **_person(uow, head.Patient),
        holders=_holders(uow, phone.id),
        owner_id=talk.owner_id,
        owner_name=head.owner_name,
        state=talk.state,
        closed_reason=talk.closed_reason,
        snoozed_until=talk.snoozed_until,
        waiting_since=talk.waiting_since,
        past_target=rules.too_long(talk.waiting_since, minutes=team.answer_target_minutes, now=uow.now),
        unread=talk.unread,
        flags=frozenset(talk.flags),
        opted_out_at=head.opted_out_at,
        draft=uow.vault.open_or("draft.body", f"{talk.id}:{staff_id}", head.draft_enc) or None,
        open_question=_open_question(uow, phone.id, team.sender_id),
        **page,
    )


def _person(uow: UnitOfWork, patient: Patient | None) -> dict[str, Any]:
    if patient is None:
        return {
            "patient_id": None,
            "patient_name": None,
            "preferred_name": None,
            "language": None,
            "zone": None,
        }
    return {
        "patient_id": patient.id,
        "patient_name": uow.vault.open("patient.name", patient.id, patient.name_enc),
        "preferred_name": uow.vault.open_or("patient.preferred_name", patient.id, patient.preferred_name_enc)
        or None,
        "language": patient.language,
        "zone": patient.zone,
    }


def _open_question(uow: UnitOfWork, phone_id: UUID, sender_id: UUID) -> OpenQuestion | None:
    found = prompts.open_prompt(uow, phone_id=phone_id, sender_id=sender_id)
    if found is None:
        return None
    return OpenQuestion(
        prompt_id=found.prompt_id,
        patient_id=found.patient_id,
        message_id=found.message_id,
        source_kind=found.source_kind,
        source_id=found.source_id,
        question=found.question,
        opened_at=found.opened_at,
        expires_at=found.expires_at,
    )
