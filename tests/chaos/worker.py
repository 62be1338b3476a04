"""A worker that dies or falls asleep on purpose at named points of the send path: a process of its own.

The product knows nothing of this: it tells `deliver`'s checkpoint where it is, and what happens then is ours.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.inbound import commands as inbound
from outreach.kernel import ids, log
from outreach.messaging import commands
from outreach.messaging.rules import Settling, SettlingRules
from outreach.services import Services
from outreach.twilio.gateway import TwilioGateway

POINTS = ("claiming", "claimed", "posting", "posted", "recording", "recorded")
LEASE_SECONDS = 5.0
READ_SECONDS = 2.0
RULES = SettlingRules(
    safety=Settling(looks=3, seconds=22, sends=4), others=Settling(looks=3, seconds=22, sends=2)
)
"""The looking goes on for longer than a late accept and a lagging list together."""


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


def turn(services: Services, passed: Callable[[str], None], sweeping: bool) -> None:
    """Do everything a worker and beat do, once."""
    commands.deliver(
        services.transactions,
        services.gateway,
        worker_seconds=1.0,
        threads=16,
        lease_seconds=LEASE_SECONDS,
        checkpoint=passed,
    )
    commands.reconcile(services.transactions, services.gateway, rules=RULES)
    if sweeping:
        commands.sweep_inbound(
            services.transactions,
            services.gateway,
            inbound.receive,
            account_sid=services.settings.twilio_account_sid,
        )


def main() -> None:
    """Work until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--kills", type=float, default=0.0)
    parser.add_argument("--sleeps", type=float, default=0.0)
    given = parser.parse_args()
    log.configure()
    settings = Settings.from_env()
    gateway = TwilioGateway(settings, read_seconds=READ_SECONDS)
    passed = checkpoint(given.seed, given.kills, given.sleeps)
    services: Services | None = None
    turns = 0
    while True:
        try:
            services = services or bootstrap.build(settings, gateway=gateway, wake=wake.nobody)
            turn(services, passed, sweeping=turns % 4 == 0)
        except Exception:  # noqa: BLE001 - like a task that failed: the next one goes on
            log.get(__name__).exception("turn_failed")
            time.sleep(0.2)
        turns += 1
        time.sleep(0.05)


if __name__ == "__main__":
    main()
