"""What an operator is told by `pause`, `resume` and `doctor`, on the test's own database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from outreach.audit import commands as audit
from outreach.audit import queries
from outreach.audit.rules import fingerprint
from outreach.cli import doctor, opening
from outreach.cli.main import main
from outreach.kernel.unit_of_work import SYSTEM
from outreach.policy import queries as policy
from outreach.programs.commands import release
from outreach.services import Services
from tests import world

Command = Callable[..., Result]


@pytest.fixture
def outreach(services: Services, monkeypatch: pytest.MonkeyPatch) -> Command:
    world.clinic(services)

    @contextmanager
    def ours(data: Any, **_: Any) -> Iterator[Services]:
        yield services

    monkeypatch.setattr(opening, "services", ours)
    return lambda *words: CliRunner().invoke(main, list(words))


def found(services: Services) -> list[str]:
    with services.transactions.begin(actor=SYSTEM) as uow:
        return [f"{one.level} {one.what}" for one in doctor._house(uow)]


def test_a_program_nobody_has_is_not_paused(outreach: Command, services: Services) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        release.install_library(uow)

    refused = outreach("pause", "--program", "heart-failur", "--reason", "x")
    taken = outreach("pause", "--program", "heart-failure", "--reason", "x")

    assert refused.exit_code == 2 and "heart-failure, " in refused.output
    assert (taken.exit_code, taken.output) == (0, "Paused: program heart-failure\n")
    assert "warn paused: automated texts of program heart-failure since" in "\n".join(found(services))


def test_resuming_says_what_was_lifted_and_what_is_still_held(outreach: Command) -> None:
    outreach("pause", "--reason", "x")
    outreach("pause", "--team", "Transitions", "--reason", "x")

    assert outreach("resume").output.startswith(
        "Resumed: everything\nStill paused: team Transitions since 2026-03-10 14:00 UTC"
    )
    assert outreach("resume").output.startswith(
        "Nothing to resume: everything was not paused.\nStill paused: team"
    )
    assert outreach("resume", "--team", "Transitions").output == "Resumed: team Transitions\n"
    assert outreach("resume", "--program", "x").output == "Nothing to resume: program x was not paused.\n"


def test_pausing_needs_no_words_and_one_thing(outreach: Command, services: Services) -> None:
    everything = outreach("pause")
    both = outreach("pause", "--team", "Transitions", "--program", "heart-failure")

    assert (everything.exit_code, everything.output) == (0, "Paused: everything\n")
    assert both.exit_code == 2 and "not both" in both.output
    with services.transactions.begin(actor=SYSTEM) as uow:
        assert [(one.scope, one.reason) for one in policy.pauses(uow)] == [("everything", "no reason given")]


def test_the_doctor_names_the_keys_an_export_is_signed_by(outreach: Command, services: Services) -> None:
    assert "good record: nothing sealed yet" in found(services)
    with services.transactions.begin(actor=SYSTEM) as uow:
        audit.seal(uow)
    with services.transactions.begin(actor=SYSTEM) as uow:
        (key,) = queries.signing_keys(uow).values()

    assert f"good record: signed by {fingerprint(key)}" in found(services)


def test_the_doctor_sees_that_nobody_works(outreach: Command, services: Services) -> None:
    def waits(minutes: int) -> list[str]:
        with services.transactions.begin(actor=SYSTEM) as uow:
            uow.session.execute(text("DELETE FROM stream"))
            uow.session.execute(
                text(
                    "INSERT INTO stream (key, last_seq, done_seq, ready_at, lease_no, tries) "
                    "VALUES ('a', 1, 0, :at, 0, 0)"
                ),
                {"at": uow.machine_now - timedelta(minutes=minutes)},
            )
        return [one for one in found(services) if "worker" in one]

    assert waits(1) == []
    assert waits(9) == ["bad worker: work waits for 9 minutes; do worker and beat run?"]
