"""`outreach pause` and `resume`: hold automated texts, let them go."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.policy import commands as policy
from outreach.policy import queries as ledger
from outreach.programs import queries as programs
from outreach.staff import commands as house
from outreach.staff import queries as staff

CLI = Actor(kind="operator")


@click.command()
@opening.data_option
@click.option("--team", default=None, help="Name of one team only.")
@click.option("--program", default=None, help="Name of one program only.")
@click.option(
    "--reason",
    default="no reason given",
    show_default=True,
    help="For the record, and for colleagues who wonder.",
)
def pause(data: Path, team: str | None, program: str | None, reason: str) -> None:
    """Hold automated texts within a second: all of them, one team's, or one program's.

    What is queued stays, and is judged again when you resume. Staff can still write.

    Example: outreach pause --program heart-failure --reason "wrong wording in the intro"
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        scope, scope_id = _scope(uow, team, program)
        if scope == "program":
            _must_be_known(uow, scope_id)
        policy.pause(uow, scope=scope, scope_id=scope_id, reason=reason)
    click.echo(f"Paused: {scope} {team or program or ''}".rstrip())


@click.command()
@opening.data_option
@click.option("--team", default=None, help="Name of one team only.")
@click.option("--program", default=None, help="Name of one program only.")
@click.option("--sender", default=None, help="Label of a sender that an error of our account has stopped.")
def resume(data: Path, team: str | None, program: str | None, sender: str | None) -> None:
    """Let automated texts go again, or a stopped sender.

    Example: outreach resume
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        if sender is not None:
            _start(uow, sender)
            return
        scope, scope_id = _scope(uow, team, program)
        lifted = policy.resume(uow, scope=scope, scope_id=scope_id)
        left = [
            f"{one.scope} {_name(uow, one)}".rstrip() + f" since {one.paused_at:%Y-%m-%d %H:%M} UTC"
            for one in ledger.pauses(uow)
        ]
    what = f"{scope} {team or program or ''}".rstrip()
    click.echo(f"Resumed: {what}" if lifted else f"Nothing to resume: {what} was not paused.")
    if left:
        click.echo(f"Still paused: {', '.join(left)}")


def _start(uow: UnitOfWork, label: str) -> None:
    found = next((one for one in staff.senders(uow) if one.label == label), None)
    if found is None:
        raise click.BadParameter(f"There is no sender called {label!r}.")
    house.start_sender(uow, sender_id=found.id)
    click.echo(f"{label} sends again.")


def _scope(uow: UnitOfWork, team: str | None, program: str | None) -> tuple[str, str]:
    if program and team:
        raise click.UsageError("Name a program or a team, not both: each is paused for itself.")
    if program:
        return "program", program
    if team:
        found = next((one for one in staff.teams(uow) if one.name == team), None)
        if found is None:
            raise click.BadParameter(f"There is no team called {team!r}.")
        return "team", str(found.id)
    return "everything", ""


def _name(uow: UnitOfWork, pause: ledger.PauseView) -> str:
    known = {str(one.id): one.name for one in staff.teams(uow)}
    known |= {str(one.id): one.label for one in staff.senders(uow)}
    return known.get(pause.scope_id, pause.scope_id)


def _must_be_known(uow: UnitOfWork, program: str) -> None:
    known = {one.program for one in programs.versions(uow)}
    if program not in known:
        listed = ", ".join(sorted(known)) or "none yet"
        raise click.BadParameter(f"There is no program called {program!r}. There are: {listed}.")
