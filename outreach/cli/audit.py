"""`outreach audit`: take the record out, and check such a file without server or database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outreach.audit import commands, rules
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
    click.echo(f"Written: {events} events to {file}")


@audit.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file: Path) -> None:
    """Check an exported record: every event, every seal, their order and signatures. Needs no server.

    Example: outreach audit verify record.jsonl
    """
    with file.open(encoding="ascii", errors="surrogateescape") as lines:
        verdict = rules.verify(lines)
    for problem in verdict.problems:
        click.echo(str(problem), err=True)
    state = "whole and unaltered" if verdict.ok else "NOT as it was sealed"
    click.echo(f"{state}: {verdict.records} events, {verdict.seals} seals, head {verdict.head}")
    click.echo(f"Signed by: {', '.join(verdict.keys)} (compare with what `outreach doctor` shows)")
    sys.exit(0 if verdict.ok else 1)
