"""A dry run of ten thousand invented patients over thirty days: at most a minute on one core.

    python -m bench.dry_run [--patients 10000] [--program generic-medical] [--profile]

Without `--program`: the generic one, heart failure (a weight every day: the most texts there are), and a
mixed crowd: each patient in one of the eleven in turn, and, as everybody who goes home, in social-needs too.

Every text is composed, judged and counted by the live path's own rules; half the questions are answered, as
the file expects. Nothing is read from or written to a database. CPU seconds of this one process are what
counts: they are told beside the wall clock's, which others on the machine lengthen.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import resource
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from outreach.programs import files
from outreach.programs.rules.definition import Program
from outreach.rehearsal.rules import run, synthetic
from outreach.rehearsal.rules.answers import Rates
from outreach.rehearsal.rules.cast import Crew
from outreach.rehearsal.rules.report import DryRun

SINCE = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
DAYS = 30
MOST_SECONDS = 60.0
OPEN = ({"days": [0, 1, 2, 3, 4], "from": "08:00", "to": "18:00"},)
MIXED, BESIDE = "mixed", "social-needs"
T = TypeVar("T")


def rehearse(key: str, patients: int) -> DryRun:
    """Rehearse a shipped program, or all of them, for so many invented people."""
    shipped = {one.program.key: one.program for one in files.library()}
    crew = Crew(
        id=UUID(int=1),
        clinic="Riverside",
        callback="(202) 555-0101",
        emergency="911",
        zone="America/New_York",
        opening=OPEN,
        holidays=frozenset(),
    )
    courses = [_course(one, shipped) for one in sorted(shipped)] if key == MIXED else [(shipped[key],)]
    asked = run.Asked(
        program=key,
        version="1",
        since=SINCE,
        until=SINCE + timedelta(days=DAYS),
        rates=Rates(),
    )
    return run.rehearse(synthetic.crowd(patients, courses=courses, crew=crew, since=SINCE), asked)


def _course(key: str, shipped: Mapping[str, Program]) -> tuple[Program, ...]:
    return tuple(shipped[one] for one in dict.fromkeys((key, BESIDE)))


def timed(act: Callable[[], T]) -> tuple[T, float, float]:
    """Return what came of it, CPU seconds and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    found = act()
    return found, time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    """Measure, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--program", action="append", default=None)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    for key in given.program or ["generic-medical", "heart-failure", MIXED]:
        if given.profile:
            profile = cProfile.Profile()
            profile.runcall(rehearse, key, given.patients)
            pstats.Stats(profile).sort_stats("tottime").print_stats(30)
            continue
        done, cpu, wall = timed(lambda key=key: rehearse(key, given.patients))
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        verdict = "holds" if cpu <= MOST_SECONDS else "TOO SLOW"
        print(
            f"{key}: {given.patients} patients, {DAYS} days, {len(done.texts)} texts, "
            f"{done.segments} segments: "
            f"{cpu:.1f} s CPU on one core, {wall:.1f} s wall, {size:.0f} MB; "
            f"at most {MOST_SECONDS:.0f} s: {verdict}"
        )


if __name__ == "__main__":
    main()
