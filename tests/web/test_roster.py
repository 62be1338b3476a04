"""A lead keeps the roster: shifts, hours, holidays, and what a leaver leaves behind."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.conversations import queries as conversations
from outreach.staff import commands, queries
from tests.web import make
from tests.web.forms import HTML, post, sign_in


@pytest.fixture
def lead(app, morning):
    with morning.begin() as uow:
        staff_id = commands.add_staff(
            uow, email="lead@riverside.example", name="Lea Lead", password=make.PASSWORD
        )
        commands.join_team(uow, staff_id=staff_id, team_id=morning.team_id, role="lead")
    client = app.test_client()
    sign_in(client, email="lead@riverside.example")
    return client


def send(client, morning, act, form):
    return post(client, f"/team/{morning.team_id}/{act}", form, page=f"/team/{morning.team_id}/roster")


def shift(morning, **changes):
    form = {"person": str(morning.nurse_id), "rank": "2", "day": "2026-03-16", "from": "19:00", "to": "07:00"}
    return form | {"weeks": "2"} | changes


def test_a_night_shift_for_two_weeks_shows_in_both(lead, morning):
    sent = send(lead, morning, "shifts", shift(morning))

    assert (sent.status_code, sent.location) == (303, f"/team/{morning.team_id}/roster?week=2026-03-16")
    for week in ("2026-03-16", "2026-03-23"):
        page = lead.get(f"/team/{morning.team_id}/roster?week={week}").text
        assert "7:00 pm–7:00 am Tuesday" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"person": str(UUID(int=1))}, "Choose somebody of this team."),
        ({"day": "soon"}, "That is not a day."),
        ({"from": "8"}, "That is not a time of day."),
        ({"weeks": "99"}, "repeated for 1 to 26 weeks"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(lead, morning, changes, said):
    refused = send(lead, morning, "shifts", shift(morning, **changes))

    assert refused.status_code == 422
    assert said in refused.text


def test_a_shift_comes_off_and_the_gap_is_told(lead, morning):
    with morning.begin() as uow:
        since, until = uow.now, uow.now.replace(year=2027)
        before = queries.shifts(uow, team_id=morning.team_id, since=since, until=until)
    for one in before:
        send(lead, morning, f"shifts/{one.id}/remove", {"week": "2026-03-09"})
    send(lead, morning, "shifts", shift(morning, day="2026-03-09"))

    page = lead.get(f"/team/{morning.team_id}/roster").text

    assert "Nobody is on call in these opening hours" in page


def test_opening_hours_are_kept_by_day(lead, morning):
    form = {
        "from-0": "08:00",
        "to-0": "17:00",
        "from-1": "08:00",
        "to-1": "17:00",
        "from-5": "09:00",
        "to-5": "12:00",
    }

    send(lead, morning, "hours", form)

    with morning.begin() as uow:
        hours = queries.team(uow, morning.team_id).opening_hours
    assert list(hours) == [
        {"days": [0, 1], "from": "08:00", "to": "17:00"},
        {"days": [5], "from": "09:00", "to": "12:00"},
    ]


def test_a_holiday_is_added_and_taken_away(lead, morning):
    send(lead, morning, "holidays", {"day": "2026-07-03", "label": "Day before the Fourth"})
    with morning.begin() as uow:
        (day,) = queries.holidays(uow, team_id=morning.team_id, since=uow.now.date())
    assert "Day before the Fourth" in lead.get(f"/team/{morning.team_id}/roster").text

    send(lead, morning, f"holidays/{day.id}/remove", {})

    with morning.begin() as uow:
        assert queries.holidays(uow, team_id=morning.team_id, since=uow.now.date()) == ()


def test_a_leavers_conversations_go_to_a_colleague(lead, morning):
    with morning.begin() as uow:
        before = conversations.owned_by(uow, staff_id=morning.nurse_id, team_id=morning.team_id)
        (to,) = [
            one.id
            for one in queries.members(uow, team_ids=[morning.team_id])
            if one.email == "lead@riverside.example"
        ]

    send(lead, morning, "hand-over", {"leaver": str(morning.nurse_id), "to": str(to)})

    with morning.begin() as uow:
        assert before
        assert conversations.owned_by(uow, staff_id=to, team_id=morning.team_id) == before
        assert not conversations.owned_by(uow, staff_id=morning.nurse_id, team_id=morning.team_id)


def test_another_teams_roster_is_nobody_elses(lead, morning):
    with morning.begin() as uow:
        other = commands.create_team(
            uow, name="Surgery", sender_id=morning.sender_id, zone="America/New_York"
        )

    assert lead.get(f"/team/{other}/roster", headers=HTML).status_code == 404
    assert post(lead, f"/team/{other}/holidays", {"day": "2026-07-03", "label": "x"}).status_code == 404


def test_a_shift_of_many_days_stands_on_each_of_them(lead, morning):
    page = lead.get(f"/team/{morning.team_id}/roster").text

    assert page.count("until Apr 8 10:00 am") == 2 * 7, (
        "Nora on call and Sam behind her, every day of the week"
    )
