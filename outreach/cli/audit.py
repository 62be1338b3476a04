"""`outreach audit`: take the record out, and check such a file without server or database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outreach.audit import commands, queries, rules
from outreach.cli import opening
from outreach.kernel.unit_of_work import Actor

CLI = Actor(kind="operator")


@click.group()
def audit() -> None:
    """Export the sealed record, verify an export.

    Example: outreach audit export record.jsonl && outreach audit verify record.jsonl
    """


@audit.command()
@opening.data_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(data: Path, file: Path) -> None:
    """Write every sealed event and every seal to FILE, one JSON line each.

    Example: outreach audit export record.jsonl
    """
    file.touch(mode=0o600)
    with opening.services(data) as services, file.open("w", encoding="utf-8") as out:
        with services.transactions.begin(actor=CLI) as uow:
            commands.seal_all(uow)
        with services.transactions.begin(actor=CLI) as uow:
            events = commands.export(uow, write=lambda line: out.write(line + "\n"))
            keys = [rules.fingerprint(key) for key in queries.signing_keys(uow).values()]
    click.echo(f"Written: {events} events to {file}")
    click.echo("Signed by (keep this elsewhere than the file, whoever checks it needs it):")
    click.echo(f"  outreach audit verify {file} " + " ".join(f"--key {key}" for key in sorted(keys)))


@audit.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "trusted",
    multiple=True,
    help="Fingerprint that `outreach doctor` shows; more than once for more.",
)
def verify(file: Path, trusted: tuple[str, ...]) -> None:
    """Check an exported record: every event, every seal, their order and signatures. Needs no server.

    The file brings its own keys: without --key, one written anew with a key of somebody else's passes.

    Example: outreach audit verify record.jsonl --key 1f6d2b90a7c3e548
    """
    with file.open(encoding="ascii", errors="surrogateescape") as lines:
        verdict = rules.verify(lines)
    for problem in verdict.problems:
        click.echo(str(problem), err=True)
    strangers = [one for one in verdict.keys if trusted and one not in trusted]
    for one in strangers:
        click.echo(f"It is signed by {one}, which is no key of yours.", err=True)
    sound = verdict.ok and not strangers
    state = "whole and unaltered" if sound else "NOT as it was sealed"
    click.echo(f"{state}: {verdict.records} events, {verdict.seals} seals, head {verdict.head}")
    known = "" if trusted else " (NOT checked: name with --key what `outreach doctor` shows)"
    click.echo(f"Signed by: {', '.join(verdict.keys)}{known}")
    sys.exit(0 if sound else 1)
