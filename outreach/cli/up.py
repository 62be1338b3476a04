"""`outreach up`: everything on one machine."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.embedded import runtime
from outreach.launch import up as launch

PORT = click.IntRange(1, 65535)


@click.command()
@click.option(
    "--demo", is_flag=True, help="Load sample patients, invented by us, and text them in the simulator."
)
@click.option(
    "--port", type=PORT, default=runtime.DEFAULT_WEB_PORT, show_default=True, help="Port of the pages."
)
@click.option(
    "--simulator-port",
    type=PORT,
    default=runtime.DEFAULT_SIMULATOR_PORT,
    show_default=True,
    help="Port of the simulator and its phones.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=runtime.DEFAULT_FOLDER,
    show_default=True,
    help="Folder of the data: database, keys, logs. One for each copy.",
)
@click.option("--seed", type=int, default=None, help="Number that the sample patients are drawn from.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.0, max=100_000.0, min_open=True),
    default=None,
    help="How many times faster product time runs: 1440 is a day a minute. Simulator only.",
)
def up(demo: bool, port: int, simulator_port: int, data: Path, seed: int | None, speed: float | None) -> None:
    """Start PostgreSQL, Redis, web pages, worker, beat and simulator; Ctrl-C stops them all.

    PostgreSQL and Redis are brought along, unless OUTREACH_DATABASE_URL names a database. The simulator
    stands in for Twilio, unless TWILIO_ACCOUNT_SID and the rest name a real account.

    \b
    Examples:
      outreach up --demo
      outreach up --demo --port 9080 --simulator-port 9081 --data /tmp/second
      outreach up --demo --speed 1440
    """
    launch.up(
        launch.Options(
            data=data, port=port, simulator_port=simulator_port, demo=demo, seed=seed, speed=speed
        ),
        say=lambda line: click.echo(line),
    )
