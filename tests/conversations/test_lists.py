"""The inbox's lists and a thread: who stands where, page by page, with a constant number of statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, literal

from outreach.conversations import queries
from outreach.conversations.models import Conversation
from outreach.escalations import queries as escalations
from outreach.kernel import phone
from outreach.kernel.clock import FrozenClock
from outreach.messaging import commands as messaging
from outreach.patients import commands as patients
from outreach.services import Services
from tests.inbound.desk import STRANGER, Desk
from tests.staff import make
from tests.statements import counted

INBOX_STATEMENTS = 2
THREAD_STATEMENTS = 3


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def nora(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return make.person(uow, team_id=desk.team_id)


def add(desk: Desk, number: int, *, team_id: UUID | None = None, **values: Any) -> UUID:
    """A conversation whose last text came `number` minutes ago."""
    with desk.begin() as uow:
        phone_id = patients.phone_for(uow, phone=phone.from_provider(f"+1202556{number:04d}"))
        row_id = uow.new_id()
        when = uow.now - timedelta(minutes=number)
        made = {"state": "open", "unread": 0, "flags": [], "version": 1, "change_no": 0}
        uow.session.execute(
            insert(Conversation).values(
                {
                    "id": row_id,
                    "phone_id": phone_id,
                    "team_id": team_id or desk.team_id,
                    "last_at": when,
                    "created_at": when,
                }
                | made
                | values
            )
        )
    return row_id


def listed(
    desk: Desk, view: str, *, staff_id: UUID = UUID(int=1), teams: list[UUID] | None = None
) -> list[UUID]:
    """All pages of a list, three rows each."""
    found: list[UUID] = []
    before = None
    while True:
        with desk.begin() as uow:
            page = queries.inbox(
                uow, staff_id=staff_id, team_ids=teams or [desk.team_id], view=view, before=before, limit=3
            )
        found += [row.conversation_id for row in page.rows]
        before = page.next
        if before is None:
            return found


def test_each_list_holds_what_it_says(desk: Desk, nora: UUID, clock: FrozenClock) -> None:
    now = clock.now()
    long, short = now - timedelta(minutes=45), now - timedelta(minutes=5)
    mine = add(desk, 1, owner_id=nora)
    waits_long = add(desk, 2, waiting_since=long)
    waits_short = add(desk, 3, waiting_since=short)
    mine_long = add(desk, 4, owner_id=nora, waiting_since=long - timedelta(minutes=1))
    urgent = add(desk, 5, flags=["red"], urgent_due_at=now)
    failed = add(desk, 6, flags=["failed"])
    unknown = add(desk, 7, flags=["unknown_sender"])
    snoozed_due = add(desk, 8, state="snoozed", snoozed_until=short)
    snoozed = add(desk, 9, state="snoozed", snoozed_until=now + timedelta(hours=1), owner_id=nora)
    closed = add(desk, 10, state="closed", flags=["failed"], owner_id=nora)
    everything = [
        mine,
        waits_long,
        waits_short,
        mine_long,
        urgent,
        failed,
        unknown,
        snoozed_due,
        snoozed,
        closed,
    ]

    assert listed(desk, "mine", staff_id=nora) == [mine, mine_long]
    assert listed(desk, "unassigned") == [waits_long, waits_short]
    assert listed(desk, "waiting") == [mine_long, waits_long]
    assert listed(desk, "escalations") == [urgent]
    assert listed(desk, "failed") == [failed]
    assert listed(desk, "unknown") == [unknown]
    assert listed(desk, "snoozed") == [snoozed_due]
    assert listed(desk, "closed") == [closed]
    assert listed(desk, "all") == everything
    with desk.begin() as uow:
        assert queries.counts(uow, staff_id=nora, team_ids=[desk.team_id]) == queries.Counts(
            mine=2, unassigned=2, waiting=2, escalations=1, failed=1, unknown=1, snoozed=1
        )


def test_pages_neither_skip_nor_repeat_over_two_teams_and_equal_times(desk: Desk) -> None:
    with desk.begin() as uow:
        other = make.team(uow, "Cardiology", sender_id=desk.sender_id)
    made = [
        add(desk, number // 4, team_id=[desk.team_id, other][number % 2], phone_id=_phone(desk, number))
        for number in range(23)
    ]

    found = listed(desk, "all", teams=[desk.team_id, other])

    assert len(found) == 23
    assert set(found) == set(made)
    assert set(listed(desk, "all")) == set(made[::2])


def _phone(desk: Desk, number: int) -> UUID:
    with desk.begin() as uow:
        return patients.phone_for(uow, phone=phone.from_provider(f"+1202557{number:04d}"))


def test_a_row_says_who_and_what(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()
    desk.says("Can I   take\na bath?")
    desk.says("Is this the clinic?", origin=STRANGER)
    clock.move(minutes=31)

    with desk.begin() as uow:
        rows = queries.inbox(uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="waiting").rows

    ana, stranger = sorted(rows, key=lambda row: row.patient_id is None)
    assert (ana.name, ana.last_line, ana.last_direction, ana.unread, ana.past_target) == (
        "Ana Ruiz", "Can I take a bath?", "in", 1, True
    )  # fmt: skip
    assert (stranger.name, stranger.flags) == ("(202) 555-0190", frozenset({"unknown_sender"}))


def test_a_shared_phone_shows_both_names(desk: Desk) -> None:
    desk.patient(name="Ana Ruiz")
    desk.patient(name="Luis Ruiz")
    desk.says("Hello, a question")

    with desk.begin() as uow:
        [row] = queries.inbox(uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="all").rows

    assert row.name == "Ana Ruiz, Luis Ruiz"


def test_counts_stop_at_a_hundred_and_take_one_statement(desk: Desk, clock: FrozenClock) -> None:
    for number in range(105):
        add(desk, number, flags=["failed"])

    with counted(desk.services.transactions.engine) as seen, desk.begin() as uow:
        found = queries.counts(uow, staff_id=UUID(int=1), team_ids=[desk.team_id])

    assert (found.failed, found.mine) == (100, 0)
    assert len(seen) == 1


@pytest.mark.parametrize("many", [1, 40])
def test_a_page_of_the_inbox_takes_the_same_few_statements(desk: Desk, many: int) -> None:
    for number in range(many):
        add(desk, number, waiting_since=None)

    with counted(desk.services.transactions.engine) as seen, desk.begin() as uow:
        queries.inbox(uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="all")
        queries.counts(uow, staff_id=UUID(int=1), team_ids=[desk.team_id])

    assert len(seen) == INBOX_STATEMENTS


@pytest.mark.parametrize("many", [1, 60])
def test_a_thread_takes_the_same_few_statements(desk: Desk, many: int, clock: FrozenClock) -> None:
    ana = desk.patient()
    desk.asks(ana)
    desk.says("3, my chest hurts, and a photo", NumMedia="1", MediaUrl0="https://api.example/m1")
    write(desk, many, clock)
    talk_id = desk.thread().conversation_id

    with counted(desk.services.transactions.engine) as seen, desk.begin() as uow:
        view = queries.thread(uow, conversation_id=talk_id, team_ids=[desk.team_id], staff_id=UUID(int=1))
        view.with_bands(escalations.for_conversation(uow, conversation_id=talk_id))

    assert len(seen) == THREAD_STATEMENTS


def write(desk: Desk, many: int, clock: FrozenClock) -> None:
    """Texts straight into the thread, two of each second."""
    thread = desk.thread()
    for number in range(many):
        if number % 2:
            clock.move(seconds=1)
        desk.arrives(f"line {number}")
        receipt_id = desk.rows("SELECT id FROM inbound_receipt ORDER BY id DESC LIMIT 1")[0].id
        with desk.begin() as uow:
            messaging.record_inbound(
                uow,
                messaging.Incoming(
                    receipt_id=receipt_id,
                    phone_id=thread.phone_id,
                    sender_id=desk.sender_id,
                    body=f"line {number}",
                    conversation_id=thread.conversation_id,
                    team_id=desk.team_id,
                ),
            )


def test_a_long_thread_pages_back_without_gaps(desk: Desk, clock: FrozenClock) -> None:
    desk.patient()
    desk.says("Hello, first question")
    write(desk, 25, clock)
    talk_id = desk.thread().conversation_id

    bodies: list[str] = []
    before = None
    while True:
        with desk.begin() as uow:
            view = queries.thread(
                uow, conversation_id=talk_id, team_ids=[desk.team_id], before=before, limit=7
            )
        bodies = [item.body for item in view.items] + bodies
        before = view.older
        if before is None:
            break

    assert len(bodies) == 26
    assert set(bodies) == {"Hello, first question"} | {f"line {number}" for number in range(25)}


def test_bands_and_notes_stand_at_their_time(desk: Desk, clock: FrozenClock, nora: UUID) -> None:
    from outreach.conversations import commands

    desk.patient()
    desk.says("Hello, a question")
    clock.move(minutes=1)
    desk.says("I can't breathe")
    clock.move(minutes=1)
    with desk.begin() as uow:
        commands.note(uow, conversation_id=desk.thread().conversation_id, staff_id=nora, body="Calling her")

    kinds = [type(item).__name__ for item in desk.thread().items]

    assert kinds[0] == "Bubble" and kinds[-1] == "NoteView"
    assert sorted(kinds[1:-1]) == ["Band", "Bubble", "Bubble"]


@pytest.mark.parametrize("word", ["x", "AAAA", "é", "MjAyNg", "a" * 400])
def test_a_made_up_cursor_is_refused(desk: Desk, word: str) -> None:
    with desk.begin() as uow, pytest.raises(queries.BadCursor):
        queries.inbox(uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="all", before=word)


def test_a_made_up_list_is_refused(desk: Desk) -> None:
    with desk.begin() as uow, pytest.raises(queries.NoSuchView):
        queries.inbox(uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="secret")


def test_no_teams_no_rows(desk: Desk) -> None:
    add(desk, 1)

    with desk.begin() as uow:
        assert queries.inbox(uow, staff_id=UUID(int=1), team_ids=[], view="all").rows == ()
        assert queries.counts(uow, staff_id=UUID(int=1), team_ids=[]) == queries.Counts()


@pytest.mark.parametrize("view", [view for view in queries.VIEWS if view not in ("closed", "all")])
def test_a_list_walks_an_index_of_its_own(desk: Desk, view: str) -> None:
    from sqlalchemy.dialects import postgresql

    from outreach.conversations.queries import walks

    with desk.begin() as uow:
        uow.session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        uow.session.connection().exec_driver_sql("SET LOCAL enable_sort = off")
        uow.session.connection().exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        statement = walks.walk(walks.lists(literal(UUID(int=1)), literal(uow.now))[view], None, 50)
        bound = statement.with_only_columns(Conversation.id).where(
            walks.Teams.c.id == desk.team_id, walks.Ranks.c.rank == 2
        )
        sql = str(bound.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
        plan = "\n".join(
            row[0] for row in uow.session.connection().exec_driver_sql("EXPLAIN " + sql.replace("%", "%%"))
        )

    assert "ix_conversation_" in plan
    assert "Sort" not in plan
