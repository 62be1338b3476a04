"""20 programs and 3 reminders due for each of many phones in one second, several workers, and a broadcast.

The contacts have their turn as in a worker: claimed, judged, merged, queued. Only their words are made here.
Run as a process it is one of the workers.
"""

from __future__ import annotations

import sys
import time as clock
from dataclasses import dataclass
from datetime import time, timedelta

from sqlalchemy import text

from outreach import bootstrap, subscriptions, wake
from outreach.config import Settings
from outreach.kernel import ids, log
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork
from outreach.services import Services
from outreach.touchpoints import commands
from outreach.touchpoints.commands.turns import Claimed, Source
from outreach.touchpoints.rules.timing import Late, PlannedItem
from outreach.touchpoints.rules.wording import Composed
from tests.messaging import make
from workers import due

PROGRAMS, REMINDERS = 20, 3
COUNTED = text(
    """
    WITH theirs AS (
        SELECT t.state, EXISTS (SELECT FROM decision d
            WHERE d.subject_kind = 'touchpoint' AND d.subject_id = t.id) AS explained
        FROM touchpoint t WHERE t.patient_id = ANY(:patients)
    )
    SELECT
        (SELECT COALESCE(max(n), 0) FROM (SELECT sum(counts) AS n FROM contact
            WHERE phone_id = ANY(:phones) GROUP BY phone_id, local_day) AS of_a_day) AS most,
        (SELECT count(*) FROM message WHERE phone_id = ANY(:phones) AND direction = 'out') AS texts,
        (SELECT count(*) FROM theirs WHERE state = 'sent') AS sent,
        (SELECT count(*) FROM theirs WHERE state <> 'sent') AS waiting,
        (SELECT count(*) FROM theirs WHERE NOT explained) AS unexplained
    """
)


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """What came of it."""

    phones: int
    planned: int
    workers: int
    most: int
    """The most automated texts that count on one phone in one day."""
    texts: int
    sent: int
    """Planned contacts that went out, most of them as parts of one text."""
    waiting: int
    unexplained: int
    """Contacts without a receipt that says why: must be none."""

    @property
    def clean(self) -> bool:
        """Whether no phone got more than its cap, and each contact has its receipt."""
        return self.most <= 1 and self.unexplained == 0 and self.sent + self.waiting == self.planned

    def line(self) -> str:
        """Say it for a person."""
        asked = f"{self.planned} contacts due in one second and a broadcast each for {self.phones} phones"
        went = f"{self.texts} texts carry {self.sent}, {self.waiting} wait or were let go"
        return (
            f"races: {asked}, {self.workers} workers: at most {self.most} a phone and day, {went}, "
            f"{self.unexplained} without a receipt"
        )


def plan(services: Services, clinic: make.Clinic, people: list[make.Someone]) -> int:
    """Plan all contacts for this very second; return how many."""
    for who in people:
        with services.transactions.begin(actor=SYSTEM) as uow:
            commands.plan(
                uow,
                patient_id=who.patient_id,
                team_id=clinic.team_id,
                anchor_version=1,
                plans=[_plan(uow, n) for n in range(PROGRAMS + REMINDERS)],
            )
    with services.transactions.begin(actor=SYSTEM) as uow:
        # A popular moment is spread over minutes: here that help is taken away.
        uow.session.execute(text("UPDATE touchpoint SET due_at = :now"), {"now": uow.now})
    return len(people) * (PROGRAMS + REMINDERS)


def _plan(uow: UnitOfWork, n: int) -> commands.Plan:
    item = PlannedItem(
        step=f"step {n}",
        local_day=uow.now.date(),
        local_time=time(12, 0),
        due_at=uow.now + timedelta(hours=1),
        not_after=uow.now + timedelta(hours=6),
        late=Late.SKIP,
        why={"n": n},
    )
    return commands.Plan(source_kind="program", source_id=ids.uuid7(), items=(item,))


def count(services: Services, people: list[make.Someone], *, planned: int, workers: int) -> Crowd:
    """Look at each contact and each text."""
    with services.transactions.engine.connect() as connection:
        row = connection.execute(
            COUNTED,
            {"phones": [who.phone_id for who in people], "patients": [who.patient_id for who in people]},
        ).one()
    return Crowd(
        phones=len(people),
        planned=planned,
        workers=workers,
        most=int(row.most),
        texts=row.texts,
        sent=row.sent,
        waiting=row.waiting,
        unexplained=row.unexplained,
    )


def compose(_uow: UnitOfWork, one: Claimed) -> Composed:
    """Find words for a contact: each program and reminder its own."""
    n = int(one.why["n"])
    return Composed(
        text=f"Mercy: note {n} for you.",
        language="en",
        purpose="care" if n < PROGRAMS else "reminders",
        kind="program" if n < PROGRAMS else "reminder",
        program=f"program-{n}" if n < PROGRAMS else None,
        template="{clinic}: note " + str(n) + " for you.",
        fields={"clinic": "Mercy"},
    )


SOURCES = {"program": Source(compose=compose)}


def main() -> None:
    """Work like a worker until nothing is due."""
    log.configure(level=40)
    setattr(subscriptions, "SOURCES", SOURCES)  # noqa: B010 - it is final for everybody else
    services = bootstrap.build(Settings.from_env(), wake=wake.nobody)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    idle = 0
    while idle < 3:
        idle = 0 if due.send(services.transactions, limit=50) else idle + 1
        clock.sleep(0.05)


if __name__ == "__main__":
    main()
