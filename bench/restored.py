"""Dump a running deployment, let it go on, restore the dump, reconcile, and count on the phones.

    python -m bench.restored [--sends 90] [--receives 30]

With `pg_dump`, `pg_restore` and `outreach reconcile --since`, each run as a person would. Exits 1 if a text
was lost, doubled, sent while the database was held, or sent to somebody who had said STOP in between.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.restore import Restore


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sends", type=int, default=90)
    parser.add_argument("--receives", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outreach-restored-") as folder:
        outcome = Restore(Path(folder), sends=given.sends, receives=given.receives).run()
    print("\n".join(outcome.lines()))
    sys.exit(0 if outcome.clean else 1)


if __name__ == "__main__":
    main()
