"""Danger among the texts of a battle: each must become an escalation that is taken, or climbs to its end.

One in ten texts that come in says danger. In the calm the colleague on call answers some of her pages, and
the product's clock is moved on through the whole ladder. Then it is counted in the database, one by one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outreach.escalations.rules import LADDERS
from outreach.kernel.phone import Phone
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from outreach.simulator.server import Running
from outreach.staff import commands as staff
from tests.chaos.terms import Patience
from tests.staff import make

EVERY = 10
ANSWERS = 3
"""How many of her pages the colleague answers; the other ladders climb to their ends."""
PAGES, PAGER = "+12025550105", "+12025550181"
ON_ITS_WAY = text(
    """
    SELECT count(*) FILTER (WHERE state = 'raised' AND next_step_at IS NOT NULL) AS climbing,
        sum(step) AS climbed FROM escalation WHERE tier = 'red'
    """
)
UNREAD = text("SELECT count(*) FROM inbound_receipt WHERE safety_read_at IS NULL OR interpreted_at IS NULL")
RAISED = text(
    """
    SELECT e.state, e.step, e.next_step_at, e.acknowledged_at, e.safety_text
    FROM inbound_receipt r LEFT JOIN escalation e ON e.source_kind = 'inbound' AND e.source_id = r.id
        AND e.tier = 'red'
    WHERE r.id = ANY(:ids)
    """
)


@dataclass(kw_only=True)
class Alarms:
    """The figures."""

    dangers: int = 0
    lost: int = 0
    """Texts of danger without an escalation."""
    taken: int = 0
    climbed: int = 0
    """Nobody took it, and its ladder was climbed to the end."""
    hanging: int = 0
    """Neither: the failure that costs a life."""
    silent: int = 0
    """No safety text went out, and its band does not say so."""

    @property
    def clean(self) -> bool:
        """Whether every danger was taken or climbed to the end."""
        return (self.lost, self.hanging, self.silent) == (0, 0, 0)

    def line(self) -> str:
        """Say it for a person."""
        return (
            f"chaos: danger: {self.dangers} texts, lost {self.lost}; taken {self.taken}, ladder climbed to "
            f"its end {self.climbed}, hanging {self.hanging}, no safety text and unsaid {self.silent}"
        )


def body(n: int) -> str:
    """Return what the nth text says."""
    return f"I can't breathe, answer {n}" if n % EVERY == 0 else f"Answer {n}"


def prepare(services: Services, *, team_id: UUID) -> None:
    """Put somebody on call with a pager, and give the clinic a number to page from."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        make.sender(uow, PAGES, kind="pages", label="Pages")
        nora = make.person(uow, "nora@riverside.example", "Nora", team_id=team_id)
        staff.set_pager(uow, staff_id=nora, phone=Phone(PAGER))
        staff.add_shift(
            uow, team_id=team_id, staff_id=nora, starts_at=uow.now - timedelta(hours=1),
            ends_at=uow.now + timedelta(days=2),
        )  # fmt: skip


def climb(services: Services, simulator: Running, *, tend: Callable[[], None]) -> None:
    """Answer some pages, then let the product's time run until no ladder has a rung left.

    `tend` wakes those who sleep and starts those who died anew, and takes a moment.
    """
    _until_read(services, tend)
    for _ in range(ANSWERS):
        simulator.world.inbound.receive(phone=PAGER, to=PAGES, body="1")
    time.sleep(1.0)
    _until_read(services, tend)
    clock: Any = services.transactions.product_clock
    patience = Patience()
    while (seen := _look(services, ON_ITS_WAY))[0] and patience.is_left(seen):
        clock.set(at=clock.now() + timedelta(minutes=5, seconds=1))
        for _ in range(5):
            tend()


def count(services: Services) -> Alarms:
    """Look at every text of danger that was stored."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        rows = uow.session.execute(text("SELECT id, raw_enc FROM inbound_receipt")).all()
        ids = [
            row.id
            for row in rows
            if "can't breathe" in uow.vault.open("inbound_receipt.raw", row.id, row.raw_enc)
        ]
        found = uow.session.execute(RAISED, {"ids": ids}).all()
    alarms = Alarms(dangers=len(ids))
    for row in found:
        alarms.lost += row.state is None
        alarms.taken += row.acknowledged_at is not None
        over = row.state == "raised" and row.next_step_at is None and row.step == len(LADDERS["red"])
        alarms.climbed += over
        alarms.hanging += row.state is not None and row.acknowledged_at is None and not over
        alarms.silent += row.safety_text == "none"
    return alarms


def _until_read(services: Services, tend: Callable[[], None]) -> None:
    patience = Patience()
    while (seen := _look(services, UNREAD))[0] and patience.is_left(seen):
        tend()


def _look(services: Services, statement: Any) -> tuple[Any, ...]:
    with services.transactions.engine.connect() as connection:
        return tuple(connection.execute(statement).one())
