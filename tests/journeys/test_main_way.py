"""A discharge comes in; the right text goes out; the answer reaches a person; STOP stops everything."""

from __future__ import annotations

import pytest

from outreach.kernel.unit_of_work import SYSTEM
from tests import world
from tests.journeys.steps import step, to_ten_in_new_york
from tests.live import Live, eventually

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("live")]

MARIA = "+12025550143"


def test_from_discharge_to_stop(live: Live, clinic: world.Clinic) -> None:
    to_ten_in_new_york(live)
    with live.services.transactions.begin(actor=SYSTEM) as uow:
        maria = world.person(uow, team_id=clinic.team_id, e164=MARIA)
        world.discharged(uow, patient_id=maria, days_ago=0.05)

    intro = eventually(lambda: live.phones.bodies(MARIA))
    assert intro[0].startswith("Riverside here: Maria, we check on you")

    step(live, days=2)
    asked = eventually(lambda: live.phones.bodies(MARIA)[1:])
    assert "do you have all your medicines?" in asked[0]

    live.phones.send(MARIA, "2")
    thanks = eventually(lambda: live.phones.bodies(MARIA)[2:])
    assert "A team member will contact you" in thanks[0]
    assert live.scalar("SELECT tier FROM escalation") == "yellow"
    assert live.scalar("SELECT unread FROM conversation") == 1

    live.phones.send(MARIA, "STOP")
    eventually(lambda: [words for words in live.phones.bodies(MARIA) if "unsubscribed" in words])
    before = live.phones.bodies(MARIA)
    step(live, days=4)
    eventually(lambda: live.scalar("SELECT count(*) FROM touchpoint WHERE state = 'suppressed'"))
    assert live.phones.bodies(MARIA) == before
