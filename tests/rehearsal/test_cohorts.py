"""Whom a dry run is about, and how they answer, read from the real database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from outreach.rehearsal import queries
from outreach.rehearsal.queries import BadCohort, NoSuchProgram, Wish
from outreach.rehearsal.rules import run
from outreach.services import Services
from tests import world
from tests.inbound.desk import Desk
from tests.rehearsal import people

FEWEST = 30


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
