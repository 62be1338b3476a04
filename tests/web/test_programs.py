"""Programs on pages: drawn, proposed, released by a colleague."""

from __future__ import annotations

from importlib import resources

import pytest

from outreach.programs import files
from outreach.programs.commands.release import install_library
from outreach.staff import commands as staff
from outreach.web.programs import picture
from tests.web import make
from tests.web.forms import HTML, post, sign_in

FILE = (resources.files("outreach.programs") / "library" / "generic-medical.yaml").read_text(encoding="utf-8")
CHANGED = FILE.replace("days: [6, 9, 12, 16, 20, 25]", "days: [6, 9, 13, 17, 21, 26]")


@pytest.fixture(autouse=True)
def library(request):
    if "morning" in request.fixturenames:
        with request.getfixturevalue("morning").begin() as uow:
            install_library(uow)


def owner(app, morning, name: str):
    with morning.begin() as uow:
        staff_id = staff.add_staff(
            uow, email=f"{name}@riverside.example", name=name.title(), password=make.PASSWORD
        )
        staff.join_team(uow, staff_id=staff_id, team_id=morning.team_id, role="program_owner")
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
    nurse = app.test_client()
    sign_in(nurse)

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
