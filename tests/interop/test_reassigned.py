"""Numbers that the FCC's database knows to have been switched off since they were given to us."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from click.testing import CliRunner

from outreach.cli import opening
from outreach.cli.main import main
from outreach.consent import commands as consent
from outreach.consent import queries as ledger
from outreach.escalations.models import Task
from outreach.interop import reassigned
from outreach.kernel.phone import Phone
from outreach.patients import commands as patients
from outreach.patients import queries as people
from tests.consent.make import House, house

THEIRS = "+12025550143"


@pytest.fixture
def home(uow) -> House:
    return house(uow)


@pytest.fixture
def given(uow) -> date:
    return uow.now.date()


def state(home: House) -> str:
    return home.standing().phone_state


def told(home: House, said: str, asked: date) -> str:
    answer = reassigned.Answer(number=Phone(THEIRS), asked=asked, said=said)
    return reassigned.take_in(home.uow, answer)


def later(home: House, days: int) -> None:
    home.uow = dataclasses.replace(home.uow, now=home.uow.now + timedelta(days=days))


def ask(home: House, days: int = 0) -> list[tuple[str, str]]:
    return list(reassigned.questions(home.uow, older_than=timedelta(days=days)))


def test_a_number_is_asked_about_with_the_day_it_was_given_and_not_again_for_a_month(uow, home, given):
    assert ask(home, days=30) == []
    later(home, 30)
    assert ask(home, days=30) == [("2025550143", given.isoformat())]

    assert told(home, "no", given) == "confirmed"

    assert ask(home, days=30) == []
    assert state(home) == "usable"


def test_yes_quarantines_with_ledger_disclosure_and_task_once(uow, home, given):
    assert [told(home, "yes", given), told(home, "yes", given)] == ["quarantined", "known"]

    assert state(home) == "wrong_person"
    line = ledger.ledger(uow, phone_id=home.phone_id)[-1]
    assert (line.kind, line.how) == ("wrong_person", "database")
    assert given.isoformat() in (line.evidence or "")
    uow.session.flush()
    (task,) = uow.session.query(Task).all()
    assert (task.kind, task.patient_id, task.team_id) == ("wrong_person", home.patient_id, home.team_id)
    assert ask(home) == [], "what is in quarantine needs no question"


def test_an_answer_about_a_time_before_its_holder_changes_nothing(uow, home, given):
    assert told(home, "yes", given - timedelta(days=1)) == "known"
    told(home, "yes", given)
    later(home, 2)
    consent.right_person(
        home.uow, phone_id=home.phone_id, by_staff_id=home.staff_id, evidence="called, it is her"
    )

    assert told(home, "yes", given) == "known", "staff found it right since then"
    assert state(home) == "usable"
    later(home, 30)
    assert ask(home)[0][1] == (given + timedelta(days=2)).isoformat()


def test_what_is_nobody_s_or_unknown_there_is_left_alone(uow, home, given):
    assert told(home, "no data", given) == "no data"
    (link,) = people.phones(uow, patient_id=home.patient_id)
    patients.detach_phone(uow, link_id=link.link_id)

    assert ask(home) == []
    stranger = reassigned.Answer(number=Phone("+12025550199"), asked=given, said="yes")
    assert reassigned.take_in(uow, stranger) == "not ours"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2025550143,2026-03-10,Yes", "yes"),
        ("+1 (202) 555-0143, 2026-03-10 , no", "no"),
        ("2025550143,2026-03-10,No Data,more", "no data"),
        ("2025550143,2026-03-10,no_data", "no data"),
    ],
)
def test_answers_are_read(line: str, said: str) -> None:
    (found,) = reassigned.read(["Number,Date,Answer\n", "\n", line])

    assert (found.number.e164, found.asked, found.said) == (THEIRS, date(2026, 3, 10), said)


@pytest.mark.parametrize(
    "line",
    ["2025550143,2026-03-10", "2025550143,03/10/2026,yes", "1,2026-03-10,yes", "2025550143,2026-03-10,maybe"],
)
def test_a_line_that_can_t_be_read_stops_it_and_says_which(line: str) -> None:
    with pytest.raises(reassigned.UnreadableAnswers, match="Line 2") as caught:
        reassigned.read(["2025550143,2026-03-10,no", line])
    assert "2025550143" not in str(caught.value)


def test_the_command_writes_a_private_file_and_takes_answers_in(
    services, begin, monkeypatch, tmp_path
) -> None:
    with begin() as uow:
        home = house(uow)

    @contextmanager
    def ours(data, **_):
        yield services

    monkeypatch.setattr(opening, "services", ours)
    monkeypatch.setattr(opening, "quiet_services", ours)
    asked, answered = tmp_path / "asked.csv", tmp_path / "answered.csv"

    def run(*words):
        done = CliRunner().invoke(main, ["numbers", *map(str, words)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "1 numbers" in run("ask", asked, "--older-than", "0")
    assert asked.stat().st_mode & 0o777 == 0o600
    answered.write_text(asked.read_text().strip() + ",yes\n")
    said = run("answers", answered)

    assert "1  quarantined" in said
    assert "555" not in said
    with begin() as uow:
        home.uow = uow
        assert state(home) == "wrong_person"
