"""STOP against the claim, and many programs against one phone's budget: the figures of both races."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from outreach.consent import commands as consent
from outreach.kernel import ids
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.services import Services
from tests.chaos import crowd
from tests.messaging import make

SPREAD_SECONDS = 0.01
"""A STOP comes up to this long after its text was queued: before, amid or after the claim."""
ASKED = ("program",) * 20 + ("reminder",) * 3 + ("broadcast",)


@dataclass(frozen=True, kw_only=True)
class Stops:
    """One text and one STOP for each phone, at the same time."""

    phones: int
    claimed: int
    """Texts whose claim came before the STOP."""
    claimed_after: int
    """Texts whose claim committed after the STOP had: must be none."""
    not_crossed: int
    """Texts claimed before a STOP that are not shown as crossed though the STOP found them in flight."""

    def line(self) -> str:
        """Say it for a person."""
        return (
            f"races: {self.phones} STOPs against claims: {self.claimed} texts had left before, "
            f"{self.claimed_after} were claimed after, {self.not_crossed} in flight not shown as crossed"
        )


def stops(services: Services, clinic: make.Clinic, *, phones: int, workers: int, seed: int = 1) -> Stops:
    """Queue a text for each phone, then write its STOP, while workers claim and send without a pause."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=n) for n in range(phones)]
    chance = ids.generator(seed)
    seen: dict[UUID, int] = {}
    working = threading.Event()

    def work() -> None:
        while not working.is_set():
            commands.deliver(services.transactions, services.gateway, worker_seconds=0.2, threads=4)

    crew = [threading.Thread(target=work) for _ in range(workers)]
    for one in crew:
        one.start()
    for who in people:
        with services.transactions.begin(actor=SYSTEM) as uow:
            commands.queue(uow, make.request(clinic, who, kind="staff"))
        time.sleep(chance.random() * SPREAD_SECONDS)
        seen[who.phone_id] = _stop(services, who.phone_id)
    working.set()
    for one in crew:
        one.join()
    commands.deliver(services.transactions, services.gateway, worker_seconds=0.5, threads=4)
    services.relay.drain(seconds=30)
    return _count(services, seen)


def _stop(services: Services, phone_id: UUID) -> int:
    """Write a STOP and return the claims it found: a claim takes the same lock, so no other came first."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        consent.opt_out(uow, phone_id=phone_id, how="text")
        return int(
            uow.session.scalar(
                text("SELECT count(*) FROM attempt WHERE phone_id = :phone_id"), {"phone_id": phone_id}
            )
            or 0
        )


def _count(services: Services, seen: Mapping[UUID, int]) -> Stops:
    with services.transactions.engine.connect() as connection:
        rows = connection.execute(text("SELECT phone_id, count(*) AS n FROM attempt GROUP BY phone_id"))
        attempts = {row.phone_id: row.n for row in rows}
        # What was delivered before the STOP was handled is no longer in flight: it did not cross.
        not_crossed = connection.scalar(
            text(
                """
                SELECT count(*) FROM message m JOIN phone_opt_out o ON o.phone_id = m.phone_id
                WHERE m.state IN ('sending', 'in_doubt') AND NOT m.crossed
                """
            )
        )
    return Stops(
        phones=len(seen),
        claimed=sum(seen.values()),
        claimed_after=sum(max(attempts.get(phone, 0) - found, 0) for phone, found in seen.items()),
        not_crossed=int(not_crossed or 0),
    )


@dataclass(frozen=True, kw_only=True)
class Budget:
    """20 programs, 3 reminders and a broadcast for each phone in one second."""

    phones: int
    asked: int
    most: int
    """The most automated texts one phone got; its cap is one a day."""
    receipts: int

    def line(self) -> str:
        """Say it for a person."""
        return (
            f"races: {self.asked} texts asked for {self.phones} phones at once: at most {self.most} a phone, "
            f"{self.receipts} receipts"
        )


def budget(
    services: Services, clinic: make.Clinic, environment: Mapping[str, str], *, phones: int, processes: int
) -> Budget:
    """Let processes ask for all texts of all phones at the same time, and count what was let through."""
    with services.transactions.engine.begin() as connection:
        connection.execute(text("UPDATE organization SET settings = settings - 'budget'"))
    with services.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=5000 + n) for n in range(phones)]
    asked = [(str(who.phone_id), str(who.patient_id), who.number, kind) for who in people for kind in ASKED]
    shares = [asked[n::processes] for n in range(processes)]
    crew = [_asker(clinic, share, environment) for share in shares]
    for one in crew:
        if one.wait(timeout=300):
            raise RuntimeError("an asking process failed")
    with services.transactions.engine.connect() as connection:
        phone_ids = [who.phone_id for who in people]
        rows = connection.execute(
            text("SELECT phone_id, count(*) AS n FROM message WHERE phone_id = ANY(:ids) GROUP BY phone_id"),
            {"ids": phone_ids},
        )
        most = Counter({row.phone_id: row.n for row in rows})
        receipts = connection.scalar(
            text("SELECT count(*) FROM decision WHERE phone_id = ANY(:ids)"), {"ids": phone_ids}
        )
    return Budget(
        phones=phones, asked=len(asked), most=max(most.values(), default=0), receipts=int(receipts or 0)
    )


def _asker(
    clinic: make.Clinic, share: Sequence[tuple[str, ...]], environment: Mapping[str, str]
) -> subprocess.Popen:
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.asker"], env=dict(environment), stdin=subprocess.PIPE, text=True
    )
    assert started.stdin is not None
    json.dump(
        {"team_id": str(clinic.team_id), "sender_id": str(clinic.sender_id), "asked": share}, started.stdin
    )
    started.stdin.close()
    return started


def due(
    services: Services, clinic: make.Clinic, environment: Mapping[str, str], *, phones: int, workers: int
) -> crowd.Crowd:
    """Plan 20 programs and 3 reminders for each phone for one second; let workers and a broadcast at them."""
    with services.transactions.begin(actor=SYSTEM) as uow:
        people = [make.someone(uow, clinic, last=7000 + n) for n in range(phones)]
    planned = crowd.plan(services, clinic, people)
    crew = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.crowd"],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(workers)
    ]
    for one in crew:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    broadcast = [(str(who.phone_id), str(who.patient_id), who.number, "broadcast") for who in people]
    crew.append(_asker(clinic, broadcast, environment))
    for one in crew[:workers]:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.close()
    for one in crew:
        if one.wait(timeout=600):
            raise RuntimeError("a worker failed")
    return crowd.count(services, people, planned=planned, workers=workers)
