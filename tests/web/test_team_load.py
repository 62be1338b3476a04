"""How soon a team answers, and who has how much, on the team's page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from outreach.conversations import commands, queries
from tests.web import make
from tests.web.forms import sign_in


@pytest.fixture
def clinic(services, clock):
    return make.Morning(services, clock)


def exchange(clinic, clock, last, *, after, texts=1):
    """Somebody writes, more than once perhaps, and a colleague answers the first of it after so long."""
    for number in range(texts):
        clinic.says(last, f"can I shower? {number}")
    clock.at += after
    with clinic.begin() as uow:
        commands.reply(
            uow,
            conversation_id=clinic.conversation(last),
            staff_id=clinic.nurse_id,
            body="Yes.",
            draft_key=f"{last}-{clock.at}",
        )
    clinic.services.relay.drain()


def test_answers_are_timed_from_the_first_text_that_waited(clinic, clock):
    for last, minutes in ((43, 2), (44, 4), (45, 6)):
        clinic.person(last, f"Ana {last}")
        exchange(clinic, clock, last, after=timedelta(minutes=minutes), texts=2)
    clinic.says(45, "thanks, and can I drive?")

    with clinic.begin() as uow:
        found = queries.answered(uow, team_id=clinic.team_id)
        load = queries.load(uow, team_id=clinic.team_id)

    assert found.answers == 3
    assert (found.median, found.p90) == (timedelta(minutes=4), timedelta(minutes=6))
    assert (load[clinic.nurse_id].open, load[clinic.nurse_id].waiting) == (3, 1)


def test_the_team_s_page_says_both(client, clinic, clock):
    clinic.person(43, "Ana")
    exchange(clinic, clock, 43, after=timedelta(minutes=4))
    sign_in(client)

    page = client.get("/team").text

    assert "4 min" in page
    assert "median of 1, nine in ten within 4 min" in page
    assert "1 open" in page
