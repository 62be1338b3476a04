"""The page of figures, its CSV, and the charts' geometry."""

from __future__ import annotations

from datetime import date

import pytest

from outreach.analytics.queries import DayFigures, TierFigures
from outreach.audit import queries as audit
from outreach.staff import commands as staff
from outreach.web.figures import charts
from tests.web import make
from tests.web.forms import HTML, sign_in


@pytest.fixture
def clinic(services, clock):
    m = make.Morning(services, clock)
    m.person(43, "Maria Delgado")
    m.says(43, "cant breathe well and my chest feels tight")
    return m


def test_the_page_says_what_happened_without_naming_anybody(client, clinic):
    sign_in(client)

    page = client.get("/figures").text

    assert "1 escalation in 30 days" in page
    assert "Maria" not in page
    assert 'role="img"' in page
    assert " style=" not in page
    assert "too few" in page


def test_other_teams_are_not_counted_and_can_not_be_asked_for(client, clinic):
    with clinic.begin() as uow:
        other = staff.create_team(uow, name="Surgery", sender_id=clinic.sender_id, zone="America/New_York")
        head = staff.add_staff(uow, email="chief@riverside.example", name="Chief", password=make.PASSWORD)
        staff.join_team(uow, staff_id=head, team_id=other, role="lead")
    sign_in(client, email="chief@riverside.example")

    assert "No escalation in these days" in client.get("/figures").text
    assert client.get(f"/figures?team={clinic.team_id}", headers=HTML).status_code == 404
    assert "Transitions" not in client.get("/figures/escalations.csv").text


def test_csv_holds_the_same_and_is_on_the_record(client, clinic):
    sign_in(client)

    lines = client.get("/figures/escalations.csv").text.splitlines()
    days = client.get("/figures/days.csv?first=2026-03-09&last=2026-03-10").text.splitlines()

    assert lines[0].startswith("first_day,last_day,team,tier,raised")
    assert lines[1].split(",")[2:9] == ["Transitions", "red", "1", "0", "0", "0", "0"]
    assert days == ["day,red,orange,yellow,silent", "2026-03-09,0,0,0,0", "2026-03-10,1,0,0,0"]
    with clinic.begin() as uow:
        found = audit.search(uow, team_ids=[clinic.team_id], deployment=True, action="exported_figures")
    assert len(found) == 2


def test_days_that_make_no_sense_are_refused_in_words(client, clinic):
    sign_in(client)

    answer = client.get("/figures?first=2026-03-10&last=2026-03-01", headers=HTML)

    assert answer.status_code == 422
    assert "Choose a first and a last day" in answer.text


@pytest.mark.parametrize(("most", "step"), [(0, 1), (1, 1), (4, 1), (5, 2), (9, 5), (37, 10), (420, 200)])
def test_a_grid_of_round_numbers(most, step):
    assert charts.nice_step(most, lines=4) == step


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "120 min"), (7200, "2 h"), (9000, "2.5 h"),
     (172800, "2 days")],
)  # fmt: skip
def test_times_in_words(seconds, words):
    assert charts.short_time(seconds) == words


@pytest.mark.parametrize(("width", "labels"), [(charts.WIDTH, charts.MOST_LABELS), (charts.NARROW, 4)])
def test_columns_stand_on_each_other_and_stay_inside(width, labels):
    days = [
        DayFigures(day=date(2026, 3, day), raised={"red": day, "orange": 2, "yellow": 0, "silent": 1})
        for day in range(1, 32)
    ]

    chart = charts.by_day(days, width=width)

    assert len(chart.bars) == 31 * 3
    assert min(bar.y for bar in chart.bars) >= 0
    assert max(bar.y + bar.height for bar in chart.bars) <= chart.base + 0.2
    assert max(bar.x + bar.width for bar in chart.bars) <= width
    assert 2 <= len(chart.days) <= labels


def test_rows_leave_out_who_is_too_few():
    def tier(name, median, p90):
        return TierFigures(team_id=None, tier=name, raised=9, taken=9, ended=9, overruled=0, missed=0,
                           take_median=median, take_p90=p90, end_median=None, end_p90=None)  # fmt: skip

    chart = charts.times([tier("red", 60.0, 600.0), tier("silent", None, None)], what="take")

    (row,) = chart.spans
    assert row.p90.width == pytest.approx(row.median.width * 10, rel=0.01)
    assert row.p90.x + row.p90.width <= chart.width
    assert [line.words for line in chart.lines] == ["0 s", "2 min", "4 min", "6 min", "8 min", "10 min"]
