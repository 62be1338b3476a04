"""Someone who answers nothing: called once, told once, and never two texts beside each other."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from outreach.care import commands as care
from outreach.kernel.clock import FrozenClock
from outreach.services import Services
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import run_until

HERE = ZoneInfo("America/New_York")
SILENT = "We have not heard from you"


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


def goes_home(desk: Desk, *, condition: str | None = None, phrase: str | None = None) -> UUID:
    """Ana went home yesterday; `phrase` is a care-plan activity she is asked about."""
    ana = desk.patient()
    with desk.begin() as uow:
        if condition:
            care.put_condition(
                uow, patient_id=ana, source_system="t", source_id="c", status="active",
                detail={"text": condition},
            )  # fmt: skip
        if phrase:
            plan = care.put_care_plan(uow, patient_id=ana, source_system="t", source_id="p", status="active")
            care.put_activity(
                uow, patient_id=ana, source_system="t", source_id="a", care_plan_id=plan.id, status="active",
                detail={"text": phrase}, phrase=phrase,
            )  # fmt: skip
        world.discharged(uow, patient_id=ana, days_ago=1)
    return ana


def texts(desk: Desk) -> list[tuple[Any, str]]:
    """All that was sent, with the minute on Ana's clock."""
    rows = desk.rows("SELECT id, at, body_enc FROM message WHERE direction = 'out' ORDER BY at, id")
    with desk.begin() as uow:
        return [
            (row.at.astimezone(HERE), uow.vault.open("message.body", row.id, row.body_enc)) for row in rows
        ]


@pytest.mark.parametrize("condition", ["Heart failure", None])
def test_silence_is_told_once_within_hours_and_beside_no_other_text(
    desk: Desk, clock: FrozenClock, condition: str | None
) -> None:
    goes_home(desk, condition=condition, phrase=None if condition else "eating")
    run_until(desk, clock, clock.at + timedelta(days=14))

    said = texts(desk)
    assert desk.scalar("SELECT count(*) FROM escalation WHERE topic = 'silence'") == 1
    assert sum(SILENT in body for _, body in said) == 1
    assert all(9 <= at.hour < 20 for at, _ in said)
    for (one, _), (next_one, _) in pairwise(said):
        assert next_one - one > timedelta(hours=1)


def test_who_writes_before_it_is_said_is_not_told_so(desk: Desk, clock: FrozenClock) -> None:
    goes_home(desk, condition="Heart failure")
    for _ in range(40):
        if desk.scalar("SELECT count(*) FROM escalation WHERE topic = 'silence'"):
            break
        run_until(desk, clock, clock.at + timedelta(hours=6))
    assert desk.scalar("SELECT state FROM touchpoint WHERE step = 'then:silence'") == "held"

    desk.says("sorry my phone was broken, doing better now")
    run_until(desk, clock, clock.at + timedelta(days=1))

    told = desk.rows("SELECT state, reason FROM touchpoint WHERE step = 'then:silence'")
    assert [tuple(one) for one in told] == [("skipped", "heard_since")]
    assert not any(SILENT in body for _, body in texts(desk))
