"""Whom a dry run is about, and how they answer, read from the real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from outreach.care import commands as care
from outreach.kernel.unit_of_work import UnitOfWork
from outreach.programs import queries as programs
from outreach.programs.commands import by_hand, joining
from outreach.programs.commands.release import install_library
from outreach.rehearsal import queries
from outreach.rehearsal.queries import BadCohort, NoSuchProgram, Wish
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.cast import midway, moved
from outreach.services import Services
from tests import world
from tests.inbound.desk import Desk
from tests.rehearsal import people
from tests.staff import make

FEWEST = 30
DAY = timedelta(days=1)
SOURCE = {"source_system": "test", "source_id": "1"}


def test_cohorts_answers_and_versions_are_those_asked_for(services: Services) -> None:
    desk = Desk(services)
    with desk.begin() as uow:
        ids = people.settle_in(uow, team_id=desk.team_id, count=6)
        old = world.person(uow, team_id=desk.team_id, e164="+12025550177")
        world.discharged(uow, patient_id=old, days_ago=50, source_id="old")
    services.relay.drain(seconds=30)

    with desk.begin() as uow:
        wish = Wish(program="heart-failure", since=uow.now, days=3)
        lately, asked = queries.prepare(uow, wish)
        active, _ = queries.prepare(uow, replace(wish, cohort="active", program="social-needs"))
        invented, _ = queries.prepare(uow, replace(wish, cohort="synthetic:7"))
        unknown, rates = queries.prepare(uow, replace(wish, model="history"))
        assert {one.id for line in lately for one in line.people} == set(ids[:4])
        assert {one.id for line in active for one in line.people} == set(ids)
        assert len(invented) == 7
        assert (len(unknown), rates.rates.source) == (4, "file")  # too few were asked here to say
        assert queries.version(uow, program="heart-failure", number=1).key == "heart-failure"
        for bad, error in (
            (replace(wish, cohort="everybody"), BadCohort),
            (replace(wish, program="nothing"), NoSuchProgram),
        ):
            with pytest.raises(error):
                queries.prepare(uow, bad)
        with pytest.raises(NoSuchProgram):
            queries.version(uow, program="heart-failure", number=9)

        _ask_often(uow)
        _, rates = queries.prepare(uow, replace(wish, model="history"))
        assert rates.rates.source == "history"
        assert rates.rates.answered["breathing"] == pytest.approx(0.25)
        assert run.rehearse(lately, asked).patients == 4
        uow.session.rollback()
        uow.facts.clear()


def test_every_kind_of_anchor_and_hand_makes_a_cohort_and_what_is_over_begins_no_second_time(
    services: Services,
) -> None:
    desk = Desk(services)
    with desk.begin() as uow:
        ana, ben, eve = (
            world.person(uow, team_id=desk.team_id, e164=f"+1202555017{number}") for number in range(3)
        )
        soon = uow.now + timedelta(days=10)
        care.put_appointment(
            uow, patient_id=ana, status="no_show", source_status="noshow", starts_at=uow.now - DAY, **SOURCE
        )
        care.put_procedure(
            uow, patient_id=ben, status="preparation", detail={"text": "Knee replacement"}, performed_at=soon,
            **SOURCE,
        )  # fmt: skip
        care.put_medication(
            uow, patient_id=eve, status="active", detail={"text": "Pills"}, runs_out_on=soon.date(), days=30,
            days_source="source", **SOURCE,
        )  # fmt: skip
        install_library(uow)
        generic = programs.program_of(uow, version_id=_version(uow, "generic-medical"))
        own = replace(generic, key="own-supply", anchor="run_out", audience="true", exclude="false")
        wish = Wish(program="missed-visit", since=uow.now, days=14)

        assert _whom(uow, wish) == {ana}
        assert _whom(uow, replace(wish, program="joint-replacement")) == {ben}
        assert _whom(uow, replace(wish, program="own-supply", tried=own)) == {eve}

        active = replace(wish, program="generic-medical", cohort="active")
        assert _whom(uow, active) == set()
        staff_id = make.person(uow, team_id=desk.team_id)
        by_hand.enroll_by_hand(
            uow,
            patient_id=eve,
            version_id=_version(uow, "generic-medical"),
            staff_id=staff_id,
            reason="She asked for it herself.",
        )
        assert _whom(uow, active) == {eve}
        assert midway(queries.prepare(uow, active)[0], "generic-medical") == 1
        sooner = replace(generic, steps=tuple(replace(one, at=time(16, 0)) for one in generic.steps))
        lines, asked = queries.prepare(uow, replace(active, tried=sooner))
        assert moved(lines) == 1
        theirs = [one for one in run.rehearse(lines, asked).texts if one.program == "generic-medical"]
        assert {one.local[-5:] for one in theirs if one.parts} == {"16:00"}
        assert moved(queries.prepare(uow, replace(active, tried=generic))[0]) == 0
        later = replace(active, since=uow.now + timedelta(days=5))
        assert min(one.at for one in run.rehearse(*queries.prepare(uow, later)).texts) >= later.since

        enrolled = joining.after_appointment(
            uow, appointment_id=uow.session.scalars(text("SELECT id FROM appointment")).one()
        )
        assert _whom(uow, wish) == {ana}
        assert midway(queries.prepare(uow, wish)[0], "missed-visit") == 1
        by_hand.stop(uow, enrollment_id=enrolled[0])
        assert _whom(uow, wish) == set()
        uow.session.rollback()
        uow.facts.clear()


def _whom(uow: UnitOfWork, wish: Wish) -> set[UUID]:
    return {one.id for line in queries.prepare(uow, wish)[0] for one in line.people}


def _version(uow: UnitOfWork, program: str) -> UUID:
    return next(one.id for one, _ in programs.released(uow) if one.program == program)


def _ask_often(uow: object) -> None:
    """Let forty questions have been asked, and ten answered."""
    uow.session.execute(  # type: ignore[attr-defined]
        text(
            """
            UPDATE touchpoint SET state = CASE WHEN nth <= 10 THEN 'answered' ELSE 'sent' END
            FROM (SELECT t.id, row_number() OVER (ORDER BY t.id) AS nth FROM touchpoint t
                  JOIN enrollment e ON e.id = t.source_id
                  WHERE e.program = 'heart-failure' AND t.why->>'asks' = 'breathing' ORDER BY t.id LIMIT 40) f
            WHERE touchpoint.id = f.id
            """
        )
    )
