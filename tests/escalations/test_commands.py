"""Raise, climb, take, resolve: once per source, on the record, visible in the thread, to the ladder's end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from outreach.conversations import commands as conversations
from outreach.conversations import queries as talk
from outreach.escalations import commands, queries
from outreach.kernel.clock import FrozenClock
from outreach.kernel.phone import Phone
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.staff import queries as houses
from tests.inbound.desk import PAGES, Desk
from tests.staff import make

PAGERS = {"nora": "+12025550181", "bea": "+12025550182", "lea": "+12025550183", "ana": "+12025550184"}


@pytest.fixture
def desk(services: Services) -> Desk:
    """A clinic that is always open, with one patient who has written."""
    found = Desk(services)
    found.patient()
    found.says("Hello, I have a question about parking")
    return found


@pytest.fixture
def crew(desk: Desk) -> dict[str, UUID]:
    """Nora on call, Bea behind her, Lea in the team, all with pagers; Ana is the administrator."""
    with desk.begin() as uow:
        make.sender(uow, PAGES, kind="pages", label="Pages")
        found = {
            name: make.person(uow, f"{name}@riverside.example", name.title(), team_id=desk.team_id)
            for name in ("nora", "bea", "lea")
        }
        found["ana"] = next(one.id for one in _staff(uow) if one.is_admin)
        for name, number in PAGERS.items():
            staff.set_pager(uow, staff_id=found[name], phone=Phone(number))
        for rank, name in ((1, "nora"), (2, "bea")):
            staff.add_shift(
                uow,
                team_id=desk.team_id,
                staff_id=found[name],
                starts_at=uow.now,
                ends_at=uow.now + timedelta(hours=12),
                rank=rank,
            )
    return found


def _staff(uow: Any) -> Any:
    from outreach.staff import queries as people

    return people.all_staff(uow)


def raised(desk: Desk, tier: str = "red", *, source: UUID | None = None, topic: str = "chest_pain") -> UUID:
    with desk.begin() as uow:
        found = commands.raise_(
            uow,
            team_id=desk.team_id,
            tier=tier,
            topic=topic,
            source_kind="answer",
            source_id=source or uow.new_id(),
            conversation_id=None,
            patient_id=desk.thread().patient_id,
            phone_id=desk.phone_id(),
        )
    desk.turn()
    return found


def view(desk: Desk, escalation_id: UUID) -> queries.EscalationView:
    with desk.begin() as uow:
        return queries.escalation(uow, escalation_id=escalation_id)


def climb_due(desk: Desk) -> int:
    """What the beat does."""
    with desk.begin() as uow:
        due = queries.due_steps(uow)
    for escalation_id in due:
        with desk.begin() as uow:
            commands.climb(uow, escalation_id=escalation_id)
    desk.turn()
    return len(due)


def paged(desk: Desk) -> list[UUID]:
    return [row.staff_id for row in desk.rows("SELECT staff_id FROM page ORDER BY at, staff_id")]


def test_the_same_source_is_the_same_escalation(desk: Desk) -> None:
    source = UUID(int=5)

    assert raised(desk, source=source) == raised(desk, source=source)

    assert desk.scalar("SELECT count(*) FROM escalation") == 1
    assert raised(desk, source=source, topic="breathing") != raised(desk, source=source)


def test_red_stands_first_though_others_are_due_sooner(desk: Desk, clock: FrozenClock) -> None:
    yellow, orange = (raised(desk, tier, source=UUID(int=9), topic=tier) for tier in ("yellow", "orange"))
    clock.move(hours=30)
    red = raised(desk, "red", topic="red")

    with desk.begin() as uow:
        found = queries.open_for(uow, team_ids=[desk.team_id])

    assert [one.escalation_id for one in found] == [red, orange, yellow]
    assert found[0].due_at > max(one.due_at for one in found[1:])


def test_its_thread_stands_out_and_waits(desk: Desk) -> None:
    before = desk.thread()
    with desk.begin() as uow:
        conversations.close(uow, conversation_id=before.conversation_id, reason="done")

    escalation_id = raised(desk)

    thread = desk.thread()
    assert (thread.state, "red" in thread.flags) == ("open", True)
    assert thread.waiting_since is not None and thread.unread > 0
    with desk.begin() as uow:
        [row] = talk.inbox(uow, staff_id=UUID(int=1), team_ids=[desk.team_id], view="escalations").rows
    assert row.urgent_due_at == view(desk, escalation_id).due_at


def test_red_climbs_its_whole_ladder(desk: Desk, crew: dict[str, UUID], clock: FrozenClock) -> None:
    escalation_id = raised(desk)
    assert paged(desk) == [crew["nora"]]

    clock.move(minutes=4)
    assert climb_due(desk) == 0
    clock.move(minutes=1)
    assert climb_due(desk) == 1
    assert paged(desk) == [crew["nora"], crew["bea"]]

    clock.move(minutes=5)
    climb_due(desk)
    assert set(paged(desk)[2:]) >= {crew["nora"], crew["bea"], crew["lea"]}
    clock.move(minutes=10)
    climb_due(desk)

    assert paged(desk)[-1] == crew["ana"]
    found = view(desk, escalation_id)
    assert (found.next_step_at, found.state) == (None, "raised")
    assert [step["who"] for step in found.roster["steps"]] == ["on_call", "backup", "everyone", "operator"]
    clock.move(hours=5)
    assert climb_due(desk) == 0
    assert view(desk, escalation_id).is_late


def test_who_has_no_pager_is_passed_over_and_that_shows(
    desk: Desk, crew: dict[str, UUID], clock: FrozenClock
) -> None:
    with desk.services.transactions.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM staff_phone WHERE staff_id = %s", (crew["nora"],))

    escalation_id = raised(desk)

    assert paged(desk) == [crew["bea"]]
    first = view(desk, escalation_id).roster["steps"][0]
    assert (first["paged"], first["passed_over"]) == (
        [],
        [{"staff_id": str(crew["nora"]), "why": "no_pager"}],
    )


@pytest.fixture
def nora_alone(desk: Desk) -> UUID:
    """A nurse with a pager; the clinic has the patients' number and no sender for pages."""
    with desk.begin() as uow:
        nora = make.person(uow, "nora@riverside.example", "Nora", team_id=desk.team_id)
        staff.set_pager(uow, staff_id=nora, phone=Phone(PAGERS["nora"]))
    return nora


