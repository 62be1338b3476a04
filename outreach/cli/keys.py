"""`outreach keys`: make an encryption key, and seal everything anew with the first one of the ring."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

import click

from outreach.cli import opening
from outreach.config import KEY_BYTES
from outreach.kernel import rotation


@click.group()
def keys() -> None:
    """Make and rotate encryption keys.

    Example: outreach keys new 2
    """


@keys.command()
@click.argument("number", type=click.IntRange(0, 0xFFFF))
def new(number: int) -> None:
    """Print a new key. Put it in front of OUTREACH_ENCRYPTION_KEYS and keep the old ones behind it.

    Example: outreach keys new 2
    """
    click.echo(f"{number}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}")


@keys.command()
@opening.data_option
def rotate(data: Path) -> None:
    """Seal every encrypted value anew with the first key of the ring. May be stopped and started again.

    When it says that nothing is left, the old keys can be taken out of the ring.

    Example: outreach keys rotate
    """
    with opening.quiet_services(data) as services:
        total = rotation.count_left(services.transactions)
        with click.progressbar(length=total, label="Sealing anew") as bar:
            for done in rotation.rotate(services.transactions):
                bar.update(done)
        left = rotation.count_left(services.transactions)
    click.echo(f"Left under older keys: {left}")
