"""What staff do to one patient's programs: by hand, pause, take up, stop, skip."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.escalations import commands as escalations
from outreach.kernel.clock import FrozenClock
from outreach.programs.commands import by_hand
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.touchpoints import commands as touchpoints
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen

OURS = "why ->> 'program' = 'generic-medical'"


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


@pytest.fixture
def colleague(desk: Desk) -> UUID:
    with desk.begin() as uow:
        return staff.add_staff(uow, email="lead@riverside.example", name="Lena Lead", password=world.PASSWORD)


def the_enrollment(desk: Desk) -> UUID:
    (row,) = desk.rows("SELECT id FROM enrollment WHERE program = 'generic-medical'")
    return UUID(str(row.id))


def states(desk: Desk) -> list[tuple[str, str | None]]:
    rows = desk.rows(
        "SELECT state, reason FROM touchpoint WHERE why ->> 'program' = 'generic-medical' ORDER BY due_at"
    )
    return [(row.state, row.reason) for row in rows]


def _of_title(found: tuple[by_hand.Candidate, ...], title: str) -> by_hand.Candidate:
    return next(one for one in found if one.title == title)


def test_a_pause_lets_go_what_comes_due_and_keeps_the_rest(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    with desk.begin() as uow:
        by_hand.pause(uow, enrollment_id=the_enrollment(desk))
    clock.move(days=2)
    happen(desk)

    assert ("skipped", "paused") in states(desk)
    assert "sent" not in {state for state, _ in states(desk)}
    with desk.begin() as uow:
        by_hand.take_up(uow, enrollment_id=the_enrollment(desk))
    clock.move(days=2, minutes=5)
    happen(desk)
    assert "sent" in {state for state, _ in states(desk)}


def test_a_paused_program_ends_with_a_death_all_the_same(desk: Desk, ana: UUID) -> None:
    from outreach.patients import commands as patients

    with desk.begin() as uow:
        by_hand.pause(uow, enrollment_id=the_enrollment(desk))
    with desk.begin() as uow:
        patients.mark_deceased(uow, patient_id=ana)
    desk.turn()

    (row,) = desk.rows("SELECT state, stop_reason FROM enrollment WHERE program = 'generic-medical'")
    assert (row.state, row.stop_reason) == ("stopped", "died")


def test_a_stop_drops_everything_and_is_said_once(desk: Desk, ana: UUID) -> None:
    with desk.begin() as uow:
        by_hand.stop(uow, enrollment_id=the_enrollment(desk))

    assert {state for state, _ in states(desk)} == {"skipped"}
    with desk.begin() as uow, pytest.raises(by_hand.NoLongerLikeThat):
        by_hand.pause(uow, enrollment_id=the_enrollment(desk))


def test_one_contact_is_skipped_once(desk: Desk, ana: UUID) -> None:
    (row,) = desk.rows(
        "SELECT id FROM touchpoint WHERE state = 'planned' AND why ->> 'program' = 'generic-medical' LIMIT 1"
    )
    with desk.begin() as uow:
        touchpoints.skip_by_staff(uow, touchpoint_id=UUID(str(row.id)))

    assert ("skipped", "by_staff") in states(desk)
    with desk.begin() as uow, pytest.raises(touchpoints.TooLateToSkip):
        touchpoints.skip_by_staff(uow, touchpoint_id=UUID(str(row.id)))


def test_by_hand_shows_the_check_and_an_exception_needs_a_reason(
    desk: Desk, ana: UUID, colleague: UUID
) -> None:
    with desk.begin() as uow:
        found = {one.title: one for one in by_hand.candidates(uow, patient_id=ana)}
    running = next(one for one in found.values() if one.running)
    other = next(one for one in found.values() if not one.fits)
    assert running.fits

    def put(version_id: UUID, reason: str = "") -> None:
        with desk.begin() as uow:
            by_hand.enroll_by_hand(
                uow, patient_id=ana, version_id=version_id, staff_id=colleague, reason=reason
            )

    with pytest.raises(by_hand.InItAlready):
        put(running.version_id)
    with pytest.raises(by_hand.NotInItsAudience):
        put(other.version_id, "because")
    put(other.version_id, "Her cardiologist asked for it today")
    rows = desk.rows("SELECT enrolled_by, state FROM enrollment WHERE enrolled_by IS NOT NULL")
    assert [(UUID(str(row.enrolled_by)), row.state) for row in rows] == [(colleague, "active")]


def test_what_was_stopped_can_begin_anew(desk: Desk, ana: UUID, colleague: UUID) -> None:
    with desk.begin() as uow:
        by_hand.stop(uow, enrollment_id=the_enrollment(desk))
        again = _of_title(by_hand.candidates(uow, patient_id=ana), "After a hospital stay, 30 days")
        by_hand.enroll_by_hand(uow, patient_id=ana, version_id=again.version_id, staff_id=colleague)

    rows = desk.rows("SELECT anchor_kind, state FROM enrollment WHERE program = 'generic-medical'")
    assert sorted((row.anchor_kind, row.state) for row in rows) == [
        ("by_hand", "active"), ("encounter", "stopped"),
    ]  # fmt: skip


@pytest.mark.parametrize("made", [False, True], ids=["to be made", "made"])
def test_one_stay_is_called_for_once_however_often_a_program_begins(
    desk: Desk, ana: UUID, colleague: UUID, made: bool
) -> None:
    calls = "SELECT id, state FROM task WHERE kind = 'tcm_call'"
    (first,) = desk.rows(calls)
    with desk.begin() as uow:
        if made:
            escalations.finish_task(uow, task_id=first.id, staff_id=colleague, outcome="Spoke with her.")
        by_hand.stop(uow, enrollment_id=the_enrollment(desk))
        again = _of_title(by_hand.candidates(uow, patient_id=ana), "After a hospital stay, 30 days")
        by_hand.enroll_by_hand(uow, patient_id=ana, version_id=again.version_id, staff_id=colleague)
    desk.turn()

    assert [(one.id, one.state) for one in desk.rows(calls)] == [(first.id, "done" if made else "open")]
