"""Programs on pages: drawn, proposed, released by a colleague."""

from __future__ import annotations

from datetime import date
from importlib import resources

import pytest
from sqlalchemy import text

from outreach.programs import files, queries
from outreach.programs.commands.release import install_library
from outreach.rehearsal.rules.report import Day
from outreach.staff import commands as staff
from outreach.web.programs import picture, rehearsals
from tests.web import make
from tests.web.forms import HTML, post, sign_in

FILE = (resources.files("outreach.programs") / "library" / "generic-medical.yaml").read_text(encoding="utf-8")
CHANGED = FILE.replace("days: [6, 9, 12, 16, 20, 25]", "days: [6, 9, 13, 17, 21, 26]")


@pytest.fixture(autouse=True)
def library(request):
    if "morning" in request.fixturenames:
        with request.getfixturevalue("morning").begin() as uow:
            install_library(uow)


def owner(app, morning, name: str, role: str = "program_owner"):
    with morning.begin() as uow:
        staff_id = staff.add_staff(
            uow, email=f"{name}@riverside.example", name=name.title(), password=make.PASSWORD
        )
        staff.join_team(uow, staff_id=staff_id, team_id=morning.team_id, role=role)
    client = app.test_client()
    sign_in(client, email=f"{name}@riverside.example")
    return client


def test_a_file_goes_from_one_person_to_another_and_into_force(app, morning):
    olga, paul = owner(app, morning, "olga"), owner(app, morning, "paul")

    checked = post(olga, "/programs/new", {"source_text": CHANGED, "act": "check"}, page="/programs/new")
    proposed = post(olga, "/programs/new", {"source_text": CHANGED, "act": "propose"}, page="/programs/new")
    page = olga.get(proposed.location).text
    own = post(olga, f"{proposed.location}/release", {}, page="/programs")
    released = post(paul, f"{proposed.location}/release", {}, page="/programs")

    assert "Nothing to mend." in checked.text
    assert "A colleague must release what you proposed." in page
    assert "-  - {id: check, days: [6, 9, 12, 16, 20, 25]" in page.replace("&#34;", '"')
    assert (own.status_code, released.status_code) == (403, 303)
    assert "Released by Paul." in paul.get(proposed.location).text


def test_a_file_with_problems_names_their_lines_and_keeps_what_was_written(app, morning):
    olga = owner(app, morning, "olga")
    broken = FILE.replace("ask: visit}", "ask: nothing}")

    refused = post(olga, "/programs/new", {"source_text": broken, "act": "propose"}, page="/programs/new")

    line = next(n for n, one in enumerate(broken.splitlines(), start=1) if "ask: nothing}" in one)
    assert refused.status_code == 422
    assert f"Line {line}" in refused.text
    assert "ask: nothing}" in refused.text


def test_a_nurse_sees_programs_and_proposes_none(app, morning):
    nurse = owner(app, morning, "nina", role="nurse")

    assert "In force" in nurse.get("/programs").text
    assert nurse.get("/programs/new", headers=HTML).status_code == 403


@pytest.mark.parametrize("found", files.library(), ids=lambda found: found.program.key)
def test_every_shipped_program_can_be_drawn(found):
    drawn = picture.draw(found.program)

    taken = sum(len(step.days) for step in found.program.steps)
    assert sum(len(lane.dots) for lane in drawn.lanes) == taken
    assert all(0 <= x <= picture.WIDTH for lane in drawn.lanes for _, x in lane.dots)
    asked = {step.ask for step in found.program.steps if step.ask}
    assert {card.asks.key for card in drawn.cards if card.asks} == asked


@pytest.mark.parametrize(
    ("days", "written"),
    [
        ((2,), "2"),
        ((1, 2), "1, 2"),
        ((1, 2, 3, 5), "1-3, 5"),
        ((6, 9, 12), "6, 9, 12"),
        ((-2, -1, 0), "-2-0"),
    ],
)
def test_days_are_written_as_people_do(days, written):
    assert picture._days(days) == written


def test_a_dry_run_shows_a_calendar_and_every_text_and_sends_nothing(app, morning):
    olga = owner(app, morning, "olga")
    with morning.begin() as uow:
        version_id = next(one.id for one, _ in queries.released(uow) if one.program == "generic-medical")
        before = uow.session.scalar(text("SELECT count(*) FROM message"))

    page = olga.get(f"/programs/versions/{version_id}/rehearsal?cohort=synthetic:100&days=10").text

    assert "we check on you by text up to 4 times a week" in page
    assert "Calendar" in page
    with morning.begin() as uow:
        assert uow.session.scalar(text("SELECT count(*) FROM message")) == before


def test_a_calendar_has_whole_weeks():
    def day(number: int) -> Day:
        return Day(
            day=date(2026, 3, number), texts=1, segments=1, questions=0, answers=0, red=0, orange=0, yellow=1,
            silent=0, unstaffed=0, staffed_hours=9.0, busiest_hour=1,
        )  # fmt: skip

    weeks = rehearsals.calendar([day(5), day(10)])

    assert [[cell.day.day if cell.day else 0 for cell in week] for week in weeks] == [
        [0, 0, 0, 5, 6, 7, 8],
        [9, 10, 0, 0, 0, 0, 0],
    ]
    assert [cell.escalations for week in weeks for cell in week].count(1) == 2
