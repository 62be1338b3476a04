"""Whom a program needs, against those who are there; and whom a dry run can't show."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from outreach.programs import queries
from outreach.staff import commands as staff
from tests import world
from tests.staff import make as staff_make
from tests.web.forms import post
from tests.web.test_programs import CHANGED, library, owner  # noqa: F401


def test_hours_without_the_role_a_program_needs_are_told_and_refuse_nothing(app, morning):
    olga = owner(app, morning, "olga")
    wanting = CHANGED + "staffing: {role: %s, answered: 0.5}\n"

    def check(role: str):
        return post(
            olga, "/programs/new", {"source_text": wanting % role, "act": "check"}, page="/programs/new"
        )

    with morning.begin() as uow:
        uow.session.execute(
            text("UPDATE team_membership SET role = 'coordinator' WHERE role IN ('nurse', 'lead')")
        )
    nobody = check("nurse")
    with morning.begin() as uow:
        uow.session.execute(text("DELETE FROM shift"))
        start = uow.now.replace(hour=4, minute=0)
        for role, days in (("nurse", 5), ("coordinator", 20)):
            one = staff_make.person(uow, f"{role}@riverside.example", team_id=morning.team_id, role=role)
            for day in range(1, days):
                starts = start + timedelta(days=day)
                staff.add_shift(uow, team_id=morning.team_id, staff_id=one, starts_at=starts,
                    ends_at=starts + timedelta(hours=24))  # fmt: skip
    some = check("nurse")
    with morning.begin() as uow:
        uow.session.execute(text("UPDATE team_membership SET role = 'lead' WHERE role = 'coordinator'"))
    leads = check("nurse")

    assert (nobody.status_code, some.status_code, leads.status_code) == (200, 200, 200)
    assert "Nobody is a “nurse” in any team" in nobody.text
    assert "has somebody there, but no “nurse”: " in some.text
    assert "but no “nurse”" not in leads.text


def test_a_dry_run_says_who_is_left_out_and_why(app, morning):
    olga = owner(app, morning, "olga")
    ruth, omar = morning.person(77, "Ruth Sample"), morning.person(78, "Omar Sample")
    with morning.begin() as uow:
        for nth, one in enumerate((ruth, omar)):
            world.discharged(uow, patient_id=one, source_id=f"out-{nth}")
        uow.session.execute(
            text("UPDATE patient_phone SET ended_at = now() WHERE patient_id = :ruth"), {"ruth": ruth}
        )
        uow.session.execute(
            text("UPDATE phone SET state = 'deactivated' WHERE id IN "
                "(SELECT phone_id FROM patient_phone WHERE patient_id = :omar)"), {"omar": omar},
        )  # fmt: skip
        version_id = next(one.id for one, _ in queries.released(uow) if one.program == "generic-medical")

    page = " ".join(olga.get(f"/programs/versions/{version_id}/rehearsal").text.split())

    assert "1 patient is left out: no phone of theirs is known." in page
    assert "1 patient is left out: their phone can't be texted" in page
