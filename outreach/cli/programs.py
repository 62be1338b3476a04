"""`outreach programs`: check program files before anybody is enrolled."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from outreach.programs import files


@click.group()
def programs() -> None:
    """Check and try program files.

    Example: outreach programs lint my-program.yaml
    """


@programs.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
def lint(paths: tuple[Path, ...]) -> None:
    """Check program files, or the shipped ones when no PATH is given.

    Example: outreach programs lint my-program.yaml
    """
    bad = 0
    texts = [(str(path), path.read_text(encoding="utf-8")) for path in _yaml(paths)]
    for name, text in texts or [(read.program.key, read.source_text) for read in files.library()]:
        try:
            found = files.read(text)
        except files.BadProgram as error:
            bad += 1
            for problem in error.problems:
                click.echo(f"{name}: {problem}", err=True)
        else:
            click.echo(f"{name}: good ({len(found.program.steps)} steps, {len(found.program.questions)} questions)")
    sys.exit(1 if bad else 0)


def _yaml(paths: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += sorted(path.glob("**/*.yaml")) if path.is_dir() else [path]
    return found
