"""`outreach programs`: check, approve and try program files before anybody is enrolled."""

from __future__ import annotations

import json
import sys
from datetime import datetime, time
from pathlib import Path

import click

from outreach.cli import rehearsals
from outreach.programs import files
from outreach.programs.rules.lint import Rostered


@click.group()
def programs() -> None:
    """Check and try program files.

    Example: outreach programs lint my-program.yaml
    """


@programs.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--opens", default=None, help="When staff are there for answers, like 08:00.")
@click.option("--closes", default=None, help="Until when, like 18:00.")
@click.option("--days", default="0-6", show_default=True, help="On which days of the week; Monday is 0.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list of findings.")
def lint(paths: tuple[Path, ...], opens: str | None, closes: str | None, days: str, as_json: bool) -> None:
    """Check program files, or the shipped ones when no PATH is given.

    Example: outreach programs lint my-program.yaml --opens 08:00 --closes 18:00 --days 0-4
    """
    rostered = _rostered(opens, closes, days)
    texts = [(str(path), path.read_text(encoding="utf-8")) for path in _yaml(paths)]
    texts = texts or [(read.program.key, read.source_text) for read in files.library()]
    found = [(name, files.check(text, rostered=rostered)) for name, text in texts]
    if as_json:
        listed = [{"file": name, **vars(one)} for name, problems in found for one in problems]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=1))
    else:
        for name, problems in found:
            for one in problems:
                click.echo(f"{name}: {one}", err=True)
            to_mend = sum(one.blocks for one in problems)
            click.echo(f"{name}: {f'{to_mend} to mend' if to_mend else 'good'}")
    sys.exit(1 if any(one.blocks for _, problems in found for one in problems) else 0)


def _rostered(opens: str | None, closes: str | None, days: str) -> tuple[Rostered, ...]:
    if not (opens and closes):
        return ()
    first, _, last = days.partition("-")
    if not (first + (last or first)).isdigit() or not int(first) <= int(last or first) <= 6:
        raise click.BadParameter("Days of the week are 0 (Monday) to 6, like 0-4.", param_hint="--days")
    week = range(int(first), int(last or first) + 1)
    return (Rostered.daily(time.fromisoformat(opens), time.fromisoformat(closes), week),)


@programs.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", required=True, help="Language of the translation, like es.")
@click.option("--translator", required=True, help="Who answers for it, by name and qualification.")
@click.option(
    "--dated", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day of the review, like 2026-12-01."
)
def approve(path: Path, language: str, translator: str, dated: datetime) -> None:
    """Write into a program file that its translations were reviewed as they stand.

    Example: outreach programs approve my.yaml --language es --translator "R. Vidal, CHI" --dated 2026-12-01
    """
    found = files.read(path.read_text(encoding="utf-8"))
    path.write_text(
        files.approve(found, language=language, translator=translator, dated=dated.date()), encoding="utf-8"
    )
    click.echo(f"{path}: {language} approved by {translator}")


@programs.command()
def schema() -> None:
    """Print the JSON Schema of program files, for editors.

    Example: outreach programs schema > program.schema.json
    """
    click.echo(json.dumps(files.json_schema(), ensure_ascii=False, indent=1))


programs.add_command(rehearsals.dry_run)
programs.add_command(rehearsals.replay)


def _yaml(paths: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("**/*.yaml")) if path.is_dir() else [path]
    return found
