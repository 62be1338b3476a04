"""Texts going out of a thread, and what people write there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from outreach.conversations import queries, rules
from outreach.conversations.commands import photos
from outreach.conversations.commands.arrivals import PLACE, ensure
from outreach.conversations.commands.drafts import drop_draft, note_of
from outreach.conversations.commands.rows import changed, flag, hold, show_last_line, show_line
from outreach.conversations.commands.words import index_text
from outreach.conversations.models import Conversation, Mention, Note
from outreach.kernel.errors import Invalid, NotFound
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.messaging import commands as messaging
from outreach.messaging import queries as texts
from outreach.messaging.rules import Outcome, Queued, TextRequest
from outreach.patients import commands as patients
from outreach.patients import queries as people
from outreach.staff import queries as staff


class NothingToSay(Invalid):
    """There is nothing to send: write a text first."""


def sent(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Show a text that is going out, or whose delivery changed, in its thread; texts without a thread are
    let be.
    """
    said = queries.text_in_thread(uow, message_id=message_id)
    if said.direction == "in" or said.conversation_id is None:
        return
    row = hold(uow, said.conversation_id)
    row.program = said.program or row.program
    if said.author_kind == "staff":
        _settle_planned(uow, row, has_left=said.state not in ("queued", "canceled"))
    if said.state == "canceled":
        if row.last_message_id == message_id:
            show_last_line(uow, row)
    elif said.author_kind != "staff" or not said.planned:  # of a planned one the row says just that
        _show_sent(uow, row, said)
    changed(uow, row, version=False)


def _show_sent(uow: UnitOfWork, row: Conversation, said: queries.SaidView) -> None:
    if row.last_message_id != said.message_id:
        index_text(uow, message_id=said.message_id, team_id=row.team_id, at=said.at, body=said.body)
    if row.waiting_since is not None and row.last_direction == "in":
        # Somebody waits: their words stay on the list, not our automatic thanks for them.
        row.last_at = max(row.last_at, said.at)
    else:
        show_line(uow, row, message_id=said.message_id, body=said.body, direction="out", at=said.at)


def place_recovered(uow: UnitOfWork, *, message_id: UUID, phone_id: UUID) -> None:
    """Put a text that was found at the provider after a restore into the thread of its phone and team."""
    said = texts.message(uow, message_id=message_id)
    if said.conversation_id is not None or said.team_id is None:
        return
    holders = people.holders(uow, phone_id=phone_id)
    sole = holders[0].patient_id if len(holders) == 1 else None
    conversation_id = ensure(uow, phone_id=phone_id, team_id=said.team_id, patient_id=sole)
    uow.session.execute(PLACE, {"id": message_id, "conversation_id": conversation_id})
    sent(uow, message_id=message_id)


def trouble(uow: UnitOfWork, *, message_id: UUID, up: bool) -> None:
    """Mark a conversation whose text did not get through, or take the mark off when one does."""
    said = queries.text_in_thread(uow, message_id=message_id)
    if said.conversation_id is None:
        return
    row = hold(uow, said.conversation_id)
    flag(row, "failed", up=up)
    changed(uow, row, version=False)


