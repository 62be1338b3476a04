"""How a command gets its services: from the environment, or from the embedded servers of a data folder.

What only an opened service needs is imported when one is opened: a command's help, and the commands that hand
over to a server's own process, would otherwise spend two seconds on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outreach import config
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel.errors import OutreachError

if TYPE_CHECKING:
    from outreach.services import Services

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=runtime.DEFAULT_FOLDER,
    show_default=True,
    help="Folder of the embedded servers; unused when OUTREACH_DATABASE_URL is set.",
)


class NotMigrated(OutreachError):
    """The database is not up to date. Run `outreach migrate` first."""


@contextmanager
def environment(data: Path) -> Iterator[Mapping[str, str]]:
    """Give the settings of this machine, with the embedded servers running where none are named."""
    given = config.given()
    if runtime.DATABASE_URL in given:
        yield given
        return
    with runtime.ensure(data) as running:
        yield running.fill(given)


@contextmanager
def services(data: Path, **kwargs: Any) -> Iterator[Services]:
    """Build services for one command. Raise NotMigrated if the database is not up to date."""
    from outreach import bootstrap

    with environment(data) as environ:
        settings = Settings.from_env(environ)
        _refuse_old_schema(settings)
        built = bootstrap.build(settings, pool_size=4, **kwargs)
        try:
            yield built
        finally:
            built.transactions.engine.dispose()


def _refuse_old_schema(settings: Settings) -> None:
    from outreach import schema
    from outreach.kernel import db

    engine = db.connect(settings.database_url, pool_size=1)
    try:
        if not schema.is_current(engine):
            raise NotMigrated
    finally:
        engine.dispose()


@contextmanager
def quiet_services(data: Path) -> Iterator[Services]:
    """Build services that wake no worker: for commands that only look."""
    from outreach import wake

    with services(data, wake=wake.nobody) as built:
        yield built
