"""`outreach team`: the care teams, the sender each texts from, and where its clocks run."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.cli.senders import named as sender_named
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.staff import commands, queries

CLI = Actor(kind="operator")

sender_option = click.option("--sender", default=None, help="Label of the sender it texts from.")
zone_option = click.option("--zone", default=None, help="Time zone of its hours, like America/Chicago.")
target_option = click.option(
    "--target", type=int, default=None, help="Minutes within which a text should be answered."
)
emergency_option = click.option("--emergency", default=None, help="Number that texts name for emergencies.")


@click.group()
def team() -> None:
    """Add care teams, give them senders.

    Example: outreach team add Cardiology --sender "Main number"
    """


@team.command()
@opening.data_option
@click.argument("name")
@sender_option
@zone_option
@target_option
@emergency_option
@click.option("--default", "is_default", is_flag=True, help="Unknown senders and imports go to this team.")
def add(
    data: Path,
    name: str,
    sender: str | None,
    zone: str | None,
    target: int | None,
    emergency: str | None,
    is_default: bool,
) -> None:
    """Add a care team. Without --sender it shares the default team's. Hours, people and pagers: page Team.

    Example: outreach team add Cardiology --sender "Heart line" --zone America/Chicago
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        sender_id = sender_named(uow, sender).id if sender else queries.default_team(uow).sender_id
        commands.create_team(
            uow,
            name=name,
            sender_id=sender_id,
            zone=zone or queries.organization(uow).zone,
            answer_target_minutes=30 if target is None else target,
            emergency_text_number=emergency or "911",
            is_default=is_default,
        )
    click.echo(f'Added {name}. Next: outreach staff add --team "{name}" --role lead ...')


@team.command("list")
@opening.data_option
def list_(data: Path) -> None:
    """List the teams: name, sender, zone, minutes to an answer, people, how many have a pager.

    Example: outreach team list
    """
    from outreach.escalations import queries as roster

    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        labels = {one.id: one.label for one in queries.senders(uow)}
        for one in queries.teams(uow):
            people = queries.members(uow, team_ids=[one.id])
            paged = roster.pagers(uow, staff_ids=[person.id for person in people])
            default = "  default" if one.is_default else ""
            click.echo(
                f"{one.name}  {labels[one.sender_id]}  {one.zone}  {one.answer_target_minutes} min  "
                f"{len(people)} people, {len(paged)} with a pager{default}"
            )


@team.command()
@opening.data_option
@click.argument("name")
@click.option("--name", "new_name", default=None, help="Its new name.")
@sender_option
@zone_option
@target_option
@emergency_option
@click.option("--default", "is_default", is_flag=True, help="Unknown senders and imports go to this team.")
def change(
    data: Path,
    name: str,
    new_name: str | None,
    sender: str | None,
    zone: str | None,
    target: int | None,
    emergency: str | None,
    is_default: bool,
) -> None:
    """Change a team's name, sender, zone, target or emergency number. What is not named stays.

    Texts already queued leave from the former sender; what patients write to a sender without a team goes to
    the default team.

    Example: outreach team change Cardiology --sender "Heart line"
    """
    changes = commands.TeamChanges()
    if new_name is not None:
        changes["name"] = new_name
    if zone is not None:
        changes["zone"] = zone
    if target is not None:
        changes["answer_target_minutes"] = target
    if emergency is not None:
        changes["emergency_text_number"] = emergency
    if is_default:
        changes["is_default"] = True
    if not changes and sender is None:
        raise click.UsageError('Say what to change, like --sender "Main number".')
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        if sender is not None:
            changes["sender_id"] = sender_named(uow, sender).id
        commands.change_team(uow, team_id=named(uow, name).id, changes=changes)
    click.echo(f"Changed {new_name or name}.")


def named(uow: UnitOfWork, name: str) -> queries.TeamView:
    """Return the team of a name. Raise Invalid, naming those there are."""
    known = queries.teams(uow)
    for one in known:
        if one.name == name:
            return one
    raise Invalid(f"There is no team called {name!r}. Teams: {', '.join(one.name for one in known)}")
