"""Texts that wait for their turn when what they speak of moves: they never leave."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from outreach.care import commands as care
from outreach.kernel.clock import FrozenClock
from outreach.messaging.commands import claiming
from outreach.services import Services
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen, run_until

VISIT = datetime(2026, 3, 24, 18, 30, tzinfo=UTC)
"""Tuesday 2:30 PM; the clock starts on Tuesday the 10th."""


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def ana(desk: Desk) -> UUID:
    return desk.patient()


def book(desk: Desk, ana: UUID, *, at: datetime = VISIT, status: str = "booked", turn: bool = True) -> None:
    with desk.begin() as uow:
        care.put_appointment(
            uow,
            patient_id=ana,
            source_system="test",
            source_id="visit",
            status=status,
            source_status=status,
            starts_at=at,
            booked_on=date(2026, 3, 10),
            detail={"text": "Cardiology follow-up"},
        )
    if turn:
        desk.turn()


def claim(desk: Desk) -> int:
    """Claim whatever waits, as a worker would, and let it be in flight."""
    with desk.begin() as uow:
        return sum(
            len(claiming.claim(uow, sender_id=one.id, room=9).texts) for one in claiming.due_senders(uow)
        )


def texts(desk: Desk) -> list[tuple[str, str | None]]:
    rows = desk.rows("SELECT state, error_class FROM message WHERE direction = 'out' ORDER BY at, id")
    return [(row.state, row.error_class) for row in rows]


def contacts(desk: Desk, version: int) -> list[tuple[str, str | None]]:
    rows = desk.rows(
        "SELECT state, reason FROM touchpoint WHERE anchor_version = :version AND message_id IS NOT NULL",
        version=version,
    )
    return [(row.state, row.reason) for row in rows]


@pytest.fixture
def reminded(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    """The first reminder is queued and not yet claimed."""
    book(desk, ana)
    first = desk.scalar("SELECT min(due_at) FROM touchpoint WHERE state = 'planned'")
    run_until(desk, clock, first)
    assert texts(desk) == [("queued", None)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"at": VISIT + timedelta(days=1)}, "anchor_moved"), ({"status": "cancelled"}, "appointment_off")],
)
@pytest.mark.usefixtures("reminded")
def test_a_queued_reminder_is_taken_back_when_its_visit_moves_or_is_off(
    desk: Desk, ana: UUID, change: dict, reason: str
) -> None:
    book(desk, ana, **change)

    assert texts(desk) == [("canceled", "anchor_moved")]
    assert contacts(desk, 1) == [("skipped", reason)]
    assert desk.scalar("SELECT count(*) FROM prompt WHERE state = 'open'") == 0
    assert desk.scalar("SELECT count(*) FROM contact") == 0, "it does not count as a contact"


@pytest.mark.parametrize("change", [{"at": VISIT + timedelta(days=1)}, {"status": "cancelled"}])
@pytest.mark.usefixtures("reminded")
def test_the_claim_refuses_a_moved_visit_before_anybody_has_heard_of_it(
    desk: Desk, ana: UUID, change: dict
) -> None:
    book(desk, ana, **change, turn=False)

    assert claim(desk) == 0

    assert texts(desk) == [("canceled", "anchor_moved")]
    desk.turn()
    assert contacts(desk, 1)[0][0] == "skipped"


@pytest.mark.usefixtures("reminded")
def test_what_is_still_true_leaves(desk: Desk, ana: UUID) -> None:
    book(desk, ana)  # the same again

    assert claim(desk) == 1


def discharge(desk: Desk, ana: UUID, *, days_ago: float) -> None:
    with desk.begin() as uow:
        world.discharged(uow, patient_id=ana, days_ago=days_ago)
    desk.turn()


def test_a_corrected_discharge_moves_its_plan_and_takes_back_what_waits(desk: Desk, ana: UUID) -> None:
    discharge(desk, ana, days_ago=0.1)
    happen(desk)
    assert texts(desk) == [("queued", None)]

    discharge(desk, ana, days_ago=1.1)

    assert texts(desk) == [("canceled", "anchor_moved")]
    waiting = desk.rows("SELECT DISTINCT anchor_version FROM touchpoint WHERE state IN ('planned', 'held')")
    assert [row.anchor_version for row in waiting] == [2]
    anchor_at = desk.scalar("SELECT anchor_at FROM enrollment")
    assert anchor_at == desk.scalar("SELECT ended_at FROM encounter")


def test_what_was_said_before_the_correction_is_not_said_again(desk: Desk, ana: UUID) -> None:
    discharge(desk, ana, days_ago=0.1)
    happen(desk)
    assert claim(desk) == 1

    discharge(desk, ana, days_ago=0.2)
    happen(desk)

    assert texts(desk) == [("sending", None)]
    assert ("skipped", "sent_before") in [
        (row.state, row.reason)
        for row in desk.rows("SELECT state, reason FROM touchpoint WHERE anchor_version = 2")
    ]


def test_a_stay_entered_in_error_ends_its_plan(desk: Desk, ana: UUID, clock: FrozenClock) -> None:
    discharge(desk, ana, days_ago=0.1)
    with desk.begin() as uow:
        care.put_encounter(
            uow,
            patient_id=ana,
            source_system="test",
            source_id="stay-1",
            kind="inpatient",
            status="entered-in-error",
            detail={"type": "Stay"},
        )
    desk.turn()

    assert desk.scalar("SELECT stop_reason FROM enrollment") == "called_off"
    assert desk.scalar("SELECT count(*) FROM touchpoint WHERE state IN ('planned', 'held')") == 0
