"""Senders, teams and pagers, set up by command: what a real deployment needs to page anybody."""

from __future__ import annotations

import pytest

from outreach.cli import doctor
from outreach.kernel.unit_of_work import SYSTEM
from outreach.staff import commands, queries

pytestmark = pytest.mark.usefixtures("clinic")
NORA = "nora.nurse@riverside.example"


def senders(begin):
    with begin() as uow:
        return {one.label: one for one in queries.senders(uow)}


def examined(services, about: str):
    with services.transactions.begin(actor=SYSTEM) as uow:
        return [(one.level, one.what) for one in doctor._house(uow) if about in one.what]


def test_a_sender_for_pages_is_added_with_its_speeds(outreach, begin) -> None:
    done = outreach(
        *[
            "sender",
            "add",
            "Pages",
            "--address",
            "+12025550101",
            "--kind",
            "pages",
            "--per-second",
            "3",
            "--per-day",
            "500",
        ]
    )

    assert done.exit_code == 0, done.output
    found = senders(begin)["Pages"]
    assert (found.address, found.kind, found.segments_per_second, found.segments_per_day) == (
        "+12025550101", "pages", 3.0, 500,
    )  # fmt: skip
    assert found.short_name == "Riverside"
    assert "Pages  +12025550101  pages  3/s 500/day  no team" in outreach("sender", "list").output


def test_what_is_not_named_of_a_sender_stays(outreach, begin) -> None:
    done = outreach("sender", "change", "Main number", "--per-second", "20")

    assert done.exit_code == 0, done.output
    found = senders(begin)["Main number"]
    assert (found.segments_per_second, found.segments_per_day, found.kind) == (20.0, 2000, "patients")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sender add Again --address +12025550100", "already"),
        ("sender add X --address 911", "not a telephone number"),
        ("sender add X --address +12025550103 --per-second 0", "segments a second"),
        ("sender add X --address +12025550103 --per-day 0", "segments a second"),
        ("sender change Other --per-second 2", "Senders: Main number"),
        ("sender change", "Missing argument"),
        ("team change Cardiology", "Say what to change"),
        ("team change Oncology --target 5", "Teams: Cardiology"),
        ("team change Cardiology --target 0", "1 to 1440"),
        ("team change Cardiology --zone Mars/Base", "no such time zone"),
        ("team add Cardiology", "one of this name"),
        ("team add Oncology --sender Other", "Senders: Main number"),
        ("staff pager nobody@riverside.example +12025550143", "no such member"),
        ("staff pager nora.nurse@riverside.example", "--none"),
    ],
)
def test_a_slip_is_one_line_and_exit_2(outreach, words: str, said: str) -> None:
    done = outreach(*words.split())

    assert (done.exit_code, "Traceback" in done.output) == (2, False)
    assert said in done.output


def test_patients_are_never_texted_from_the_sender_for_pages(outreach) -> None:
    outreach(*["sender", "add", "Pages", "--address", "+12025550101", "--kind", "pages"])

    assert "can't be a team's" in outreach("team", "add", "Oncology", "--sender", "Pages").output
    assert "can't be a team's" in outreach("team", "change", "Cardiology", "--sender", "Pages").output
    assert "another one first" in outreach("sender", "change", "Main number", "--kind", "pages").output


def test_a_team_is_added_and_takes_over_the_default(outreach, begin) -> None:
    outreach("sender", "add", "Heart line", "--address", "+12025550105")

    added = outreach(*["team", "add", "Oncology", "--zone", "America/Chicago", "--default", "--target", "15"])
    moved = outreach("team", "change", "Oncology", "--sender", "Heart line", "--name", "Cancer")

    assert (added.exit_code, moved.exit_code) == (0, 0), added.output + moved.output
    with begin() as uow:
        assert [(one.name, one.is_default) for one in queries.teams(uow)] == [
            ("Cancer", True), ("Cardiology", False),
        ]  # fmt: skip
        found = queries.default_team(uow)
    assert (found.sender_address, found.zone, found.answer_target_minutes) == (
        "+12025550105", "America/Chicago", 15,
    )  # fmt: skip
    assert "Cancer  Heart line  America/Chicago  15 min  0 people, 0 with a pager  default" in (
        outreach("team", "list").output
    )


def test_doctor_says_bad_until_somebody_can_be_paged(outreach, services, begin) -> None:
    [(level, what)] = examined(services, "pages of Cardiology")
    assert (level, "nobody has a pager" in what) == ("bad", True)

    outreach("staff", "pager", NORA, "+12025550143")
    [(level, what)] = examined(services, "pages of Cardiology")
    assert (level, "from the patients' number +12025550100" in what) == ("warn", True)

    outreach(*["sender", "add", "Pages", "--address", "+12025550101", "--kind", "pages"])
    [(level, what)] = examined(services, "pages of Cardiology")
    assert (level, "1 pagers, from +12025550101" in what) == ("good", True)

    with begin() as uow:
        for one in queries.senders(uow):
            commands.stop_sender(uow, sender_id=one.id, reason="error_20003")
    [(level, what)] = examined(services, "pages of Cardiology")
    assert (level, "no sender runs" in what) == ("bad", True)

    outreach("staff", "pager", NORA, "--none")
    assert examined(services, "pages of Cardiology")[0][0] == "bad"


def test_every_change_is_on_the_record(outreach, begin) -> None:
    outreach(*["sender", "add", "Pages", "--address", "+12025550101", "--kind", "pages"])
    outreach("sender", "change", "Pages", "--per-day", "9")
    outreach("team", "change", "Cardiology", "--target", "20")

    with begin() as uow:
        lines = uow.session.connection().exec_driver_sql("SELECT action FROM audit_event").scalars()
        assert {"sender_created", "sender_changed", "team_changed"} <= set(lines)
