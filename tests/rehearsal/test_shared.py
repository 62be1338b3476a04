"""Two patients on one phone: a replay counts each of their texts once."""

from __future__ import annotations

from datetime import time, timedelta

from outreach.kernel.clock import FrozenClock
from outreach.rehearsal import queries
from outreach.services import Services
from outreach.touchpoints.rules.timing import local_moment
from tests import world
from tests.inbound.desk import ANA, Desk
from tests.touchpoints.turning import happen, run_until


def test_a_phone_of_two_is_replayed_with_each_text_once(services: Services, clock: FrozenClock) -> None:
    clock.at = local_moment(clock.at.date(), time(9, 30), "America/New_York")
    desk, start = Desk(services), clock.at
    for name in ("Ana", "Luis"):
        patient_id = desk.patient(ANA, name=f"{name} Ruiz", preferred=name)
        with desk.begin() as uow:
            world.discharged(uow, patient_id=patient_id, source_id=name)
    happen(desk)
    run_until(desk, clock, start + timedelta(hours=5))
    desk.says("I can't breathe")  # the safety text belongs to no contact
    run_until(desk, clock, start + timedelta(hours=6))

    with desk.begin() as uow:
        found = queries.replay(uow, since=start, until=clock.at + timedelta(minutes=1))

    assert len(found.sent) == desk.scalar(
        "SELECT count(*) FROM message WHERE direction = 'out' AND kind <> 'page'"
    )
    assert "safety" in {one.kind for one in found.sent}
    assert all(len(set(one.parts)) == len(one.parts) for one in found.sent)
