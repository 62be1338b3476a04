"""`outreach programs dry-run`: what a program would do to real patients, sending and writing nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import yaml

from outreach.audit import commands as audit
from outreach.cli import opening
from outreach.kernel.errors import Invalid
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.programs import files
from outreach.programs.rules.definition import Program
from outreach.rehearsal import queries
from outreach.rehearsal.rules import run
from outreach.rehearsal.rules.cast import Said, anew, midway, moved
from outreach.rehearsal.rules.report import DryRun

CLI = Actor(kind="operator")
UNTEXTED = {
    "no_phone": "no phone of theirs is known",
    "unusable": "their phone can't be texted (somebody else's, out of service, or takes no texts)",
    "not_for_answers": "the only phone is somebody's who may not answer for them",
}


class NamesNoProgram(Invalid):
    """Say of which program that is the version: --program NAME --with-version N."""


class BadScript(Invalid):
    """A script of replies is a list of entries with `patient`, `at` (ISO time with its zone) and `text`."""


@click.command("dry-run")
@click.argument("program")
@click.option("--cohort", default="discharged", show_default=True, help="discharged | active | synthetic:N")
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True)
@click.option("--from", "since", default=None, help="First moment, like 2026-03-01 or an ISO time; now.")
@click.option("--replies", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None)
@click.option("--answers", "model", type=click.Choice(["expected", "history", "none"]), default="expected")
@click.option("--price", type=float, default=None, help="Dollars a segment costs you, for the bill.")
@click.option("--texts", "show_texts", is_flag=True, help="Every text, not only the figures.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@opening.data_option
def dry_run(
    program: str,
    cohort: str,
    days: int,
    since: str | None,
    replies: Path | None,
    model: str,
    price: float | None,
    show_texts: bool,
    as_json: bool,
    data: Path,
) -> None:
    """Show who would get what, when and in which words. PROGRAM is a program's name, or a file to try.

    Example: outreach programs dry-run my-program.yaml --days 30 --texts
    """
    tried = _file(program)
    with opening.quiet_services(data) as services, services.transactions.begin(actor=CLI) as uow:
        found = queries.prepare(
            uow,
            queries.Wish(
                program=tried.key if tried else program,
                tried=tried,
                cohort=cohort,
                since=_moment(since) or uow.now,
                days=days,
                script=_script(replies),
                model="none" if replies else model,
            ),
        )
        if (show_texts or as_json) and not cohort.startswith("synthetic"):
            people = [str(person.id) for line in found[0] for person in line.people]
            _on_record(uow, "rehearsed", program=found[1].program, patients=people)
    done = run.rehearse(*found)
    if begun := midway(found[0], found[1].program):
        click.echo(f"{begun} are in it already, and go on from where they are now.", err=True)
    if others := moved(found[0]):
        click.echo(f"{others} are in another version now, and are shown as if moved to this one.", err=True)
    if begun := anew(found[0], found[1].program):
        click.echo(
            f"{begun} are in it already: where they were then is not known, and they are shown as if they "
            "began it then. A replay tells what was.",
            err=True,
        )
    for why, count in Counter(one.because for one in found[1].untexted).items():
        click.echo(f"{count} left out: {UNTEXTED[why]}.", err=True)
    if as_json:
        click.echo(json.dumps(done.dump(), ensure_ascii=False, indent=1))
    else:
        _show(done, price=price, texts=show_texts)


@click.command()
@click.option("--from", "since", required=True, help="First moment, like 2026-03-01 or an ISO time.")
@click.option("--to", "until", required=True, help="The moment it ends.")
@click.option("--program", default=None, help="Only those who were in this program then.")
@click.option("--with-version", "number", type=int, default=None, help="What if this version had run?")
@click.option("--with", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None)
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object.")
@opening.data_option
def replay(
    since: str,
    until: str,
    program: str | None,
    number: int | None,
    path: Path | None,
    as_json: bool,
    data: Path,
) -> None:
    """Run a past day or month again, and say what differs from what was sent, and why.

    Example: outreach programs replay --from 2026-03-01 --to 2026-04-01 --with new.yaml
    """
    if number is not None and program is None:
        raise NamesNoProgram
    with opening.quiet_services(data) as services, services.transactions.begin(actor=CLI) as uow:
        instead = _file(str(path)) if path else None
        if number is not None and program is not None:
            instead = queries.version(uow, program=program, number=number)
        found = queries.replay(
            uow,
            since=_moment(since) or uow.now,
            until=_moment(until) or uow.now,
            program=program or (instead.key if instead else None),
            instead=instead,
        )
        _on_record(uow, "replayed", program=program, patients=[str(one) for one in found.people])
    if as_json:
        listed = [vars(one) for one in found.differences]
        click.echo(
            json.dumps({"differences": listed, "again": found.again.dump()}, ensure_ascii=False, indent=1)
        )
    else:
        _show_replay(found)


def _on_record(uow: UnitOfWork, action: str, *, program: str | None, patients: list[str]) -> None:
    """Say whose texts were shown: on a terminal no less than on a page."""
    detail = {"program": program, "patients": patients}
    audit.record(uow, action=action, subject_kind="program", detail=detail)


def _show_replay(found: queries.Replay) -> None:
    click.echo(f"{len(found.sent)} texts were sent; run again there are {len(found.again.texts)}.")
    if not found.differences:
        click.echo("The same texts at the same times.")
    for one in found.differences:
        click.echo(f"{one.kind}: {one.label} {one.subject}: {one.why} ({one.cause})")
        for sign, shown in (("-", one.before), ("+", one.after)):
            if shown is not None:
                click.echo(f"  {sign} {shown}")
    for line in _cautions(found):
        click.echo(line)


def _cautions(found: queries.Replay) -> Iterator[str]:
    """Yield what the replay could not see as it was."""
    yield "Caregivers, phones, hours, rosters and settings are taken as they are now."
    if found.teams_changed:
        yield f"{found.teams_changed} teams' hours, roster or settings were changed since."
    if found.changed_unseen:
        yield (
            f"{found.changed_unseen} patients' visits, care plan or medicines were changed since, before "
            "such changes were kept: they are played as they were afterwards."
        )
    if found.not_played:
        yield (
            f"{found.not_played} texts were let go in a pause before such changes were kept: they are played "
            "as if there had been none."
        )
    if found.moved_anchors:
        yield (
            f"{found.moved_anchors} enrollments were moved before such changes were kept: they are played as "
            "they stand now."
        )


def _file(program: str) -> Program | None:
    path = Path(program)
    return files.read(path.read_text(encoding="utf-8")).program if path.suffix in (".yaml", ".yml") else None


def _moment(given: str | None) -> datetime | None:
    if given is None:
        return None
    found = datetime.fromisoformat(given)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _script(path: Path | None) -> tuple[Said, ...]:
    if path is None:
        return ()
    try:
        return tuple(_said(one) for one in yaml.safe_load(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise BadScript from error


def _said(entry: dict[str, Any]) -> Said:
    at = entry["at"] if isinstance(entry["at"], datetime) else datetime.fromisoformat(str(entry["at"]))
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Said(patient_id=UUID(str(entry["patient"])), at=at.astimezone(UTC), text=str(entry["text"]))


def _show(done: DryRun, *, price: float | None, texts: bool) -> None:
    click.echo(
        f"{done.program}, version {done.version}: {done.since:%Y-%m-%d %H:%M} to {done.until:%Y-%m-%d}"
    )
    click.echo("Nothing was sent and nothing was written.")
    click.echo(f"{done.joined} would join, on {done.patients} patients' phones that can be texted.")
    bill = f", {done.segments * price:.2f} dollars" if price is not None else ""
    click.echo(
        f"{len(done.texts)} texts, {done.segments} segments{bill}; most on one day: {done.per_sender_day}"
    )
    for name, count in done.by_program.items():
        click.echo(f"  {name}: {count}")
    _show_days(done)
    met = Counter(one.what for one in done.clashes)
    words = {"merged": "merged into one text", "budget": "put off by the contact budget"}
    words |= {"question": "waited for another question", "over": "asked over another question"}
    for what, count in met.items():
        click.echo(f"{count} {words.get(what, what)}")
    for reason, count in done.let_go.items():
        click.echo(f"{count} not made: {reason.replace('_', ' ')}")
    if texts:
        for one in done.texts:
            parts = " + ".join(one.parts) or one.kind
            click.echo(f"{one.local}  {one.label}  {parts}  [{one.segments}]  {one.body}")


def _show_days(done: DryRun) -> None:
    click.echo(
        f"Answers: {done.rates}. Calls for a person by day (unstaffed: they come while nobody is there):"
    )
    if done.role:
        role = done.role.replace("_", " ")
        alone = f"Nobody of the team is a {role}, or may do the same: no hour counts as staffed."
        click.echo(alone if done.nobody else f"Staffed: hours with a {role}, or who may do the same.")
    click.echo("day         texts segments answers red orange yellow silent unstaffed staffed-hours")
    for day in done.days:
        click.echo(
            f"{day.day}  {day.texts:5} {day.segments:8} {day.answers:7} {day.red:3} {day.orange:6} "
            f"{day.yellow:6} {day.silent:6} {day.unstaffed:9} {day.staffed_hours:13.1f}"
        )
