"""A text that breaks our reading is a person's all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outreach.inbound import commands as inbound
from outreach.kernel.outbox import Parked
from outreach.services import Services
from tests.inbound.desk import Desk


class Broken(Exception):
    """A fault of ours."""


def breaks(*_: Any) -> None:
    raise Broken


@pytest.fixture
def broken(services: Services) -> Services:
    """A product whose reading always fails."""
    handlers = dict(services.relay.handlers) | {"inbound.interpret": breaks, "inbound.read_safety": breaks}
    return replace(services, relay=replace(services.relay, handlers=handlers))


def test_any_other_fact_that_kept_failing_is_a_persons_task_once(services: Services) -> None:
    desk = Desk(services)
    patient_id = desk.patient()
    with desk.begin() as uow:
        uow.session.add(_parked(uow, {"fact": "NumberMoved", "patient_id": str(patient_id)}))
        uow.session.add(_parked(uow, {"fact": "Answered", "patient_id": str(uow.new_id())}))

    for expected in (2, 0):
        with desk.begin() as uow:
            assert inbound.tasks_for_parked(uow) == expected

    tasks = desk.rows("SELECT kind, state, team_id, patient_id FROM task ORDER BY patient_id NULLS LAST")
    assert [tuple(row) for row in tasks] == [
        ("parked_fact", "open", desk.team_id, patient_id),
        ("parked_fact", "open", desk.team_id, None),
    ]


def _parked(uow: Any, payload: dict[str, Any]) -> Parked:
    return Parked(
        id=uow.new_id(), stream="s", seq=1, handler="programs.h", payload=payload, error="kept failing",
        parked_at=uow.machine_now,
    )  # fmt: skip


def test_it_lands_unread_in_its_thread_and_calls_for_a_reader(broken: Services) -> None:
    desk = Desk(broken)
    desk.patient()
    desk.arrives("Something we choke on")
    for _ in range(6):
        with broken.transactions.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE stream SET ready_at = now() WHERE ready_at IS NOT NULL")
        broken.relay.drain(seconds=5)
    assert desk.scalar("SELECT count(*) FROM parked WHERE settled_at IS NULL") == 2

    with desk.begin() as uow:
        assert inbound.rescue_parked(uow) == 2
    with desk.begin() as uow:
        assert inbound.rescue_parked(uow) == 0

    thread = desk.thread()
    assert "Something we choke on" in [getattr(item, "body", "") for item in thread.items]
    assert thread.unread >= 1 and "orange" in thread.flags
    assert [row.kind for row in desk.rows("SELECT kind FROM task")] == ["parked_fact"]
    assert desk.scalar("SELECT count(*) FROM inbound_receipt WHERE interpreted_at IS NULL") == 0
