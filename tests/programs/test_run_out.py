"""What counts from the day a medicine runs out: no shipped program does, a practice's own may."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources

from sqlalchemy import select

from outreach.care import commands as care
from outreach.programs.commands import releasing
from outreach.programs.models import Enrollment
from outreach.services import Services
from outreach.staff import commands as staff
from outreach.touchpoints.models import Touchpoint
from tests import world
from tests.inbound.desk import Desk

SHIPPED = (resources.files("outreach.programs") / "library" / "social-needs.yaml").read_text(encoding="utf-8")
OWN = (
    SHIPPED.replace("program: social-needs", "program: refill-check")
    .replace("anchor: discharge", "anchor: run_out")
    .replace('encounter.kind in ["inpatient", "observation", "emergency"] && ', "")
    .replace('encounter.disposition in ["home", "home_health", "unknown"]', "true")
)


def test_a_program_of_ones_own_begins_moves_and_ends_with_a_supply(services: Services) -> None:
    desk = Desk(services)
    with desk.begin() as uow:
        olga, paul = (
            staff.add_staff(uow, email=f"{name}@riverside.example", name=name, password=world.PASSWORD)
            for name in ("olga", "paul")
        )
        version_id = releasing.propose(uow, source_text=OWN, by_staff_id=olga)
        releasing.release(uow, version_id=version_id, by_staff_id=paul)
        ana = world.person(uow, team_id=desk.team_id, e164="+12025550178")
        today = uow.now.date()

    def supplied(days: int, status: str = "active") -> tuple[str, set[tuple[str, int]]]:
        with desk.begin() as uow:
            care.put_medication(
                uow, patient_id=ana, source_system="test", source_id="m", status=status,
                runs_out_on=today + timedelta(days=days), days=30, days_source="source", detail={"text": "x"},
            )  # fmt: skip
        services.relay.drain(seconds=30)
        with desk.begin() as uow:
            (row,) = uow.session.scalars(select(Enrollment).where(Enrollment.program == "refill-check"))
            waiting = uow.session.scalars(
                select(Touchpoint).where(Touchpoint.source_id == row.id, Touchpoint.state == "planned")
            )
            return row.state, {(one.step, (one.local_day - today).days) for one in waiting}

    state, first = supplied(10)
    assert state == "active"
    assert first
    state, moved = supplied(15)
    assert moved == {(step, day + 5) for step, day in first}
    assert supplied(15, status="stopped") == ("stopped", set())
