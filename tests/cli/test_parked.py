"""What kept failing is listed, and done again when its cause is mended."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from outreach.cli import opening
from outreach.escalations.events import EscalationRaised
from outreach.inbound import commands as inbound
from outreach.kernel.outbox import Parked

HANDLER = "escalations.start_ladder"


@pytest.mark.usefixtures("clinic")
def test_it_fails_again_and_is_done_when_mended(outreach, services, begin, monkeypatch) -> None:
    tried: list[UUID] = []

    @contextmanager
    def theirs(data, **_):
        yield broken

    def handle(uow, fact) -> None:
        if not tried:
            raise RuntimeError("Ana Ruiz +12025550143")
        tried.append(fact.escalation_id)

    broken = replace(services, relay=replace(services.relay, handlers={HANDLER: handle}))
    monkeypatch.setattr(opening, "services", theirs)
    with begin() as uow:
        parked_id, escalation_id = uow.new_id(), uow.new_id()
        payload = {"fact": EscalationRaised.name, "escalation_id": str(escalation_id)}
        uow.session.add(
            Parked(
                id=parked_id, stream="s", seq=1, handler=HANDLER, payload=payload, error="kept failing",
                parked_at=uow.machine_now,
            )
        )  # fmt: skip
    with begin() as uow:
        inbound.tasks_for_parked(uow)

    assert f"{parked_id}  " in outreach("parked", "list").output
    again = outreach("parked", "retry", parked_id)
    assert (again.exit_code, again.output) == (1, f"{parked_id}  failed again: RuntimeError\n")

    tried.append(escalation_id)
    mended = outreach("parked", "retry", "--all")
    assert (mended.exit_code, mended.output) == (0, f"{parked_id}  done\n")
    assert tried[1:] == [escalation_id]
    with begin() as uow:
        assert uow.session.execute(text("SELECT state FROM task")).scalar_one() == "done"
    assert outreach("parked", "list").output == "0 parked.\n"
    assert outreach("parked", "retry", parked_id).exit_code == 2
