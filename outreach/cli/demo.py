"""`outreach demo-data`: the sample people of a first look."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.cli import opening
from outreach.interop import demo


@click.command(name="demo-data")
@opening.data_option
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed makes the same people.")
def demo_data(data: Path, seed: int) -> None:
    """Load the sample clinic and its dozen invented patients; a second time changes nothing.

    Example: outreach demo-data --seed 7
    """
    with opening.services(data) as services:
        loaded = demo.load(services, seed=seed)
    click.echo(loaded)
