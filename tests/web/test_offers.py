"""What a page offers is what the server then allows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from outreach.web.inbox import pages
from tests.web import make
from tests.web.forms import HTML, post, sign_in

WEB = Path(make.__file__).parents[2] / "outreach" / "web"
SATURDAY_3_PM = datetime(2026, 3, 14, 19, 0, tzinfo=UTC)


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    m.says(43, "hello there")
    return m


def test_every_time_offered_for_later_is_taken(client, clinic, clock):
    clock.at = SATURDAY_3_PM
    sign_in(client)
    thread = f"/inbox/{clinic.conversation(43)}"
    offered = re.findall(r'data-when="([^"]+)"', client.get(f"{thread}/later", headers=HTML).text)

    assert len(offered) >= 4
    for number, when in enumerate(offered):
        form = {"body": f"See you {number}", "mode": "text", "when": when, "draft_key": f"d{number}"}
        answer = post(client, f"{thread}/reply", form)
        assert answer.status_code == 303, (when, answer.text)


@pytest.mark.parametrize("day", range(8, 15))
def test_no_moment_to_snooze_until_is_offered_twice(app, day):
    with app.test_request_context():
        found = pages.snoozes(datetime(2026, 3, day, 16, 0, tzinfo=UTC), "America/New_York")

    assert len({one["at"] for one in found}) == len(found)


def test_what_needs_a_right_is_hidden_from_whoever_lacks_it():
    wanted = {
        right
        for page in (WEB / "templates").rglob("*.html")
        for right in re.findall(r'data-needs="(\w+)"', page.read_text())
    }
    hidden = (WEB / "static" / "css" / "rights.css").read_text()

    assert len(wanted) >= 5
    for right in wanted:
        assert f'body:not([data-can~="{right}"]) [data-needs="{right}"]' in hidden


def test_part_of_a_phone_number_is_told_to_be_one(client, clinic):
    sign_in(client)

    assert "all its ten digits" in post(client, "/find", {"q": "555-0143"}).text
    assert "all its ten digits" not in post(client, "/find", {"q": "Zoe"}).text
