"""What a process need not bring along to start: imports are most of what a start costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

NOTHING_HEAVY = "sqlalchemy psycopg alembic celery flask twilio requests marshmallow cel babel yaml"


@pytest.mark.parametrize(
    ("arguments", "kept_out"),
    [
        (("--help",), NOTHING_HEAVY),
        # They hand over to a server's own process.
        (("web", "--help"), NOTHING_HEAVY),
        (("worker", "--help"), NOTHING_HEAVY),
        # Opened services ask the provider nothing, and judge no condition, until they have to.
        (("doctor", "--help"), "twilio requests cel prompt_toolkit celery kombu"),
    ],
)
def test_a_start_brings_along_only_what_it_needs(arguments: tuple[str, ...], kept_out: str) -> None:
    ask = f"""
import sys
from outreach.cli.main import main
try:
    main({arguments!r})
except SystemExit:
    print("loaded:", *({{name.partition('.')[0] for name in sys.modules}} & set({kept_out!r}.split())))
"""
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True).stdout

    assert said.splitlines()[-1] == "loaded:"
