"""`outreach sender`: the numbers we text patients from, and the one that pages colleagues."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.kernel import phone
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.staff import commands, queries
from outreach.staff.commands.senders import KINDS

CLI = Actor(kind="operator")

kind_option = click.option(
    "--kind", type=click.Choice(KINDS), help="patients: texts to patients. pages: only pages to colleagues."
)
speed_option = click.option(
    "--per-second", type=float, help="Segments a second your carrier allows (docs/sending.md)."
)
cap_option = click.option("--per-day", type=int, help="Segments a day your carrier allows (docs/sending.md).")


@click.group()
def sender() -> None:
    """Add numbers and Messaging Services to text from, set their speeds.

    Example: outreach sender add Pages --address +12025550101 --kind pages
    """


@sender.command()
@opening.data_option
@click.argument("label")
@click.option("--address", required=True, help="Number (+1...) or Messaging Service (MG...).")
@kind_option
@click.option("--short-name", default=None, help="First words of its texts; the organization's if left out.")
@click.option("--callback", default=None, help="Number patients can call; the default team's if left out.")
@speed_option
@cap_option
def add(
    data: Path,
    label: str,
    address: str,
    kind: str | None,
    short_name: str | None,
    callback: str | None,
    per_second: float | None,
    per_day: int | None,
) -> None:
    """Add a sender: for patients (give it to a team then), or for pages to colleagues.

    Example: outreach sender add Pages --address +12025550101 --kind pages --per-second 1 --per-day 2000
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        commands.create_sender(
            uow,
            label=label,
            address=address_of(address),
            kind=kind or "patients",
            short_name=short_name or queries.organization(uow).short_name,
            callback_number=callback or queries.default_team(uow).callback_number,
            segments_per_second=1.0 if per_second is None else per_second,
            segments_per_day=2000 if per_day is None else per_day,
        )
    click.echo(f"Added {label}. Next: `outreach twilio setup`, so that what is written to it reaches us.")
    if (kind or "patients") == "patients":
        click.echo(f'Give it to a team: outreach team change NAME --sender "{label}"')


@sender.command("list")
@opening.data_option
def list_(data: Path) -> None:
    """List the senders: label, address, what for, speeds, the teams that text from it.

    Example: outreach sender list
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        teams = queries.teams(uow)
        for one in queries.senders(uow):
            whose = ", ".join(team.name for team in teams if team.sender_id == one.id) or "no team"
            stopped = f"  STOPPED ({one.stopped_reason})" if one.stopped_at else ""
            click.echo(
                f"{one.label}  {one.address}  {one.kind}  {one.segments_per_second:g}/s "
                f"{one.segments_per_day}/day  {whose}{stopped}"
            )


@sender.command()
@opening.data_option
@click.argument("label")
@click.option("--label", "new_label", default=None, help="Its new label.")
@kind_option
@click.option("--short-name", default=None, help="First words of its texts.")
@click.option("--callback", default=None, help="Number patients can call.")
@speed_option
@cap_option
def change(
    data: Path,
    label: str,
    new_label: str | None,
    kind: str | None,
    short_name: str | None,
    callback: str | None,
    per_second: float | None,
    per_day: int | None,
) -> None:
    """Change a sender's names, speeds, or what it is for. What is not named stays.

    Its address stays, too: for another number add a sender, and give it to the team.

    Example: outreach sender change "Main number" --per-second 3 --per-day 6000
    """
    changes = commands.SenderChanges()
    if new_label is not None:
        changes["label"] = new_label
    if kind is not None:
        changes["kind"] = kind
    if short_name is not None:
        changes["short_name"] = short_name
    if callback is not None:
        changes["callback_number"] = callback
    if per_second is not None:
        changes["segments_per_second"] = per_second
    if per_day is not None:
        changes["segments_per_day"] = per_day
    if not changes:
        raise click.UsageError("Say what to change, like --per-second 3.")
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        commands.change_sender(uow, sender_id=named(uow, label).id, changes=changes)
    click.echo(f"Changed {new_label or label}.")


def named(uow: UnitOfWork, label: str) -> queries.SenderView:
    """Return the sender of a label. Raise Invalid, naming those there are."""
    known = queries.senders(uow)
    for one in known:
        if one.label == label:
            return one
    raise Invalid(f"There is no sender called {label!r}. Senders: {', '.join(one.label for one in known)}")


def address_of(given: str) -> str:
    """Return a sender's address: E.164, or a Messaging Service's sid as it is. Raise NotAPhone."""
    return given.strip() if given.strip().startswith("MG") else phone.parse(given).e164