def undelivered(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Show a text that was dropped before it was sent; what a person wrote counts as a failed send."""
    said = queries.text_in_thread(uow, message_id=message_id)
    if said.author_kind in ("staff", "safety"):
        trouble(uow, message_id=message_id, up=True)
        if said.conversation_id is not None:
            _settle_planned(uow, hold(uow, said.conversation_id), has_left=False)
    else:
        sent(uow, message_id=message_id)


def settle_trouble(uow: UnitOfWork, *, conversation_id: UUID, expected: int | None = None) -> None:
    """Take a conversation off the list of failed sends: somebody has dealt with it."""
    row = hold(uow, conversation_id, expected=expected)
    if flag(row, "failed", up=False):
        changed(uow, row, version=True)


def reply(
    uow: UnitOfWork,
    *,
    conversation_id: UUID,
    staff_id: UUID,
    body: str,
    draft_key: str,
    send_at: datetime | None = None,
    expected: int | None = None,
    photo: messaging.Photo | None = None,
) -> Outcome:
    """Send a colleague's text, after five seconds in which it can be taken back, or at `send_at`.

    A conversation nobody owns becomes theirs, nobody waits any more, and automated texts hold their peace
    for a while; with a text that is planned for later all of this but the first comes when it leaves: until
    then somebody still waits. `draft_key` makes a second press of the button the same text. What policy
    refuses changes nothing. A `photo` may come with words or alone. Raise NothingToSay, NotFound,
    NotAPicture, PictureTooLarge, or ChangedMeanwhile (a new text came in while typing) if `expected` is
    given.
    """
    if not body.strip() and photo is None:
        raise NothingToSay
    found = queries.conversation(uow, conversation_id=conversation_id)
    patients.lock_phone(uow, phone_id=found.phone_id)
    row = hold(uow, conversation_id, expected=expected)
    request = _request(uow, row, staff_id=staff_id, body=body, draft_key=draft_key, send_at=send_at)
    if photo is not None:
        request = replace(request, media_urls=(messaging.keep_picture(uow, content=photo.content),))
    outcome = messaging.queue(uow, request)
    if isinstance(outcome, Queued):
        if photo is not None:
            messaging.show_photo(uow, message_id=outcome.message_id, photo=photo)
        row.owner_id, row.unread = row.owner_id or staff_id, 0
        row.state, row.snoozed_until, row.closed_reason = "open", None, None
        if rules.is_planned(send_at, now=uow.now):
            flag(row, rules.PLANNED, up=True)
        else:
            row.waiting_since, row.staff_active_until = None, uow.now + rules.STAFF_TALK_HOLD
            show_line(uow, row, message_id=outcome.message_id, body=body, direction="out", at=uow.now)
        index_text(uow, message_id=outcome.message_id, team_id=row.team_id, at=uow.now, body=body)
        drop_draft(uow, conversation_id=conversation_id, staff_id=staff_id)
        photos.drop_draft_photo(uow, conversation_id=conversation_id, staff_id=staff_id)
        changed(uow, row, version=True)
    return outcome


def _request(
    uow: UnitOfWork, row: Conversation, *, staff_id: UUID, body: str, draft_key: str, send_at: datetime | None
) -> TextRequest:
    return TextRequest(
        phone_id=row.phone_id,
        sender_id=staff.team(uow, row.team_id).sender_id,
        team_id=row.team_id,
        body=body,
        author_kind="staff",
        author_id=staff_id,
        about_patient=row.patient_id,
        purpose="care",
        kind="staff",
        source_kind="conversation",
        source_id=row.id,
        key=f"staff:{draft_key}",
        send_at=send_at or uow.now + timedelta(seconds=rules.UNDO_SECONDS),
        conversation_id=row.id,
        answering_at=row.waiting_since,
    )


def undo(uow: UnitOfWork, *, message_id: UUID) -> None:
    """Take a colleague's text back while it waits; whoever waited before it waits again. Raise
    TooLateToUndo.
    """
    said = queries.text_in_thread(uow, message_id=message_id)
    if said.conversation_id is None or said.author_kind != "staff":
        raise NotFound
    found = queries.conversation(uow, conversation_id=said.conversation_id)
    patients.lock_phone(uow, phone_id=found.phone_id)
    row = hold(uow, said.conversation_id)
    messaging.cancel(uow, message_id=message_id)
    row.waiting_since = queries.unanswered_since(uow, conversation_id=row.id)
    if row.last_message_id == message_id:
        show_last_line(uow, row)
    changed(uow, row, version=True)


def _settle_planned(uow: UnitOfWork, row: Conversation, *, has_left: bool) -> None:
    """Note that a planned text is under way or never will be: who waited for it has an answer, or waits."""
    if rules.PLANNED not in row.flags:
        return
    flag(row, rules.PLANNED, up=queries.has_planned(uow, conversation_id=row.id))
    if has_left:
        row.staff_active_until = uow.now + rules.STAFF_TALK_HOLD
        if row.waiting_since is not None:
            row.waiting_since = queries.unanswered_since(uow, conversation_id=row.id)


def note(
    uow: UnitOfWork,
    *,
    conversation_id: UUID,
    staff_id: UUID | None,
    body: str,
    mentions: Collection[UUID] = (),
    draft_key: str = "",
) -> UUID:
    """Add an internal note; patients never see it. `staff_id` is None for a note of our own.

    `draft_key` makes a second press of the button the same note. Raise NothingToSay.
    """
    if not body.strip():
        raise NothingToSay
    row = hold(uow, conversation_id)
    note_id = note_of(draft_key) if draft_key else uow.new_id()
    if draft_key and uow.session.get(Note, note_id) is not None:
        return note_id
    uow.session.add(
        Note(
            id=note_id,
            conversation_id=conversation_id,
            author_id=staff_id,
            body_enc=uow.vault.seal("note.body", note_id, body),
            mentions=[str(one) for one in mentions],
            at=uow.now,
        )
    )
    if mentions:
        uow.session.flush()
        uow.session.add_all(
            Mention(
                note_id=note_id,
                staff_id=one,
                conversation_id=conversation_id,
                team_id=row.team_id,
                at=uow.now,
            )
            for one in dict.fromkeys(mentions)
            if one != staff_id
        )
    if staff_id is not None and draft_key:
        drop_draft(uow, conversation_id=conversation_id, staff_id=staff_id)
    changed(uow, row, version=False)
    return note_id


def see_mentions(uow: UnitOfWork, *, staff_id: UUID, conversation_id: UUID | None = None) -> int:
    """Note that a colleague has seen where they were named: in one conversation, or everywhere."""
    seen = update(Mention).where(Mention.staff_id == staff_id, Mention.seen_at.is_(None))
    if conversation_id is not None:
        seen = seen.where(Mention.conversation_id == conversation_id)
    return int(uow.session.execute(seen.values(seen_at=uow.now)).rowcount)  # type: ignore[attr-defined]
