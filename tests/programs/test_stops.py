"""What ends an enrollment, what takes it up again, and what a stop does not touch."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.care import commands as care
from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def ana(desk: Desk) -> UUID:
    patient_id = desk.patient()
    with desk.begin() as uow:
        world.discharged(uow, patient_id=patient_id)
    desk.turn()
    return patient_id


def enrollment(desk: Desk) -> tuple[str, str | None]:
    (row,) = desk.rows("SELECT state, stop_reason FROM enrollment WHERE program = 'generic-medical'")
    return row.state, row.stop_reason


def reasons(desk: Desk) -> set[tuple[str, str | None]]:
    return {(row.state, row.reason) for row in desk.rows("SELECT state, reason FROM touchpoint")}


def test_a_readmission_stops_the_program(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    clock.move(days=1)
    with desk.begin() as uow:
        care.put_encounter(
            uow,
            patient_id=ana,
            source_system="test",
            source_id="stay-2",
            kind="inpatient",
            status="in-progress",
            started_at=uow.now,
            ended_at=None,
            disposition="unknown",
            detail={"type": "Stay"},
        )
    desk.turn()

    assert enrollment(desk) == ("stopped", "readmitted")
    assert reasons(desk) == {("skipped", "readmitted")}


def test_an_opt_out_ends_the_program_and_an_opt_in_takes_it_up(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    happen(desk)
    desk.says("STOP")
    assert enrollment(desk) == ("stopped", "opted_out")
    left = desk.rows("SELECT why->>'task' AS task FROM touchpoint WHERE state = 'planned'")
    assert {row.task for row in left} == {"visit"}, "only what a person does goes on"

    clock.move(days=3)
    desk.says("START")

    assert enrollment(desk) == ("active", None)
    rows = desk.rows(
        "SELECT step, state, reason FROM touchpoint WHERE anchor_version = 2 "
        "AND why->>'program' = 'generic-medical' ORDER BY due_at"
    )
    assert [row.state for row in rows].count("planned") == 8 + 2  # what is asked, and the visits
    assert {row.reason for row in rows if row.state == "skipped"} == {"already_past"}


def test_an_opt_in_does_not_take_up_what_a_readmission_ended(
    desk: Desk, ana: UUID, clock: FrozenClock
) -> None:
    with desk.begin() as uow:
        from outreach.programs.commands import enroll

        enroll.stop(uow, patient_id=ana, reason="readmitted")
    desk.says("STOP")
    desk.says("START")

    assert enrollment(desk) == ("stopped", "readmitted")
