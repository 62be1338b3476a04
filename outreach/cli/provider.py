"""`outreach twilio setup`: sets and checks webhooks and fallbacks at the provider."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outreach.cli import opening
from outreach.kernel.unit_of_work import SYSTEM
from outreach.staff import queries as staff
from outreach.twilio import setup as provider


@click.group()
def twilio() -> None:
    """Look after the provider of texts.

    Example: outreach twilio setup
    """


@twilio.command()
@opening.data_option
@click.option("--check", is_flag=True, help="Only look; change nothing.")
def setup(data: Path, check: bool) -> None:
    """Set the webhooks of every sender at the provider, then read them back.

    Example: outreach twilio setup
    """
    with opening.quiet_services(data) as services:
        with services.transactions.begin(actor=SYSTEM) as uow:
            addresses = tuple(sender.address for sender in staff.senders(uow))
        if not check:
            provider.apply(services.settings, addresses=addresses)
        found = provider.look(services.settings, addresses=addresses)
    for one in found:
        mark = "ok  " if one.right else "BAD "
        asked = "" if one.right else f", should be {one.wanted or 'not set'}"
        click.echo(f"{mark} {one.sender} {one.setting}: {one.value or 'not set'}{asked}")
    sys.exit(0 if all(one.right for one in found) else 1)