def test_without_a_sender_for_pages_they_go_out_from_the_teams_own(desk: Desk, nora_alone: UUID) -> None:
    found = view(desk, raised(desk))

    assert found.roster["steps"][2]["paged"] == [str(nora_alone)]
    assert desk.rows(
        "SELECT s.kind FROM message m JOIN sender s ON s.id = m.sender_id WHERE m.kind = 'page'"
    ) == [("patients",)]


def test_while_every_sender_is_stopped_the_escalation_still_stands(desk: Desk, nora_alone: UUID) -> None:
    with desk.begin() as uow:
        for sender in houses.senders(uow):
            staff.stop_sender(uow, sender_id=sender.id, reason="error_20003")

    found = view(desk, raised(desk))

    assert (found.state, found.next_step_at) == ("raised", None)
    assert {"staff_id": str(nora_alone), "why": "no_sender_runs"} in found.roster["steps"][2]["passed_over"]


def test_taking_it_stops_the_ladder(desk: Desk, crew: dict[str, UUID], clock: FrozenClock) -> None:
    escalation_id = raised(desk)
    with desk.begin() as uow:
        commands.acknowledge(uow, escalation_id=escalation_id, staff_id=crew["lea"])

    clock.move(hours=1)

    assert climb_due(desk) == 0
    assert view(desk, escalation_id).owner_name == "Lea"
    with desk.begin() as uow, pytest.raises(commands.AcknowledgedAlready):
        commands.acknowledge(uow, escalation_id=escalation_id, staff_id=crew["bea"])


def test_one_answer_takes_the_newest_page_only(desk: Desk, crew: dict[str, UUID], clock: FrozenClock) -> None:
    first = raised(desk)
    clock.move(minutes=1)
    second = raised(desk)

    with desk.begin() as uow:
        taken = commands.acknowledge_page(uow, staff_id=crew["nora"])

    assert taken == commands.PageAnswer(escalation_id=second, taken=True)
    assert (view(desk, first).state, view(desk, second).state) == ("raised", "acknowledged")


@pytest.mark.parametrize(
    ("outcome", "note", "error"),
    [
        ("made_up", "x", commands.UnknownOutcome),
        ("reached_patient", "", commands.NoteMissing),
        ("reached_patient", "  ", commands.NoteMissing),
    ],
)
def test_resolving_needs_outcome_and_note(
    desk: Desk, crew: dict[str, UUID], outcome: str, note: str, error: type[Exception]
) -> None:
    escalation_id = raised(desk)

    with desk.begin() as uow, pytest.raises(error):
        commands.resolve(uow, escalation_id=escalation_id, staff_id=crew["nora"], outcome=outcome, note=note)

    assert view(desk, escalation_id).state == "raised"


def test_resolved_it_leaves_the_lists_and_its_note_is_sealed(desk: Desk, crew: dict[str, UUID]) -> None:
    escalation_id = raised(desk)
    with desk.begin() as uow:
        commands.resolve(
            uow,
            escalation_id=escalation_id,
            staff_id=crew["nora"],
            outcome="emergency_care",
            note="Husband drove her to the ER",
        )

    found = view(desk, escalation_id)
    assert (found.state, found.outcome, found.note) == (
        "resolved",
        "emergency_care",
        "Husband drove her to the ER",
    )
    assert "red" not in desk.thread().flags
    assert b"Husband".hex() not in desk.scalar("SELECT escalation::text FROM escalation")
    with desk.begin() as uow:
        assert queries.open_for(uow, team_ids=[desk.team_id]) == ()
        assert (
            uow.session.connection()
            .exec_driver_sql(
                "SELECT count(*) FROM audit_event WHERE subject_id = %s AND action = 'resolved'",
                (escalation_id,),
            )
            .scalar()
            == 1
        )
    with desk.begin() as uow, pytest.raises(commands.NotOpen):
        commands.overrule(uow, escalation_id=escalation_id, staff_id=crew["nora"], note="again")


