"""Time turned by hand: every contact and every expiry at its own moment, all facts handled in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from outreach.conversations import commands as conversations
from outreach.kernel.clock import FrozenClock
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


def run_until(desk: Desk, clock: FrozenClock, moment: datetime) -> None:
    """Move the clock to a moment, stopping wherever something is due."""
    for _ in range(MOST_MOMENTS):
        happen(desk)
        with desk.services.transactions.engine.connect() as connection:
            soonest = connection.execute(NEXT).scalar()
        if soonest is None or soonest > moment:
            clock.at = max(moment, clock.at)
            happen(desk)
            return
        clock.at = max(soonest, clock.at + timedelta(seconds=1))
    raise AssertionError("the plan never comes to rest")


def happen(desk: Desk) -> None:
    """Do what the workers would do at this moment."""
    desk.turn()
    with desk.begin() as uow:
        conversations.expire_prompts(uow)
    desk.turn()
    due.send(desk.services.transactions)
    desk.turn()
