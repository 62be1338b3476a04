"""`outreach index`: make people and texts findable that are not yet."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.conversations import commands as conversations
from outreach.kernel.unit_of_work import Actor
from outreach.patients import commands as patients

CLI = Actor(kind="operator")


@click.command()
@opening.data_option
def index(data: Path) -> None:
    """Make everybody and every text findable: once after an upgrade from a release without the search.

    Runs beside the service in small transactions. Saying it again changes nothing.

    Example: outreach index
    """
    with opening.quiet_services(data) as services:
        for label, step in (("People", patients.index_people), ("Texts", conversations.index_texts)):
            place, rounds = None, 0
            while rounds == 0 or place is not None:
                with services.transactions.begin(actor=CLI) as uow:
                    place = step(uow, after=place)
                rounds += 1
            click.echo(f"{label}: done in {rounds} rounds.")
