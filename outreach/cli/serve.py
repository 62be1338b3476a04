"""`outreach web`, `worker`, `beat` and `migrate`: one process each, for real deployments."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from outreach import config
from outreach.cli import opening
from outreach.config import Settings
from outreach.embedded import folder, runtime
from outreach.kernel.errors import OutreachError
from outreach.launch import commands, foreground
from outreach.web import built


class NewerDatabase(OutreachError):
    """This database was made by a newer version of Outreach. Update Outreach, or use another database."""


class DatabaseSaysNo(OutreachError):
    """The database can't be used."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The database can't be reached, or is locked by others ({kind}). Check OUTREACH_DATABASE_URL, "
            "and that the server runs; then repeat."
        )


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=runtime.DEFAULT_WEB_PORT, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option(
    "--threads",
    type=click.IntRange(1, 4096),
    default=commands.THREADS,
    show_default=True,
    help="Most threads of one process, made when needed. Each open live page holds one.",
)
@opening.data_option
def web(host: str, port: int, workers: int, threads: int, data: Path) -> None:
    """Serve the pages, the JSON API and Twilio's webhooks.

    \b
    Example:
      outreach web --host 0.0.0.0 --port 8080
    """
    if to_do := built.told():
        click.echo(to_do, err=True)
    _serve(
        commands.web(host=host, port=port, workers=workers, threads=threads),
        data,
        allowed=Settings.must_check_webhooks,
    )


@click.command()
@click.option(
    "--concurrency",
    type=click.IntRange(1, 256),
    default=commands.WORKER_THREADS,
    show_default=True,
    help="Threads.",
)
@opening.data_option
def worker(concurrency: int, data: Path) -> None:
    """Do the work that waits in the database: handle facts, send what is due, settle what is in doubt.

    As many as wanted may run, on as many machines.

    \b
    Example:
      outreach worker --concurrency 11
    """
    _serve(commands.worker(threads=concurrency), data)


@click.command()
@opening.data_option
def beat(data: Path) -> None:
    """Poke the workers at regular times. One of these runs in a deployment.

    \b
    Example:
      outreach beat
    """
    place = folder.prepare(data) / "beat"
    place.mkdir(mode=0o700, exist_ok=True)
    _serve(commands.beat(folder=place), data)


@click.command()
@opening.data_option
def migrate(data: Path) -> None:
    """Bring the database up to date. Safe to run again, and on several machines at once.

    \b
    Example:
      outreach migrate
    """
    # Imported here: the commands beside this one do nothing but hand over to another process.
    from alembic.util import CommandError
    from sqlalchemy.exc import OperationalError

    from outreach import schema

    with opening.environment(data) as environ:
        try:
            schema.upgrade(Settings.from_env(environ).database_url)
        except CommandError:
            raise NewerDatabase from None
        except OperationalError as error:
            raise DatabaseSaysNo(type(error.orig).__name__) from None
    click.echo("The database is up to date.")


def _serve(command: list[str], data: Path, *, allowed: Callable[[Settings], None] = lambda _: None) -> None:
    given = config.given()
    if given.get(runtime.DATABASE_URL):
        # One clear line now, instead of a traceback from the server's own start.
        allowed(Settings.from_env(given))
        foreground.become(command, config.child_environment(given))
    with opening.environment(data) as environ:
        allowed(Settings.from_env(environ))
        code = foreground.run(command, config.child_environment(environ))
    sys.exit(code)
