"""What people do with a conversation; two at once, and the second one is told."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from outreach.conversations import commands, queries
from outreach.kernel.clock import FrozenClock
from outreach.kernel.errors import NotFound
from outreach.messaging.commands import AlreadyOnItsWay
from outreach.messaging.rules import Queued, Suppressed
from outreach.services import Services
from tests.inbound.desk import LUIS, STRANGER, Desk
from tests.staff import make


@pytest.fixture
def desk(services: Services) -> Desk:
    """A clinic where Ana has asked something."""
    found = Desk(services)
    found.patient()
    found.says("Can I take a bath?")
    return found


@pytest.fixture
def nora(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return make.person(uow, team_id=desk.team_id)


def reply(desk: Desk, staff_id: UUID, body: str = "Yes, you can.", **more: Any) -> Any:
    with desk.begin() as uow:
        return commands.reply(
            uow,
            conversation_id=desk.thread().conversation_id,
            staff_id=staff_id,
            body=body,
            draft_key=more.pop("draft_key", str(uuid4())),
            **more,
        )


def test_a_reply_ends_the_wait_and_takes_the_conversation(desk: Desk, nora: UUID, clock: FrozenClock) -> None:
    outcome = reply(desk, nora)
    desk.turn()

    thread = desk.thread()
    assert isinstance(outcome, Queued)
    assert (thread.waiting_since, thread.unread, thread.owner_id) == (None, 0, nora)
    assert [(one.direction, one.body, one.author_name) for one in thread.items] == [
        ("in", "Can I take a bath?", None),
        ("out", "Yes, you can.", "Nora Nurse"),
    ]
    with desk.begin() as uow:
        assert queries.talk_hold(uow, phone_id=thread.phone_id) == clock.now() + timedelta(hours=2)


def test_the_button_pressed_twice_is_one_text(desk: Desk, nora: UUID) -> None:
    first = reply(desk, nora, draft_key="d1")
    second = reply(desk, nora, draft_key="d1")

    assert first.message_id == second.message_id
    assert len(desk.texts_out()) == 1


def test_a_reply_to_who_opted_out_changes_nothing_and_says_why(desk: Desk, nora: UUID) -> None:
    desk.says("STOP")
    before = desk.thread()

    outcome = reply(desk, nora)

    assert isinstance(outcome, Suppressed)
    assert desk.thread() == before
    assert before.opted_out_at is not None


def test_an_empty_reply_is_refused(desk: Desk, nora: UUID) -> None:
    with pytest.raises(commands.NothingToSay):
        reply(desk, nora, "  ")


def test_a_text_that_came_in_while_typing_is_noticed(desk: Desk, nora: UUID) -> None:
    seen = desk.thread().version
    desk.says("And wash my hair?")

    with pytest.raises(commands.ChangedMeanwhile):
        reply(desk, nora, expected=seen)

    assert desk.texts_out() == []


def test_a_reply_taken_back_makes_them_wait_again(desk: Desk, nora: UUID) -> None:
    waited = desk.thread().waiting_since
    outcome = reply(desk, nora)

    with desk.begin() as uow:
        commands.undo(uow, message_id=outcome.message_id)
    desk.turn()

    thread = desk.thread()
    assert (thread.waiting_since, thread.items[-1].state) == (waited, "canceled")
    assert "failed" not in thread.flags
    with desk.begin() as uow, pytest.raises(AlreadyOnItsWay):
        commands.undo(uow, message_id=outcome.message_id)


def test_closed_it_opens_again_when_they_write(desk: Desk) -> None:
    talk_id = desk.thread().conversation_id
    with desk.begin() as uow:
        commands.close(uow, conversation_id=talk_id, reason="answered by phone")
    assert desk.thread().closed_reason == "answered by phone"

    desk.says("One more question about my stitches")

    thread = desk.thread()
    assert (thread.state, thread.closed_reason, thread.unread) == ("open", None, 1)


def test_thanks_leave_it_closed(desk: Desk) -> None:
    with desk.begin() as uow:
        commands.close(uow, conversation_id=desk.thread().conversation_id, reason="done")

    desk.says("Thank you!")

    assert (desk.thread().state, len(desk.thread().items)) == ("closed", 2)


def test_snoozed_it_comes_back_when_they_write(desk: Desk, clock: FrozenClock) -> None:
    talk_id = desk.thread().conversation_id
    with desk.begin() as uow:
        commands.snooze(uow, conversation_id=talk_id, until=clock.now() + timedelta(days=1))
    assert desk.thread().state == "snoozed"

    desk.says("Hello? Anybody?")

    assert (desk.thread().state, desk.thread().snoozed_until) == ("open", None)


@pytest.mark.parametrize(
    "act",
    [
        lambda uow, talk, version: commands.assign(
            uow, conversation_id=talk, to_staff_id=None, expected=version
        ),
        lambda uow, talk, version: commands.close(uow, conversation_id=talk, reason="x", expected=version),
        lambda uow, talk, version: commands.mark_read(uow, conversation_id=talk, expected=version),
        lambda uow, talk, version: commands.needs_nobody(uow, conversation_id=talk, expected=version),
        lambda uow, talk, version: commands.snooze(
            uow, conversation_id=talk, until=uow.now + timedelta(hours=1), expected=version
        ),
    ],
)
def test_nobody_acts_on_what_they_have_not_seen(desk: Desk, act: Any) -> None:
    talk_id, version = desk.thread().conversation_id, desk.thread().version
    desk.says("Wait, I am bleeding a bit")

    with desk.begin() as uow, pytest.raises(commands.ChangedMeanwhile):
        act(uow, talk_id, version)

    assert desk.thread().unread >= 1


def test_two_claim_at_once_and_one_gets_it(desk: Desk, nora: UUID) -> None:
    with desk.begin() as uow:
        bea = make.person(uow, "bea@riverside.example", "Bea", team_id=desk.team_id)
    talk_id, outcomes = desk.thread().conversation_id, []
    barrier = threading.Barrier(2)

    def claim(who: UUID) -> None:
        barrier.wait()
        try:
            with desk.begin() as uow:
                commands.claim(uow, conversation_id=talk_id, staff_id=who)
            outcomes.append("got it")
        except commands.TakenAlready:
            outcomes.append("too late")

    threads = [threading.Thread(target=claim, args=(who,)) for who in (nora, bea)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(outcomes) == ["got it", "too late"]


def test_delivery_does_not_raise_the_version(desk: Desk, nora: UUID) -> None:
    reply(desk, nora)
    version = desk.thread().version

    desk.turn()

    assert desk.thread().version == version


def test_a_failed_text_puts_it_on_the_list_until_settled(desk: Desk, nora: UUID) -> None:
    from outreach.messaging.events import MessageDelivered, MessageFailed

    outcome = reply(desk, nora)
    fact = {"message_id": outcome.message_id, "phone_id": desk.phone_id()}
    with desk.begin() as uow:
        uow.publish(MessageFailed(**fact, error_class="number", code=30003))
    desk.turn()
    assert "failed" in desk.thread().flags

    with desk.begin() as uow:
        uow.publish(MessageDelivered(**fact))
    desk.turn()
    assert "failed" not in desk.thread().flags


@pytest.mark.parametrize(("mode", "is_note"), [("text", False), ("note", True), ("", True)])
def test_a_draft_comes_back_as_what_it_was(desk: Desk, nora: UUID, mode: str, is_note: bool) -> None:
    talk_id = desk.thread().conversation_id
    for earlier in ("text", "note"):
        with desk.begin() as uow:
            for kept in (earlier, mode):
                commands.save_draft(uow, conversation_id=talk_id, staff_id=nora, body="Dear Zebra", mode=kept)
        with desk.begin() as uow:
            mine = queries.thread(uow, conversation_id=talk_id, team_ids=[desk.team_id], staff_id=nora)
        assert mine.draft_is_note is is_note


@pytest.mark.parametrize("as_note", [False, True])
def test_a_draft_that_was_slow_on_its_way_does_not_bring_back_what_was_sent(
    desk: Desk, nora: UUID, as_note: bool
) -> None:
    mine = {"conversation_id": desk.thread().conversation_id, "staff_id": nora}

    def drafted() -> str | None:
        with desk.begin() as uow:
            return queries.thread(uow, **mine, team_ids=[desk.team_id]).draft

    def keep(body: str, key: str) -> None:
        with desk.begin() as uow:
            commands.save_draft(uow, **mine, body=body, mode="text", draft_key=key)

    keep("Sit do", "d1")
    with desk.begin() as uow:
        (commands.note if as_note else commands.reply)(uow, **mine, body="Sit down", draft_key="d1")
    keep("Sit down", "d1")
    assert drafted() is None

    keep("And drink", "d2")
    keep("Sit down", "d1")
    keep("", "d1")
    assert drafted() == "And drink"


def test_a_note_saved_twice_is_one(desk: Desk, nora: UUID) -> None:
    with desk.begin() as uow:
        bea = make.person(uow, "bea@riverside.example", "Bea", team_id=desk.team_id)
    mine = {"conversation_id": desk.thread().conversation_id, "staff_id": nora}
    for _ in range(2):
        with desk.begin() as uow:
            commands.note(uow, **mine, body="Called her", mentions=[bea], draft_key="d1")

    assert len(desk.rows("SELECT id FROM note")) == 1


def test_notes_and_drafts_are_sealed_and_a_draft_is_its_authors_alone(desk: Desk, nora: UUID) -> None:
    talk_id = desk.thread().conversation_id
    with desk.begin() as uow:
        commands.note(uow, conversation_id=talk_id, staff_id=nora, body="Zebra called", mentions=[nora])
        commands.save_draft(uow, conversation_id=talk_id, staff_id=nora, body="Dear Zebra", mode="text")

    with desk.begin() as uow:
        mine = queries.thread(uow, conversation_id=talk_id, team_ids=[desk.team_id], staff_id=nora)
        theirs = queries.thread(uow, conversation_id=talk_id, team_ids=[desk.team_id], staff_id=UUID(int=4))
    assert (mine.draft, theirs.draft) == ("Dear Zebra", None)
    assert [(one.body, one.mentions) for one in mine.items if hasattr(one, "mentions")] == [
        ("Zebra called", (nora,))
    ]
    stored = str(desk.rows("SELECT note::text, draft::text FROM note, draft"))
    assert "Zebra" not in stored and b"Zebra".hex() not in stored


def test_a_leavers_conversations_are_handed_over(desk: Desk, nora: UUID) -> None:
    with desk.begin() as uow:
        bea = make.person(uow, "bea@riverside.example", "Bea", team_id=desk.team_id)
        commands.claim(uow, conversation_id=desk.thread().conversation_id, staff_id=nora)
    with desk.begin() as uow:
        assert commands.hand_over(uow, from_staff_id=nora, to_staff_id=bea, team_id=desk.team_id) == 1

    assert desk.thread().owner_id == bea


def test_once_known_a_stranger_is_a_stranger_no_more(desk: Desk) -> None:
    desk.says("Is this the clinic?", origin=STRANGER)
    luis = desk.patient(LUIS, name="Luis Ruiz", preferred="Luis")
    with desk.begin() as uow:
        commands.set_patient(uow, conversation_id=desk.thread(STRANGER).conversation_id, patient_id=luis)

    assert (desk.thread(STRANGER).flags, desk.thread(STRANGER).patient_name) == (frozenset(), "Luis Ruiz")


def test_what_is_another_teams_is_not_found(desk: Desk) -> None:
    with desk.begin() as uow, pytest.raises(NotFound):
        queries.thread(uow, conversation_id=desk.thread().conversation_id, team_ids=[UUID(int=9)])


def test_every_change_is_told_to_live_pages_and_forgotten_after_a_day(desk: Desk, nora: UUID) -> None:
    with desk.begin() as uow:
        before = queries.latest_change(uow.session)
    reply(desk, nora)
    desk.turn()

    with desk.begin() as uow:
        told = queries.changes_since(uow.session, no=before, team_ids=[desk.team_id])
        others = queries.changes_since(uow.session, no=before, team_ids=[UUID(int=9)])
    assert {one.conversation_id for one in told} == {desk.thread().conversation_id}
    assert others == ()
    with desk.services.transactions.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE conversation_change SET at = at - interval '2 days'")
    with desk.begin() as uow:
        assert commands.forget_changes(uow) > 0
