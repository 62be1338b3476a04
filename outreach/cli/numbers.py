"""`outreach numbers`: ask the database of reassigned numbers about ours, with files."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import click

from outreach.cli import opening
from outreach.interop import reassigned
from outreach.kernel.unit_of_work import Actor

CLI = Actor(kind="operator")
DAYS = 30


@click.group()
def numbers() -> None:
    """Find out which numbers may be somebody else's by now, from the FCC's Reassigned Numbers Database.

    Example: outreach numbers ask questions.csv
    """


@numbers.command()
@opening.data_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--older-than",
    default=DAYS,
    show_default=True,
    type=click.IntRange(0, 3650),
    help="Only numbers that were given, or last confirmed, this many days ago or more.",
)
def ask(data: Path, file: Path, older_than: int) -> None:
    """Write to FILE what to ask: ten digits and the date we know the number from, one number a line.

    The file holds patients' numbers: only you can read it; delete it when you have the answers.

    Example: outreach numbers ask questions.csv
    """
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    with (
        opening.quiet_services(data) as services,
        services.transactions.begin(actor=CLI) as uow,
        file.open("w", encoding="ascii", newline="") as out,
    ):
        rows = list(reassigned.questions(uow, older_than=timedelta(days=older_than)))
        csv.writer(out).writerows(rows)
    click.echo(f"Written: {len(rows)} numbers to {file}")


@numbers.command()
@opening.data_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def answers(data: Path, file: Path) -> None:
    """Take in the answers: number, date and "yes", "no" or "no data" on each line. Twice changes nothing.

    "yes" quarantines the number, notes the disclosure and gives staff a task; nobody texts it meanwhile.

    Example: outreach numbers answers answers.csv
    """
    with file.open(encoding="utf-8-sig", newline="") as lines:
        found = reassigned.read(lines)
    with opening.services(data) as services, services.transactions.begin(actor=CLI) as uow:
        counts = reassigned.take_in_all(uow, found)
    click.echo(f"Answers read: {len(found)}")
    for said, count in sorted(counts.items()):
        click.echo(f"{count:>8,}  {said}")
