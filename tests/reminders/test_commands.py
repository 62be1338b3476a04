"""Reminders on the real database: planned, moved, cancelled, asked, answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from outreach.care import commands as care
from outreach.care import queries as record
from outreach.kernel.clock import FrozenClock
from outreach.staff import commands as staff
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen, run_until

# The clock starts on Tuesday 2026-03-10, 10:00 in New York. Daylight-saving time began two days earlier.
VISIT = datetime(2026, 3, 24, 18, 30, tzinfo=UTC)  # Tuesday 2:30 PM


def book(desk: Desk, ana: UUID, *, at: datetime = VISIT, status: str = "booked", **more: Any) -> UUID:
    with desk.begin() as uow:
        put = care.put_appointment(
            uow,
            patient_id=ana,
            source_system="test",
            source_id="visit",
            status=status,
            source_status=status,
            starts_at=at,
            booked_on=more.get("booked_on", date(2026, 3, 10)),
            detail={"text": "Cardiology follow-up"},
        )
    desk.turn()
    return put.id


def supply(desk: Desk, ana: UUID, *, runs_out_on: date | None, status: str = "active") -> UUID:
    with desk.begin() as uow:
        put = care.put_medication(
            uow,
            patient_id=ana,
            source_system="test",
            source_id="supply",
            status=status,
            detail={"text": "Metoprolol"},
            runs_out_on=runs_out_on,
            days_source="source",
        )
    desk.turn()
    return put.id


def plan(desk: Desk) -> list[tuple[str, str, str | None]]:
    rows = desk.rows("SELECT step, state, reason FROM touchpoint ORDER BY anchor_version, due_at")
    return [(row.step, row.state, row.reason) for row in rows]


def due_hours(desk: Desk) -> dict[str, str]:
    rows = desk.rows("SELECT step, due_at FROM touchpoint WHERE state = 'planned'")
    return {row.step: row.due_at.astimezone(UTC).strftime("%m-%d %H:%M") for row in rows}


def tasks(desk: Desk) -> list[str]:
    return [row.kind for row in desk.rows("SELECT kind FROM task ORDER BY kind")]


def status(desk: Desk, visit: UUID) -> str:
    with desk.begin() as uow:
        return record.appointment(uow, appointment_id=visit).status


def test_a_visit_booked_two_weeks_ahead_is_asked_about_and_announced_at_ten(desk: Desk, ana: UUID) -> None:
    book(desk, ana)

    assert due_hours(desk) == {"ask": "03-21 14:00", "tomorrow": "03-23 14:00"}


def test_a_visit_booked_long_ago_is_also_recalled_a_week_before(desk: Desk, ana: UUID) -> None:
    book(desk, ana, booked_on=date(2026, 2, 1))

    assert set(due_hours(desk)) == {"week", "ask", "tomorrow"}


def test_ten_on_the_wall_stays_ten_when_the_clocks_change(desk: Desk, ana: UUID) -> None:
    book(desk, ana, at=datetime(2026, 11, 3, 19, 30, tzinfo=UTC))  # clocks go back on November 1

    assert due_hours(desk) == {"week": "10-27 14:00", "ask": "10-31 14:00", "tomorrow": "11-02 15:00"}


def test_a_visit_booked_at_short_notice_is_asked_about_at_once_and_past_steps_are_shown(
    desk: Desk, ana: UUID
) -> None:
    book(desk, ana, at=datetime(2026, 3, 12, 18, 30, tzinfo=UTC))

    assert plan(desk)[0][:2] == ("ask", "planned")
    happen(desk)
    assert [kind for kind, _ in desk.texts_out()] == ["reminder"]
    assert "Thursday, March 12 at 2:30 PM" in desk.texts_out()[0][1]


def test_a_visit_in_the_past_gets_no_reminder(desk: Desk, ana: UUID) -> None:
    book(desk, ana, at=datetime(2026, 3, 9, 18, 30, tzinfo=UTC))

    assert plan(desk) == []


def test_a_visit_that_moves_replaces_the_plan_and_never_says_the_old_time(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    book(desk, ana)
    book(desk, ana, at=VISIT + timedelta(days=2))

    assert plan(desk)[:2] == [("ask", "skipped", "anchor_moved"), ("tomorrow", "skipped", "anchor_moved")]
    run_until(desk, clock, VISIT + timedelta(days=1, hours=20))
    texts = [body for _, body in desk.texts_out()]
    assert texts
    assert all("March 26" in body and "March 24" not in body for body in texts)


def test_a_contact_of_the_old_time_that_still_waits_is_refused_when_it_is_due(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    """The facts of a move may still be in flight when the old reminder comes due."""
    visit = book(desk, ana)
    with desk.begin() as uow:
        care.put_appointment(
            uow,
            patient_id=ana,
            source_system="test",
            source_id="visit",
            status="booked",
            source_status="booked",
            starts_at=VISIT + timedelta(days=2),
            booked_on=date(2026, 3, 10),
            detail={"text": "Cardiology follow-up"},
        )
    assert visit
    clock.at = datetime(2026, 3, 21, 14, 0, tzinfo=UTC)
    from workers import due

    due.send(desk.services.transactions)

    assert ("ask", "skipped", "anchor_moved") in plan(desk)
    assert desk.texts_out() == []


def test_a_cancelled_visit_drops_what_was_planned(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    book(desk, ana)
    book(desk, ana, status="cancelled")

    assert {(state, reason) for _, state, reason in plan(desk)} == {("skipped", "appointment_off")}
    run_until(desk, clock, VISIT)
    assert desk.texts_out() == []


@pytest.mark.parametrize(
    ("reply", "becomes", "task", "says"),
    [
        ("1", "confirmed", [], "We told the office you are coming"),
        ("2", "declined", ["appointment_change"], "take care of your visit"),
        ("3", "change_asked", ["appointment_change"], "find a new time"),
        ("I can't come", "declined", ["appointment_change"], "take care of your visit"),
    ],
)
def test_what_a_patient_answers_is_done_and_the_truth_is_told(
    desk: Desk, ana: UUID, clock: FrozenClock, reply: str, becomes: str, task: list[str], says: str
) -> None:
    visit = book(desk, ana)
    run_until(desk, clock, datetime(2026, 3, 21, 15, 0, tzinfo=UTC))

    desk.says(reply)

    assert status(desk, visit) == becomes
    assert tasks(desk) == task
    assert says in desk.texts_out()[-1][1]


def test_once_confirmed_nobody_is_asked_again_but_the_day_before_is_still_announced(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    visit = book(desk, ana)
    with desk.begin() as uow:
        care.answer_appointment(uow, appointment_id=visit, status="confirmed")
    run_until(desk, clock, VISIT)

    assert plan(desk) == [("ask", "skipped", "already_confirmed"), ("tomorrow", "sent", None)]


def test_the_same_booking_told_again_changes_nothing(desk: Desk, ana: UUID) -> None:
    book(desk, ana)
    book(desk, ana)

    assert [state for _, state, _ in plan(desk)] == ["planned", "planned"]


def test_a_supply_is_asked_about_before_and_after_it_runs_out_until_it_is_answered(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    supply(desk, ana, runs_out_on=date(2026, 3, 24))
    assert due_hours(desk) == {
        "ask_7": "03-17 14:00",
        "ask_2": "03-22 14:00",
        "overdue_3": "03-27 14:00",
        "overdue_7": "03-31 14:00",
    }
    run_until(desk, clock, datetime(2026, 3, 17, 15, 0, tzinfo=UTC))
    assert "etoprolol" not in desk.texts_out()[0][1]

    desk.says("2")

    assert [state for _, state, _ in plan(desk)] == ["answered", "skipped", "skipped", "skipped"]
    assert tasks(desk) == []
    assert "not ask about this refill again" in desk.texts_out()[-1][1]


@pytest.mark.parametrize("reply", ["1", "3", "4", "5", "it makes me sick"])
def test_a_refill_problem_goes_to_a_person(desk: Desk, ana: UUID, clock: FrozenClock, reply: str) -> None:
    supply(desk, ana, runs_out_on=date(2026, 3, 24))
    run_until(desk, clock, datetime(2026, 3, 17, 15, 0, tzinfo=UTC))

    desk.says(reply)

    assert tasks(desk) == ["refill"]
    assert "asked our staff" in desk.texts_out()[-1][1]


def test_a_refill_given_to_another_team_has_its_thread_there_and_a_business_day(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    with desk.begin() as uow:
        pharmacy = staff.create_team(uow, name="Pharmacy", sender_id=desk.sender_id, zone="America/New_York")
        staff.set_routes(uow, team_id=desk.team_id, routes={"refill": pharmacy})
    supply(desk, ana, runs_out_on=date(2026, 3, 20))
    run_until(desk, clock, datetime(2026, 3, 13, 15, tzinfo=UTC))  # Friday, 11:00

    desk.says("1")

    [row] = desk.rows(
        "SELECT t.team_id, c.team_id AS talk, t.due_at FROM task t "
        "JOIN conversation c ON c.id = t.conversation_id WHERE t.kind = 'refill'"
    )
    assert row.team_id == row.talk == pharmacy
    assert row.due_at.astimezone(UTC).strftime("%a") == "Mon"


def test_a_supply_that_is_stopped_or_has_no_end_is_not_asked_about(desk: Desk, ana: UUID) -> None:
    supply(desk, ana, runs_out_on=date(2026, 3, 24))
    supply(desk, ana, runs_out_on=date(2026, 3, 24), status="stopped")
    assert {(state, reason) for _, state, reason in plan(desk)} == {("skipped", "supply_off")}


def test_a_refill_that_changes_its_day_is_planned_anew(desk: Desk, ana: UUID) -> None:
    supply(desk, ana, runs_out_on=date(2026, 3, 24))
    supply(desk, ana, runs_out_on=date(2026, 4, 24))

    assert due_hours(desk)["ask_7"] == "04-17 14:00"
    assert [state for _, state, _ in plan(desk)].count("planned") == 4
