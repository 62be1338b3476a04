"""STOP against sends, and many programs, reminders and a broadcast against each phone's budget.

    python -m bench.races [--stops 1000] [--phones 50] [--seed 1]

Exits 1 if a text was claimed after its STOP had committed, or a phone got more than its cap.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from datetime import time as wall
from pathlib import Path

from outreach import config, schema
from outreach.config import Settings
from outreach.embedded import runtime
from outreach.kernel import log
from outreach.kernel.clock import FrozenClock, SystemClock
from outreach.kernel.db import connect
from outreach.kernel.product_clock import ProductClock
from outreach.kernel.unit_of_work import SYSTEM
from tests.chaos import races
from tests.messaging import make
from tests.provider import provider


def main() -> None:
    """Run the races and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stops", type=int, default=1000)
    parser.add_argument("--phones", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    log.configure(level=40)
    with (
        tempfile.TemporaryDirectory(prefix="outreach-races-") as folder,
        runtime.ensure(Path(folder)) as servers,
    ):
        schema.upgrade(servers.postgres.url())
        environment = config.child_environment(
            servers.environment() | runtime.simulator_settings(servers.secrets, web=1, simulator=1)
        )
        # Tomorrow noon in New York: programs may text, whatever the time is where this runs.
        noon = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), wall(17), tzinfo=UTC)
        engine = connect(servers.postgres.url())
        ProductClock(engine, SystemClock()).set(at=noon, speed=0.0)
        engine.dispose()
        settings = Settings.from_env(environment)
        with provider(settings, product_clock=FrozenClock(noon)) as beside:
            with beside.services.transactions.begin(actor=SYSTEM) as uow:
                clinic = make.clinic(uow)
            stops = races.stops(beside.services, clinic, phones=given.stops, workers=3, seed=given.seed)
            print(stops.line(), flush=True)
            found = races.budget(beside.services, clinic, environment, phones=given.phones, processes=4)
            print(found.line(), flush=True)
            due = races.due(beside.services, clinic, environment, phones=given.phones, workers=4)
            print(due.line())
    within = found.most <= 1 and found.receipts == found.asked
    sys.exit(0 if within and due.clean and stops.claimed_after == 0 and stops.not_crossed == 0 else 1)


if __name__ == "__main__":
    main()
