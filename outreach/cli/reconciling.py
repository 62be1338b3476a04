"""`outreach reconcile`: read what the provider has, both ways, and let a restored database send again."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from outreach.cli import opening
from outreach.inbound import commands as inbound
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import Actor
from outreach.messaging import commands as messaging
from outreach.messaging.ports import ProviderUnavailable
from outreach.services import Services

CLI = Actor(kind="operator")
MARGIN = timedelta(minutes=15)
LIST_LAG_SECONDS = 30.0
"""The provider's list may not show at once what it took: as long must have passed since texts were held."""


class StartsTooLate(OutreachError):
    """The database knows of nothing after the time it was restored to: name a time before that."""

    def __init__(self, database_from: datetime) -> None:
        super().__init__(
            f"The database is from {database_from:%Y-%m-%dT%H:%M:%S} UTC and knows nothing after that. "
            f"Say --since {database_from - MARGIN:%Y-%m-%dT%H:%M:%S}, or a time before."
        )


@click.command()
@opening.data_option
@click.option(
    "--since",
    type=click.DateTime(),
    default=None,
    help="Read the provider's list from then on, in UTC. Default: 15 minutes before the database's last sign "
    "of life, or a day.",
)
@click.option(
    "--lag",
    default=LIST_LAG_SECONDS,
    show_default=True,
    help="Seconds that the provider's list may be behind.",
)
def reconcile(data: Path, since: datetime | None, lag: float) -> None:
    """Read what the provider has: texts we never saw, texts it sent that we think are waiting.

    A restored or copied database sends nothing until this has been done. Stop the original first if this is
    a copy: two that send are two texts on each phone.

    Example: outreach reconcile --since 2026-11-20
    """
    with opening.services(data) as services:
        given = since.replace(tzinfo=UTC) if since else None
        with services.transactions.begin(actor=CLI) as uow:
            hold, machine_now = messaging.held(uow), uow.machine_now
        start = _start(given, hold, machine_now)
        if hold is not None:
            _wait(hold, machine_now, lag)
        found, taken_in = _read(services, start)
        if hold is not None:
            _release(services)
        settled = messaging.reconcile(services.transactions, services.gateway)
    click.echo(f"Read from {start:%Y-%m-%d %H:%M} UTC on.")
    click.echo(f"Texts from patients taken in: {taken_in}")
    click.echo(f"Waiting here and sent already, marked as sent: {found.adopted}")
    click.echo(f"Sent and unknown here, on file now: {found.recovered}")
    click.echo(f"May have been sent already, given to staff: {found.doubtful}")
    click.echo(f"In doubt before, found at the provider: {settled.found}")
    click.echo("Texts leave again." if hold is not None else "Texts were not held.")


def _start(given: datetime | None, hold: messaging.Hold | None, now: datetime) -> datetime:
    if hold is None:
        return given or now - timedelta(days=1)
    if given is not None and given > hold.database_from:
        raise StartsTooLate(hold.database_from)
    return given or hold.database_from - MARGIN


def _wait(hold: messaging.Hold, now: datetime, lag: float) -> None:
    left = lag - (now - hold.machine_since).total_seconds()
    if left > 0:
        click.echo(f"Waiting {left:.0f} s for the provider's list to be complete ...")
        time.sleep(left)


def _read(services: Services, start: datetime) -> tuple[messaging.Recovered, int]:
    # What was sent comes first: the answers to what comes in next are then known to have gone out.
    found = messaging.recover(services.transactions, services.gateway, since=start, actor=CLI)
    try:
        taken_in = messaging.sweep_inbound(
            services.transactions,
            services.gateway,
            inbound.receive,
            account_sid=services.settings.twilio_account_sid,
            since=start,
            whole=True,
        )
    except ProviderUnavailable:
        raise messaging.ProviderNotRead from None
    return found, taken_in


def _release(services: Services) -> None:
    # Facts first: whoever said STOP while this database did not listen is opted out before anything leaves.
    services.relay.drain(seconds=60.0)
    with services.transactions.begin(actor=CLI) as uow:
        messaging.release(uow, place=services.settings.deployment)
