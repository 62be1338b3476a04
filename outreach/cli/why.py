"""`outreach why ID`: why a patient got a text, or did not."""

from __future__ import annotations

import textwrap
from pathlib import Path
from uuid import UUID

import click

from outreach.cli import opening
from outreach.kernel.unit_of_work import Actor
from outreach.why import answer

CLI = Actor(kind="operator")
WIDTH = 96


@click.command()
@opening.data_option
@click.argument("subject_id", metavar="MESSAGE_OR_TOUCHPOINT_ID", type=click.UUID)
def why(data: Path, subject_id: UUID) -> None:
    """Say in plain words why this text, why now, why these words, and what was considered.

    Prints patient data: mind who sees the screen. The look goes on the record.

    Example: outreach why 0190f3c2-7c1e-7b9a-9d5e-000000000001
    """
    with opening.quiet_services(data) as services, services.transactions.begin(actor=CLI) as uow:
        found = answer.why(uow, subject_id=subject_id)
    if found.text:
        click.echo(textwrap.fill(f"“{found.text}”", WIDTH))
    for part in found.parts:
        click.echo(f"\n{part.heading}")
        for sentence in part.sentences:
            click.echo(textwrap.fill(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    "))
