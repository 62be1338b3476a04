"""The `outreach` command: finds its subcommands by name and turns our errors into one clear line."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from outreach.kernel.errors import OutreachError

COMMANDS = {
    "up": "up:up",
    "web": "serve:web",
    "worker": "serve:worker",
    "beat": "serve:beat",
    "migrate": "serve:migrate",
    "init": "first_start:init",
    "staff": "people:staff",
    "twilio": "provider:twilio",
    "pause": "pausing:pause",
    "resume": "pausing:resume",
    "reconcile": "reconciling:reconcile",
    "doctor": "doctor:doctor",
    "import": "imports:import_",
    "numbers": "numbers:numbers",
    "demo-data": "demo:demo_data",
    "programs": "programs:programs",
    "why": "why:why",
    "audit": "audit:audit",
    "read": "read:read",
    "keys": "keys:keys",
    "index": "index:index",
}
BAD_INPUT = 2


class Lazy(click.Group):
    """Imports a subcommand's module only when that subcommand is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table above."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one subcommand."""
        del ctx
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        found = getattr(importlib.import_module(f"outreach.cli.{module}"), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(place)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; an error of ours is one line on standard error and exit 2."""
        try:
            return super().invoke(ctx)
        except OutreachError as error:
            click.echo(f"outreach: {error}", err=True)
            sys.exit(BAD_INPUT)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="outreach")
def main() -> None:
    """Two-way texting that follows patients home from hospital.

    Try it: outreach up --demo
    """


if __name__ == "__main__":
    main()
