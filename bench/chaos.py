"""Kill and freeze parts at random while texts flow, then count on the phones.

    python -m bench.chaos [--sends 1000] [--receives 1000] [--seconds 90] [--seed 1] [--unhurried]

The same as the test in tests/chaos, for longer. Exits 1 if anything was lost, doubled or stuck.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.battle import Battle


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sends", type=int, default=1000)
    parser.add_argument("--receives", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=90.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--unhurried", action="store_true", help="settle doubts by the product's own times: 15 minutes more"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outreach-chaos-") as folder:
        battle = Battle(
            Path(folder),
            sends=given.sends,
            receives=given.receives,
            seed=given.seed,
            workers=2,
            webs=3,
            beats=2,
            unhurried=given.unhurried,
        )
        outcome = battle.run(storm_seconds=given.seconds)
    print("\n".join(outcome.lines()))
    sys.exit(0 if outcome.clean else 1)


if __name__ == "__main__":
    main()