def test_reopened_it_has_a_new_clock_and_an_owner(
    desk: Desk, crew: dict[str, UUID], clock: FrozenClock
) -> None:
    escalation_id = raised(desk)
    with desk.begin() as uow:
        commands.overrule(uow, escalation_id=escalation_id, staff_id=crew["nora"], note="about a film")
    clock.move(hours=3)

    with desk.begin() as uow:
        commands.reopen(uow, escalation_id=escalation_id, staff_id=crew["bea"])

    found = view(desk, escalation_id)
    assert (found.state, found.owner_id, found.due_at) == (
        "acknowledged",
        crew["bea"],
        clock.now() + timedelta(minutes=30),
    )
    assert "red" in desk.thread().flags


def test_a_conversation_in_danger_can_be_neither_closed_nor_put_aside(desk: Desk) -> None:
    raised(desk)
    talk_id = desk.thread().conversation_id

    with desk.begin() as uow, pytest.raises(conversations.StillUrgent):
        conversations.close(uow, conversation_id=talk_id, reason="x")
    with desk.begin() as uow, pytest.raises(conversations.StillUrgent):
        conversations.snooze(uow, conversation_id=talk_id, until=uow.now + timedelta(hours=1))


def test_a_lost_page_climbs_on_at_once(desk: Desk, crew: dict[str, UUID]) -> None:
    from outreach.messaging.events import MessageFailed

    raised(desk)
    row = desk.rows("SELECT m.id, m.phone_id FROM message m JOIN page p ON p.message_id = m.id")[0]

    with desk.begin() as uow:
        uow.publish(MessageFailed(message_id=row.id, phone_id=row.phone_id, error_class="number", code=30003))
    desk.turn()

    assert paged(desk) == [crew["nora"], crew["bea"]]


def test_a_lost_safety_text_says_call_now(desk: Desk) -> None:
    from outreach.messaging.events import MessageFailed

    desk.says("I can't breathe")
    row = desk.rows("SELECT id, phone_id FROM message WHERE kind = 'safety'")[0]
    with desk.begin() as uow:
        uow.publish(MessageFailed(message_id=row.id, phone_id=row.phone_id, error_class="number", code=30003))
    desk.turn()

    assert desk.scalar("SELECT safety_text FROM escalation WHERE tier = 'red'") == "not_texted"


def test_a_task_is_added_once_and_finished_with_an_outcome(desk: Desk, crew: dict[str, UUID]) -> None:
    patient_id = desk.thread().patient_id
    assert patient_id is not None
    with desk.begin() as uow:
        ids = {
            commands.add_tcm_task(
                uow,
                team_id=desk.team_id,
                patient_id=patient_id,
                enrollment_id=UUID(int=7),
                discharged_at=uow.now,
            )
            for _ in range(2)
        }
    [task_id] = ids

    with desk.begin() as uow, pytest.raises(commands.OutcomeMissing):
        commands.finish_task(uow, task_id=task_id, staff_id=crew["nora"], outcome=" ")
    with desk.begin() as uow:
        commands.finish_task(uow, task_id=task_id, staff_id=crew["nora"], outcome="Spoke with Ana")
    with desk.begin() as uow, pytest.raises(commands.TaskOver):
        commands.drop_task(uow, task_id=task_id, staff_id=crew["nora"], outcome="again")

    with desk.begin() as uow:
        assert queries.tasks(uow, team_ids=[desk.team_id]).rows == ()
        [done] = queries.tasks(uow, team_ids=[desk.team_id], state="done").rows
    assert (done.patient_name, done.outcome) == ("Ana Ruiz", "Spoke with Ana")


def test_other_teams_see_none_of_it(desk: Desk) -> None:
    from outreach.kernel.errors import NotFound

    escalation_id = raised(desk)

    with desk.begin() as uow:
        assert queries.open_for(uow, team_ids=[UUID(int=3)]) == ()
        with pytest.raises(NotFound):
            queries.escalation(uow, escalation_id=escalation_id, team_ids=[UUID(int=3)])


def test_a_step_taken_twice_is_one_step(desk: Desk, crew: dict[str, UUID], clock: FrozenClock) -> None:
    escalation_id = raised(desk)
    clock.move(minutes=5)

    for _ in range(3):
        with desk.begin() as uow:
            commands.climb(uow, escalation_id=escalation_id)

    assert paged(desk) == [crew["nora"], crew["bea"]]
