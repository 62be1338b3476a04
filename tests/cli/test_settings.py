"""What the organization decides, by command: basis, hours, budget, redaction, look-ups."""

from __future__ import annotations

import pytest

from outreach.cli import doctor, first_start
from outreach.consent import rules as consent
from outreach.messaging.commands import redacting
from outreach.messaging.rules import settings as rules
from outreach.staff import queries


def decided(begin):
    with begin() as uow:
        return queries.organization(uow).settings


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("basis.reminders", "opt_in", {"basis": {"care": "registration", "reminders": "opt_in"}}),
        ("basis.reminders", "none", {"basis": {"care": "registration"}}),
        ("hours.from", "10:00", {"hours": {"from": "10:00"}}),
        ("budget.per_week", "5", {"budget": {"per_week": 5}}),
        ("redact_at_provider", "on", {"redact_at_provider": True}),
        ("look_up_numbers", "on", {"look_up_numbers": True}),
        ("shares_its_senders", "off", {"shares_its_senders": False}),
    ],
)
@pytest.mark.usefixtures("clinic")
def test_each_is_set_shown_and_taken_back(outreach, begin, key, value, kept) -> None:
    before = decided(begin)
    done = outreach("settings", "set", key, value)

    assert done.exit_code == 0, done.output
    assert decided(begin) == before | kept
    shown = next(
        line for line in outreach("settings", "show").output.splitlines() if line.startswith(f"{key} ")
    )
    assert f" {value} " in shown or value == "none"

    outreach("settings", "set", key, "default")
    assert rules.said(key, decided(begin)) is None


@pytest.mark.usefixtures("clinic")
def test_redaction_begins_when_it_is_set(outreach, begin) -> None:
    outreach("settings", "set", "redact_at_provider", "on")

    with begin() as uow:
        assert uow.session.execute(redacting.IS_WANTED).scalar() is True


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("basis.care", "opt_in_text", "registration | opt_in | none"),
        ("hours.from", "07:59", "08:00 to 21:00"),
        ("hours.from", "20:00", "end after they start"),
        ("hours.to", "nine", "08:00 to 21:00"),
        ("budget.per_day", "0", "1 to 20"),
        ("look_up_numbers", "yes", "on | off"),
        ("demo", "done", "no such setting"),
    ],
)
@pytest.mark.usefixtures("clinic")
def test_what_a_setting_cant_say_is_refused(outreach, begin, key, value, said) -> None:
    before = decided(begin)
    done = outreach("settings", "set", key, value)

    assert (done.exit_code, decided(begin)) == (2, before)
    assert said in done.output


def test_every_basis_that_init_offers_is_one_that_consent_knows() -> None:
    for basis in first_start.BASES:
        settings = {} if basis == "none" else {"basis": dict.fromkeys(consent.PURPOSES, basis)}
        allowed = consent.setting_of(settings, "care") in consent.SETTINGS
        assert allowed == (basis != "none")


def test_what_init_once_wrote_still_means_opt_in() -> None:
    assert consent.setting_of({"basis": {"care": "opt_in_text"}}, "care") == "opt_in"


@pytest.mark.parametrize(
    ("settings", "levels"),
    [
        ({"basis": {"care": "registration", "reminders": "opt_in"}}, ["good", "good"]),
        ({"basis": {"care": "registration"}}, ["good", "warn"]),
        ({"basis": {"care": "hope", "reminders": "opt_in"}}, ["bad", "good"]),
        ({}, ["warn", "warn"]),
        (
            {"basis": {"care": "opt_in", "reminders": "opt_in"}, "hours": {"from": "3"}},
            ["good", "good", "bad"],
        ),
    ],
)
def test_doctor_checks_each_purpose(settings, levels) -> None:
    assert [one.level for one in doctor._decided(settings)] == levels
