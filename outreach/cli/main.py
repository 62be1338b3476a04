"""The `outreach` command: finds its subcommands by name and turns our errors into one clear line."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from outreach.kernel.errors import OutreachError

COMMANDS = {
    "up": ("up:up", "Start PostgreSQL, Redis, web pages, worker, beat and simulator; Ctrl-C stops them all."),
    "web": ("serve:web", "Serve the pages, the JSON API and Twilio's webhooks."),
    "worker": (
        "serve:worker",
        "Do the work that waits in the database: handle facts, send what is due, settle what is in doubt.",
    ),
    "beat": ("serve:beat", "Poke the workers at regular times."),
    "migrate": ("serve:migrate", "Bring the database up to date."),
    "init": ("first_start:init", "Set up the organization, its first team, sender and administrator."),
    "staff": ("people:staff", "Add people, reset their passwords, keep them out."),
    "settings": (
        "settings:settings",
        "Show and change what the organization decides: basis of texting, hours, budget, redaction.",
    ),
    "team": ("teams:team", "Add care teams, give them senders."),
    "sender": (
        "senders:sender",
        "Add numbers and Messaging Services to text from, set their speeds.",
    ),
    "twilio": ("provider:twilio", "Look after the provider of texts."),
    "pause": (
        "pausing:pause",
        "Hold automated texts within a second: all of them, one team's, or one program's.",
    ),
    "resume": ("pausing:resume", "Let automated texts go again, or a stopped sender."),
    "reconcile": (
        "reconciling:reconcile",
        "Read what the provider has: texts we never saw, texts it sent that we think are waiting.",
    ),
    "parked": ("parked:parked", "List what kept failing, and try it again once the cause is mended."),
    "doctor": ("doctor:doctor", "Check settings, servers, keys, provider, roster and backlog."),
    "import": ("imports:import_", "Take in records of other systems: FHIR R4."),
    "numbers": (
        "numbers:numbers",
        "Find out which numbers may be somebody else's by now, from the FCC's Reassigned Numbers Database.",
    ),
    "demo-data": (
        "demo:demo_data",
        "Load the sample clinic and its dozen invented patients; a second time changes nothing.",
    ),
    "programs": ("programs:programs", "Check and try program files."),
    "why": (
        "why:why",
        "Say in plain words why this text, why now, why these words, and what was considered.",
    ),
    "tokens": ("tokens:tokens", "Make, list and revoke tokens of the JSON API."),
    "audit": ("audit:audit", "Export the sealed record, verify an export."),
    "read": (
        "read:read",
        "Print what a patient's TEXT means to us: its class, what else acts, and the words that say so.",
    ),
    "keys": ("keys:keys", "Make and rotate encryption keys."),
    "index": (
        "index:index",
        "Make everybody and every text findable: once after an upgrade from a release without the search.",
    ),
}
"""Name -> where it is, and its first sentence: to list them all, none of their modules is imported."""
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
        if cmd_name not in COMMANDS:
            return None
        place, _ = COMMANDS[cmd_name]
        module, _, attribute = place.partition(":")
        found = getattr(importlib.import_module(f"outreach.cli.{module}"), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(place)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands with what they do, from the table."""
        del ctx
        room = formatter.width - 6 - max(map(len, COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=said).get_short_help_str(room))
                    for name, (_, said) in COMMANDS.items()
                ]
            )

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
