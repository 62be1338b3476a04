"""`outreach import`: records of other systems, taken in once however often they come."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from outreach.cli import opening
from outreach.interop import intake, quarantine, run
from outreach.interop.fhir import discharges, read
from outreach.kernel.errors import OutreachError
from outreach.kernel.unit_of_work import Actor
from outreach.services import Services
from outreach.staff import queries as staff

SOME_QUARANTINED = 1
OPERATOR = Actor(kind="operator")


class ForTheSimulator(OutreachError):
    """--rebase and --demo-phones are for trying files on the simulator, never with a real provider."""


@click.group(name="import")
def import_() -> None:
    """Take in records of other systems: FHIR R4.

    What can't be used is kept, with its reason.

    HL7 v2 (files or MLLP) and CSV are not built: let the interface engine of the hospital write FHIR.

    Example: outreach import fhir discharges.json
    """


@import_.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", default="fhir", show_default=True, help="Name of the system the records come from.")
@click.option("--rebase", is_flag=True, help="Shift all dates so that a file's latest discharge is today.")
@click.option(
    "--demo-phones", is_flag=True, help="Give people without a number that can be texted a pretend one."
)
@click.option(
    "--warned",
    metavar="VERSION",
    default=None,
    help="Registration told everybody in these files that texts are not encrypted, and they want them: the "
    "version of your wording, for the ledger.",
)
@opening.data_option
def fhir(
    paths: tuple[Path, ...], source: str, rebase: bool, demo_phones: bool, warned: str | None, data: Path
) -> None:
    """Import FHIR R4: bundles and NDJSON, files or folders.

    The same file twice changes nothing. Exit 0, or 1 if anything had to be quarantined.

    \b
    Examples:
      outreach import fhir discharges.json
      outreach import fhir export/ --source epic
      outreach import fhir synthea/ --rebase --demo-phones
    """
    size = read.size(paths)
    with opening.services(data) as services:
        if (rebase or demo_phones) and services.settings.real_provider:
            raise ForTheSimulator
        summary = _run(
            services, paths, size, source=source, rebase=rebase, demo_phones=demo_phones, warned=warned
        )
    for line in told(summary, size):
        click.echo(line)
    if summary.quarantined:
        sys.exit(SOME_QUARANTINED)


@import_.command(name="quarantine")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000))
@opening.data_option
def list_quarantine(limit: int, data: Path) -> None:
    """List what waits for a person: kind, reason and where it stood.

    \b
    Example:
      outreach import quarantine --limit 200
    """
    with opening.quiet_services(data) as services, services.transactions.begin(actor=OPERATOR) as uow:
        quarantine.record_look(uow)
        held = quarantine.unsettled(uow, limit=limit)
    for one in held:
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.source} {one.record_kind} {one.reason}  ({one.where})")
    if not held:
        click.echo("Nothing is in quarantine.")


def _run(
    services: Services,
    paths: tuple[Path, ...],
    size: int,
    *,
    source: str,
    rebase: bool,
    demo_phones: bool,
    warned: str | None,
) -> run.Summary:
    with services.transactions.begin(actor=OPERATOR) as uow:
        staff.organization(uow)
        team_id = staff.default_team(uow).id
    importer = run.Importer(
        transactions=services.transactions,
        terms=intake.Terms(source=source, team_id=team_id, demo_phones=demo_phones, warned=warned),
        rebase=rebase,
    )
    with click.progressbar(length=max(size, 1), label="Importing", file=sys.stderr) as bar:
        carried = 0.0

        def progress(more: float) -> None:
            nonlocal carried
            carried += more
            whole = int(carried)
            carried -= whole
            bar.update(whole)

        return importer.run(paths, progress=progress)


def told(summary: run.Summary, size: int) -> list[str]:
    """Return the summary as lines. Numbers and kinds only, as it may end up in somebody's log."""
    lines = [f"Read {summary.readings} bundles or folders, {size / 1e6:.1f} MB."]
    lines += _table(summary.counts)
    lines += _plans(summary)
    lines += _phones(summary)
    if summary.unused:
        named = ", ".join(f"{kind} ×{count:,}" for kind, count in summary.unused.most_common())
        lines.append(f"Not used: {named}.")
    for note, count in _few(summary.notes):
        lines.append(f"Note: {note}" + (f" (×{count})." if count > 1 else "."))
    if summary.quarantined:
        total = sum(summary.quarantined.values())
        lines.append(f"Quarantined: {total:,} (to see them: outreach import quarantine)")
        for (kind, reason), count in summary.quarantined.most_common():
            lines.append(f"  {count:>6,}  {kind} {reason}")
    return lines


def _table(counts: Counter[tuple[str, str]]) -> list[str]:
    kinds = dict.fromkeys(kind for kind, _ in counts)
    return [
        f"  {kind:<14}" + ", ".join(_count(counts, kind, state) for state in ("new", "changed", "same"))
        for kind in kinds
    ]


def _count(counts: Counter[tuple[str, str]], kind: str, state: str) -> str:
    return f"{counts[kind, state]:>7,} {'unchanged' if state == 'same' else state}"


def _plans(summary: run.Summary) -> list[str]:
    lines = []
    if summary.discharged:
        lines.append(
            f"Discharged within the last month: {summary.discharged}. "
            "Plans start as soon as a worker runs, where a program fits the stay."
        )
    if summary.late:
        lines.append(
            f"Discharged 31 to {discharges.OLDEST.days} days ago: {summary.late}. They join late what still "
            "runs; each step whose day is over follows its `late` rule, and shows it."
        )
    if summary.without_plan:
        lines.append(f"No plan for {sum(summary.without_plan.values())}:")
        lines += [f"  {count:>6,}  {reason}" for reason, count in _grouped(summary.without_plan)]
    return lines


def _grouped(reasons: Counter[str]) -> list[tuple[str, int]]:
    """Count the discharges of long ago together: each would have its own number of days."""
    found: Counter[str] = Counter()
    for reason, count in reasons.items():
        found[
            f"discharged more than {discharges.OLDEST.days} days ago"
            if reason.startswith("discharged ")
            else reason
        ] += count
    return found.most_common()


def _phones(summary: run.Summary) -> list[str]:
    lines = []
    if summary.phones["demo"]:
        lines.append(f"Given a pretend phone: {summary.phones['demo']}.")
    if alone := summary.phones["none"]:
        lines.append(f"Without a phone that can be texted: {alone}. Staff get a call task instead.")
    if summary.unusable_phones:
        lines.append(f"Numbers that can't be texted: {summary.unusable_phones}.")
    return lines


def _few(notes: Counter[str]) -> list[tuple[str, int]]:
    quiet = ("dates shifted", "0 ")
    return Counter({note: count for note, count in notes.items() if not note.startswith(quiet)}).most_common(
        5
    )
