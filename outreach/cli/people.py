"""`outreach staff`: add, reset and disable the people who work here."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from outreach.cli import opening, teams
from outreach.escalations import commands as escalations
from outreach.kernel import phone
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.staff import commands, queries, rules

CLI = Actor(kind="operator")


@click.group()
def staff() -> None:
    """Add people, reset their passwords, keep them out.

    Example: outreach staff add --email lee@riverside.example --name "Lee Park" --role nurse
    """


@staff.command()
@opening.data_option
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(rules.TEAM_ROLES), default="nurse", show_default=True)
@click.option("--team", default=None, help="Name of the team; the default team if left out.")
@click.option("--admin", is_flag=True, help="Also an administrator of the deployment.")
@click.option("--pager", default=None, help="Number to page, without patient data.")
def add(
    data: Path, email: str, name: str, role: str, team: str | None, admin: bool, pager: str | None
) -> None:
    """Add a person and print a temporary password they must change.

    Example: outreach staff add --email lee@riverside.example --name "Lee Park" --role nurse
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        team_id = _team(uow, team)
        staff_id = commands.add_staff(uow, email=email, name=name, is_admin=admin)
        commands.join_team(uow, staff_id=staff_id, team_id=team_id, role=role)
        if pager:
            commands.set_pager(uow, staff_id=staff_id, phone=phone.parse(pager))
        temporary = commands.reset(uow, email=email)
    click.echo(f"Temporary password: {temporary}")


@staff.command()
@opening.data_option
@click.argument("email")
def reset(data: Path, email: str) -> None:
    """Give a person a temporary password and end their sign-ins.

    Example: outreach staff reset lee@riverside.example
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        temporary = commands.reset(uow, email=email)
    click.echo(f"Temporary password: {temporary}")


@staff.command()
@opening.data_option
@click.argument("email")
def disable(data: Path, email: str) -> None:
    """Keep a person out from now on.

    Example: outreach staff disable lee@riverside.example
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        escalations.disable(uow, email=email)
    click.echo("Disabled; every sign-in of theirs is ended, and what they had waits for whoever takes it.")


@staff.command()
@opening.data_option
@click.argument("email")
@click.argument("number", required=False)
@click.option("--none", is_flag=True, help="Take the pager away.")
def pager(data: Path, email: str, number: str | None, none: bool) -> None:
    """Set the number somebody is paged at, without patient data, or take it away.

    Example: outreach staff pager lee@riverside.example +12025550143
    """
    if (number is None) != none:
        raise click.UsageError("Give a number, or --none.")
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        found = queries.staff_by_email(uow, email=email)
        if found is None:
            raise queries.NoSuchStaff
        if number is None:
            commands.remove_pager(uow, staff_id=found.id)
        else:
            commands.set_pager(uow, staff_id=found.id, phone=phone.parse(number))
    click.echo(f"{found.name} is paged no longer." if none else f"{found.name} is paged from now on.")


def _team(uow: UnitOfWork, name: str | None) -> UUID:
    return queries.default_team(uow).id if name is None else teams.named(uow, name).id
