"""`outreach parked`: facts whose work kept failing. They wait for a person, and can be tried again."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from outreach.cli import opening
from outreach.inbound import commands as inbound
from outreach.kernel.unit_of_work import Actor

CLI = Actor(kind="operator")


@click.group()
def parked() -> None:
    """List what kept failing, and try it again once the cause is mended.

    Example: outreach parked list
    """


@parked.command("list")
@opening.data_option
def list_(data: Path) -> None:
    """List what is parked, oldest first: id, since when, what happened, who failed at it.

    Example: outreach parked list
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        found = inbound.parked_facts(uow)
    for one in found:
        click.echo(f"{one.id}  {one.parked_at:%Y-%m-%d %H:%M} UTC  {one.fact}  {one.handler}: {one.error}")
    click.echo(f"{len(found)} parked.")


@parked.command()
@opening.data_option
@click.argument("parked_id", type=click.UUID, required=False)
@click.option("--all", "every", is_flag=True, help="All of them, oldest first, each for itself.")
def retry(data: Path, parked_id: UUID | None, every: bool) -> None:
    """Do what is parked now; what works is settled, and its task done. Exit 1 if any fails again.

    Example: outreach parked retry --all
    """
    if (parked_id is None) != every:
        raise click.UsageError("Name one by its id, or --all.")
    failed = 0
    with opening.services(data) as services:
        with services.transactions.begin(actor=CLI) as uow:
            ids = [parked_id] if parked_id else [one.id for one in inbound.parked_facts(uow)]
        for one in ids:
            try:
                with services.transactions.begin(actor=CLI) as uow:
                    inbound.retry_parked(uow, services.relay.handlers, parked_id=one)
                click.echo(f"{one}  done")
            except inbound.NotParked:
                raise
            except Exception as error:  # noqa: BLE001 - whatever fails again, the others are tried; no words of it: they may name somebody
                failed += 1
                click.echo(f"{one}  failed again: {type(error).__name__}")
    raise SystemExit(1 if failed else 0)
