"""What an end, a pause, an opt-out or a death leaves to be done, and what it does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from outreach.care import commands as care
from outreach.kernel.clock import FrozenClock
from outreach.patients import commands as patients
from outreach.programs import queries
from outreach.programs.commands import by_hand, enroll
from outreach.services import Services
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen, run_until

ASKED = "SELECT occurrence, state, reason FROM touchpoint WHERE source_kind = 'activity' ORDER BY due_at"

PASSED_OVER = "UPDATE touchpoint SET state = 'skipped' WHERE state = 'planned' AND "


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def ana(desk: Desk) -> UUID:
    patient_id = desk.patient()
    with desk.begin() as uow:
        care.put_condition(
            uow, patient_id=patient_id, source_system="t", source_id="c", status="active",
            detail={"text": "Heart failure"},
        )  # fmt: skip
        ordered(uow, patient_id, day=9)
        world.discharged(uow, patient_id=patient_id)
    desk.turn()
    return patient_id


def ordered(uow: Any, patient_id: UUID, *, day: int, status: str = "active") -> None:
    """The care plan orders an eye on the wound, as the source tells it now."""
    plan = care.put_care_plan(uow, patient_id=patient_id, source_system="t", source_id="p", status="active")
    care.put_activity(
        uow, patient_id=patient_id, source_system="t", source_id="a", care_plan_id=plan.id, status=status,
        detail={"text": "Wound care", "day": day}, phrase="wound", day=day,
    )  # fmt: skip


def enrollment(desk: Desk, program: str) -> UUID:
    return UUID(str(desk.scalar("SELECT id FROM enrollment WHERE program = :p", p=program)))


def asked(desk: Desk) -> list[tuple[int, str, str | None]]:
    return [(row.occurrence, row.state, row.reason) for row in desk.rows(ASKED)]


def tasks(desk: Desk, state: str = "open") -> list[str]:
    return [row.kind for row in desk.rows("SELECT kind FROM task WHERE state = :s ORDER BY kind", s=state)]


def test_the_end_of_one_program_leaves_what_another_asks_about_the_care_plan(desk: Desk, ana: UUID) -> None:
    with desk.begin() as uow:
        enroll.end(uow, enrollment_id=enrollment(desk, "social-needs"), reason="by_staff")
    assert asked(desk) == [(9, "planned", None)]

    with desk.begin() as uow:
        enroll.end(uow, enrollment_id=enrollment(desk, "heart-failure"), reason="by_staff")
    assert asked(desk) == [(9, "skipped", "by_staff")]


def test_another_program_that_asks_about_the_care_plan_takes_it_over(desk: Desk, ana: UUID) -> None:
    with desk.begin() as uow:
        generic = next(one.id for one, program in queries.released(uow) if program.key == "generic-medical")
        heart = uow.session.execute(
            text("SELECT anchor_id, anchor_at, team_id FROM enrollment LIMIT 1")
        ).one()
        enroll.enroll(
            uow,
            patient_id=ana,
            team_id=heart.team_id,
            version_id=generic,
            program=queries.program_of(uow, version_id=generic),
            anchor_kind="encounter",
            anchor_id=heart.anchor_id,
            anchor_at=heart.anchor_at,
        )
        enroll.end(uow, enrollment_id=enrollment(desk, "heart-failure"), reason="by_staff")

    row = desk.rows("SELECT state, why->>'program' AS program FROM touchpoint WHERE source_kind = 'activity'")
    assert [(one.state, one.program) for one in row] == [("planned", "generic-medical")]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({"day": 9, "status": "cancelled"}, [(9, "skipped", "not_ordered")]),
        ({"day": 9, "status": "completed"}, [(9, "skipped", "not_ordered")]),
        ({"day": 12}, [(9, "skipped", "not_ordered"), (12, "planned", None)]),
    ],
)
def test_what_the_care_plan_orders_no_more_is_not_asked_about(
    desk: Desk, ana: UUID, change: dict[str, Any], left: list[tuple[int, str, str | None]]
) -> None:
    with desk.begin() as uow:
        ordered(uow, ana, **change)
    desk.turn()

    assert asked(desk) == left


def test_what_is_off_since_a_moment_ago_is_not_asked_about(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE care_plan_activity SET status = 'cancelled'"))
        uow.session.execute(text(PASSED_OVER + "source_kind = 'program'"))
    run_until(desk, clock, clock.at + timedelta(days=9, hours=8))

    assert asked(desk) == [(9, "skipped", "not_ordered")]


def test_who_wants_no_texts_is_visited_and_called_all_the_same(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    desk.says("STOP")
    run_until(desk, clock, clock.at + timedelta(days=8))

    assert tasks(desk) == ["tcm_call", "visit", "weekly_call"]
    assert not desk.rows("SELECT FROM touchpoint WHERE state = 'planned' AND NOT why ? 'task'")

    with desk.begin() as uow:
        patients.mark_deceased(uow, patient_id=ana)
    run_until(desk, clock, clock.at + timedelta(days=14))

    assert (tasks(desk), tasks(desk, "dropped")) == ([], ["tcm_call", "visit", "weekly_call"])
    with desk.begin() as uow:
        (row,) = uow.session.execute(text("SELECT id, outcome_enc FROM task WHERE kind = 'visit'"))
        assert uow.vault.open("task.outcome", row.id, row.outcome_enc) == "The patient died."


def test_a_pause_is_of_texts(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    with desk.begin() as uow:
        by_hand.pause(uow, enrollment_id=enrollment(desk, "heart-failure"))
    run_until(desk, clock, clock.at + timedelta(days=2))

    assert "visit" in tasks(desk)


def test_a_corrected_discharge_moves_the_call_and_makes_no_second_visit(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    run_until(desk, clock, clock.at + timedelta(days=2))
    (before,) = desk.rows("SELECT due_at FROM task WHERE kind = 'tcm_call'")
    with desk.begin() as uow:
        world.discharged(uow, patient_id=ana, days_ago=6)
    run_until(desk, clock, clock.at + timedelta(days=1))

    (after,) = desk.rows("SELECT due_at FROM task WHERE kind = 'tcm_call'")
    assert before.due_at - after.due_at == timedelta(days=2)
    assert tasks(desk).count("visit") == 1


def test_a_danger_told_by_an_answer_says_call_now_when_no_text_can_go(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    with desk.begin() as uow:
        uow.session.execute(text(PASSED_OVER + "why->>'asks' <> 'breathing'"))
    run_until(desk, clock, clock.at + timedelta(days=2, hours=1))
    desk.says("3")
    happen(desk)
    assert [row.safety_text for row in calls(desk)] == ["queued"]

    clock.move(days=1)
    happen(desk)
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE phone SET state = 'invalid'"))
    desk.says("3")
    assert [(row.topic, row.safety_text) for row in calls(desk)] == [
        ("worse", "queued"),
        ("worse_again", "not_texted"),
    ]


def test_an_answer_whose_question_is_gone_waits_for_a_person(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    run_until(desk, clock, clock.at + timedelta(days=1, hours=1))
    with desk.begin() as uow:
        uow.session.execute(text("UPDATE touchpoint SET why = jsonb_set(why, '{enrollment_id}', :id)"), {
            "id": f'"{uow.new_id()}"'
        })  # fmt: skip
    desk.says("2")

    assert desk.scalar("SELECT waiting_since FROM conversation") is not None


def calls(desk: Desk) -> list[Any]:
    return desk.rows("SELECT topic, safety_text FROM escalation WHERE tier <> 'silent' ORDER BY raised_at")


def test_each_silence_is_a_call_of_its_own(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    silent = "SELECT count(*) FROM escalation WHERE tier = 'silent'"
    start = clock.at
    run_until(desk, clock, start + timedelta(days=5, hours=3))
    assert desk.scalar(silent) == 1

    desk.says("2")
    run_until(desk, clock, start + timedelta(days=9))
    assert desk.scalar(silent) == 2
    with desk.begin() as uow:
        patients.mark_deceased(uow, patient_id=ana)
    desk.turn()
    assert desk.scalar(silent + " AND outcome = 'not_needed'") == 2
