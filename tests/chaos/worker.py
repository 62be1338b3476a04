"""The real Celery worker, dying or falling asleep on purpose at named points of the send path.

The product knows nothing of this: it tells `deliver`'s checkpoint where it is, and what happens then is ours.
Leases and the settling time are shortened, so that minutes of trouble fit into seconds.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable
from functools import cache, partial

from outreach import bootstrap
from outreach.config import Settings
from outreach.kernel import ids
from outreach.messaging import commands
from outreach.services import Services
from outreach.twilio.gateway import TwilioGateway
from tests.chaos.terms import LEASE_SECONDS, POINTS, READ_SECONDS, RULES
from workers import runtime, tasks
from workers.app import app

THREADS = 11


def checkpoint(seed: int, kills: float, sleeps: float) -> Callable[[str], None]:
    """Return a checkpoint at which this process is killed or stopped with these chances."""
    chance = ids.generator(seed)

    def reached(point: str) -> None:
        assert point in POINTS, point
        roll = chance.random()
        if roll < kills:
            os.kill(os.getpid(), signal.SIGKILL)
        elif roll < kills + sleeps:
            os.kill(os.getpid(), signal.SIGSTOP)

    return reached


@cache
def impatient() -> Services:
    """Return this process's services, with a gateway that gives up early."""
    settings = Settings.from_env()
    return bootstrap.build(settings, gateway=TwilioGateway(settings, read_seconds=READ_SECONDS))


def main() -> None:
    """Work until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=float, default=0.0)
    parser.add_argument("--sleeps", type=float, default=0.0)
    parser.add_argument("--unhurried", action="store_true", help="settle doubts by the product's own times")
    given = parser.parse_args()
    passed = checkpoint(given.seed, given.kills, given.sleeps)
    commands.deliver = partial(commands.deliver, threads=16, lease_seconds=LEASE_SECONDS, checkpoint=passed)
    if not given.unhurried:
        commands.reconcile = partial(commands.reconcile, rules=RULES)
    runtime.services = tasks.services = impatient
    app.worker_main(
        [
            "worker", "--pool", "threads", "--concurrency", str(THREADS), "--without-gossip",
            "--without-mingle", "--loglevel", "WARNING",
        ]
    )  # fmt: skip


if __name__ == "__main__":
    main()
