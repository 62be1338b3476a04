"""A version on its way: two people release it, its patients move on purpose, nothing is said twice."""

from __future__ import annotations

from importlib import resources
from uuid import UUID

import pytest
from sqlalchemy import text

from outreach.kernel.clock import FrozenClock
from outreach.programs import queries
from outreach.programs.commands import releasing
from outreach.services import Services
from outreach.staff import commands as staff
from tests import world
from tests.inbound.desk import Desk

FILE = (resources.files("outreach.programs") / "library" / "generic-medical.yaml").read_text(encoding="utf-8")
CHANGED = FILE.replace("days: [6, 9, 12, 16, 20, 25]", "days: [6, 9, 13, 17, 21, 26]")


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def people(desk: Desk) -> tuple[UUID, UUID]:
    with desk.begin() as uow:
        return tuple(
            staff.add_staff(uow, email=f"{name}@riverside.example", name=name, password=world.PASSWORD)
            for name in ("olga", "paul")
        )


def proposed(desk: Desk, by: UUID, source: str = CHANGED) -> UUID:
    with desk.begin() as uow:
        return releasing.propose(uow, source_text=source, by_staff_id=by)


def change(desk: Desk, statement: str) -> None:
    with desk.begin() as uow:
        uow.session.execute(text(statement))


def in_force(desk: Desk) -> int:
    with desk.begin() as uow:
        return next(one.number for one, _ in queries.released(uow) if one.program == "generic-medical")


def test_whoever_proposed_a_version_cannot_release_it(desk: Desk, people) -> None:
    version_id = proposed(desk, people[0])

    with pytest.raises(releasing.TwoPeople), desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[0])
    assert in_force(desk) == 1

    with desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[1])
    assert in_force(desk) == 2
    states = desk.rows("SELECT number, state FROM program_version WHERE program = 'generic-medical'")
    assert {row.number: row.state for row in states} == {1: "retired", 2: "released"}


def test_a_released_version_is_released_once_and_not_withdrawn(desk: Desk, people) -> None:
    version_id = proposed(desk, people[0])
    with desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[1])

    with pytest.raises(releasing.NotADraft), desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[1])
    with pytest.raises(releasing.NotADraft), desk.begin() as uow:
        releasing.withdraw(uow, version_id=version_id)


def test_a_draft_that_came_with_the_software_needs_two_people_too(desk: Desk, people) -> None:
    version_id = proposed(desk, people[0])
    change(desk, "UPDATE program_version SET proposed_by = NULL WHERE state = 'draft'")

    with pytest.raises(releasing.TwoPeople), desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[1])
    with desk.begin() as uow:
        releasing.stand_for(uow, version_id=version_id, by_staff_id=people[0])
    with desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[1])

    assert in_force(desk) == 2


@pytest.mark.parametrize(
    ("source", "error"),
    [
        pytest.param(FILE, releasing.SaidBefore, id="the same file"),
        pytest.param(
            FILE.replace("ask: visit}", "ask: nothing}"), releasing.NotClean, id="a question nobody wrote"
        ),
        pytest.param("- no\n- mapping\n", releasing.NotClean, id="no program at all"),
    ],
)
def test_what_cannot_be_a_version_is_refused(desk: Desk, people, source, error) -> None:
    with pytest.raises(error):
        proposed(desk, people[0], source)


def test_patients_keep_their_version_until_they_are_moved_and_hear_nothing_twice(
    desk: Desk, people, clock: FrozenClock
) -> None:
    patient_id = desk.patient()
    with desk.begin() as uow:
        world.discharged(uow, patient_id=patient_id)
    desk.turn()
    clock.move(days=7)
    desk.turn()
    change(
        desk,
        "UPDATE touchpoint SET state = 'sent' WHERE step IN ('intro', 'first-check', 'visit-check')",
    )
    version_id = proposed(desk, people[0])
    with desk.begin() as uow:
        releasing.release(uow, version_id=version_id, by_staff_id=people[1])
    (kept,) = desk.rows(
        "SELECT number FROM enrollment e JOIN program_version v ON v.id = e.program_version_id "
        "WHERE e.program = 'generic-medical'"
    )
    assert kept.number == 1

    with desk.begin() as uow:
        moved = releasing.migrate(uow, to_version_id=version_id, team_ids=[desk.team_id])

    assert moved == 1
    rows = desk.rows(
        "SELECT step, occurrence FROM touchpoint WHERE source_kind = 'program' AND state = 'planned' "
        "AND why ->> 'program' = 'generic-medical' AND step = 'check' ORDER BY due_at"
    )
    assert [row.occurrence for row in rows] == [9, 13, 17, 21, 26]
    twice = desk.rows(
        "SELECT step FROM touchpoint WHERE state IN ('planned', 'held') "
        "AND why ->> 'program' = 'generic-medical' AND step IN ('intro', 'first-check', 'visit-check')"
    )
    assert twice == []


def test_nobody_is_moved_to_a_draft(desk: Desk, people) -> None:
    version_id = proposed(desk, people[0])

    with pytest.raises(releasing.NotInForce), desk.begin() as uow:
        releasing.migrate(uow, to_version_id=version_id, team_ids=[])
