"""What the record says of a birth decides which visit there is: live, in a dry run and in a replay alike."""

from __future__ import annotations

from collections import Counter
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from outreach.care import commands as care
from outreach.kernel.clock import FrozenClock
from outreach.programs.commands.release import install_library
from outreach.rehearsal import queries
from outreach.rehearsal.queries import Wish
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.report import DryRun
from outreach.services import Services
from outreach.touchpoints.rules.timing import local_moment
from tests import world
from tests.inbound.desk import Desk
from tests.touchpoints.turning import happen, run_until

KEY = "maternity-blood-pressure"
DAY = timedelta(days=1)
BY_THE_BIRTH, BY_THE_DISCHARGE = f"{KEY}/visit-pressure@1", f"{KEY}/visit-soon@1"
TOLD_LIVE = """
    SELECT k.patient_id, t.step, (k.due_at AT TIME ZONE 'America/New_York')::date AS due_on
    FROM task k JOIN touchpoint t ON t.id = k.source_id JOIN enrollment e ON e.id = t.source_id
    WHERE k.kind = 'visit' AND e.program = 'maternity-blood-pressure'
"""


def test_the_visit_counts_from_the_birth_where_the_record_dates_it(
    services: Services, clock: FrozenClock
) -> None:
    desk = Desk(services)
    clock.at = start = local_moment(clock.at.date(), time(9, 30), "America/New_York")
    dated, said, unknown = (_mother(desk, nth) for nth in range(3))
    with desk.begin() as uow:
        install_library(uow)
        care.put_procedure(
            uow, **_of(dated), status="completed", performed_at=uow.now - DAY, detail={"text": "Childbirth"}
        )
        care.put_condition(uow, **_of(said, "z37"), status="active", detail=_coded("Z37.0"))
        for one in (dated, said, unknown):
            world.discharged(uow, patient_id=one, source_id=str(one))
    wanted = {
        dated: (BY_THE_BIRTH, start.date() + timedelta(days=9)),
        said: (BY_THE_DISCHARGE, start.date() + timedelta(days=7)),
        unknown: (BY_THE_DISCHARGE, start.date() + timedelta(days=7)),
    }

    with desk.begin() as uow:
        whole = run.rehearse(*queries.prepare(uow, Wish(program=KEY, since=uow.now, days=2)))
    calls = Counter(one.patient_id for one in whole.events if one.subject == "tcm_call")
    before = _visits(whole)
    happen(desk)
    midway = _rehearsed(desk)
    run_until(desk, clock, start + 2 * DAY)
    with desk.begin() as uow:
        care.put_procedure(  # told too late to change what was
            uow, **_of(unknown), status="completed", performed_at=start - DAY, detail={"text": "Childbirth"}
        )
    clock.move(minutes=1)
    with desk.begin() as uow:
        again = queries.replay(uow, since=start, until=clock.at)

    happened = {row.patient_id: (f"{KEY}/{row.step}@1", row.due_on) for row in desk.rows(TOLD_LIVE)}
    assert happened == wanted
    steps = {patient_id: step for patient_id, (step, _) in wanted.items()}
    assert before == steps
    assert calls == Counter(steps.keys()), "one call within two business days, of however many programs"
    assert {**steps, **midway} == steps
    assert {said, unknown} <= set(midway)
    assert _visits(again.again) == steps
    assert again.differences == ()


def _mother(desk: Desk, nth: int) -> UUID:
    with desk.begin() as uow:
        found = world.person(uow, team_id=desk.team_id, e164=f"+1202555015{nth}")
        care.put_condition(uow, **_of(found), status="active", detail=_coded("O14.10"))
    return found


def _of(patient_id: UUID, what: str = "it") -> dict[str, Any]:
    return {"patient_id": patient_id, "source_system": "test", "source_id": f"{what}-{patient_id}"}


def _coded(code: str) -> dict[str, Any]:
    return {"text": "", "codes": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]}


def _rehearsed(desk: Desk) -> dict[UUID, str]:
    with desk.begin() as uow:
        return _visits(run.rehearse(*queries.prepare(uow, Wish(program=KEY, since=uow.now, days=2))))


def _visits(found: DryRun) -> dict[UUID, str]:
    return {
        one.patient_id: one.reason
        for one in found.events
        if (one.what, one.subject) == ("task", "visit") and one.reason.startswith(KEY)
    }
