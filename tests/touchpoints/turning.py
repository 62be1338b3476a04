"""Time turned by hand: every contact and every expiry in its turn, all facts handled in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from outreach.kernel.clock import FrozenClock
from outreach.kernel.ids import stable_fraction
from tests.inbound.desk import Desk
from workers import due

NEXT = text(
    """
    SELECT min(at) FROM (
        SELECT due_at AS at FROM touchpoint WHERE state IN ('planned', 'held')
        UNION ALL SELECT expires_at FROM prompt
        WHERE state = 'open' OR (state = 'superseded' AND closed_at < expires_at)
    ) AS waiting
    """
)
MOST_MOMENTS = 3000


def run_until(desk: Desk, clock: FrozenClock, moment: datetime, *, slow: timedelta = timedelta(0)) -> None:
    """Move the clock to a moment, stopping wherever something is due; workers may be up to so `slow`."""
    for _ in range(MOST_MOMENTS):
        happen(desk)
        with desk.services.transactions.engine.connect() as connection:
            soonest = connection.execute(NEXT).scalar()
        if soonest is None or soonest > moment:
            clock.at = max(moment, clock.at)
            happen(desk)
            return
        late = slow * stable_fraction("slow", soonest)
        clock.at = max(min(soonest + late, moment), clock.at + timedelta(seconds=1))
    raise AssertionError("the plan never comes to rest")


def happen(desk: Desk) -> None:
    """Do what the workers would do at this moment."""
    desk.turn()
    due.send(desk.services.transactions)
    desk.turn()
