"""`outreach tokens`: bearer tokens for the JSON API and for whoever reads /metrics."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import click

from outreach.cli import opening
from outreach.kernel.unit_of_work import Actor
from outreach.staff import commands, queries, rules

CLI = Actor(kind="operator")


@click.group()
def tokens() -> None:
    """Make, list and revoke tokens of the JSON API.

    Example: outreach tokens add --label "Grafana" --scope metrics
    """


@tokens.command()
@opening.data_option
@click.option("--label", required=True, help="Who or what it is for.")
@click.option(
    "--scope", "scopes", required=True, multiple=True, type=click.Choice(sorted(rules.API_SCOPES)),
    help="What it may do; more than once for more.",
)  # fmt: skip
def add(data: Path, label: str, scopes: tuple[str, ...]) -> None:
    """Make a token and print it. It is not kept and not shown again.

    Example: outreach tokens add --label "Grafana" --scope metrics --scope figures
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        token = commands.create_api_token(uow, label=label, scopes=scopes)
    click.echo(token)


@tokens.command("list")
@opening.data_option
def list_(data: Path) -> None:
    """List the tokens in force: id, label, scopes.

    Example: outreach tokens list
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        for one in queries.api_tokens(uow):
            click.echo(f"{one.id}  {one.label}  {', '.join(sorted(one.scopes))}")


@tokens.command()
@opening.data_option
@click.argument("token_id", type=click.UUID)
def revoke(data: Path, token_id: UUID) -> None:
    """Make a token useless from now on.

    Example: outreach tokens revoke 0190f3c2-7c1e-7b9a-9d5e-000000000001
    """
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        commands.revoke_api_token(uow, token_id=token_id)
    click.echo("Revoked.")
