"""`outreach settings`: what the organization decides about its texts."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.kernel.unit_of_work import Actor
from outreach.messaging.rules import settings as rules
from outreach.staff import commands, queries

CLI = Actor(kind="operator")
UNSET = "default"


@click.group()
def settings() -> None:
    """Show and change what the organization decides: basis of texting, hours, budget, redaction.

    Example: outreach settings set redact_at_provider on
    """


@settings.command()
@opening.data_option
def show(data: Path) -> None:
    """List the settings: what each says, and what it may say (docs/how-to/settings.md).

    Example: outreach settings show
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        present = queries.organization(uow).settings
    for key, one in rules.SETTINGS.items():
        said = rules.said(key, present)
        click.echo(f"{key:20} {said or f'not set ({one.otherwise})':32} may say: {one.may_say}")


@settings.command("set")
@opening.data_option
@click.argument("key")
@click.argument("value")
def set_(data: Path, key: str, value: str) -> None:
    """Change one setting, from the next text on; `default` takes it back to what holds without it.

    Example: outreach settings set basis.reminders opt_in
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        given = None if value == UNSET else value
        before = queries.organization(uow).settings
        commands.change_settings(uow, changes=rules.changed(key, given, before), of=key)
    click.echo(f"{key}: {value}")
