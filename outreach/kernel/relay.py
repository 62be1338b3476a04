"""The relay: hands facts to their handlers, in order inside a stream, streams in parallel.

Tried before it was written: the figures stand in docs/adr/0003. A worker that dies, stops or loses its lease
costs time, never a fact; a fact that keeps failing is parked and does not hold up others.

Some handlers take a handful of facts from different streams in one transaction, which costs a fraction of as
many transactions. If that fails, each of them is handled alone: nobody's trouble becomes a neighbor's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from outreach.kernel import leases, log
from outreach.kernel.facts import Fact
from outreach.kernel.leases import LEASE_SECONDS, Lease, Waiting
from outreach.kernel.metrics import FACTS_HANDLED
from outreach.kernel.outbox import Done, LeaseLost, Parked
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM, UnitOfWork

SLICE_SECONDS = 1.0
"""A long stream lets others have their turn after this; one about a life goes on to its end."""
TRIES = 4

Handler = Callable[[UnitOfWork, Any], None]
"""Called as handler(uow, fact); the fact's class is the one it was subscribed to."""
Together = Callable[[UnitOfWork, Sequence[Any]], Collection[Fact]]
"""Called as handler(uow, facts), each of another stream; returns those it has left alone, to be handled one
by one."""

logger = log.get(__name__)


@dataclass(frozen=True, kw_only=True)
class Relay:
    """Hands out facts. `handlers` maps the names in the outbox to functions."""

    transactions: Transactions
    handlers: Mapping[str, Handler]
    together: Mapping[str, Together] = field(default_factory=dict)
    """The same for handlers that take a handful at once."""

    def drain(self, *, seconds: float = 20.0) -> int:
        """Handle what is ready until nothing is or the time is up. Return how many facts were handled."""
        until = time.monotonic() + seconds
        handled = 0
        while time.monotonic() < until:
            claimed = leases.claim(self.transactions.engine)
            if not claimed:
                break
            handled += self._turn(claimed, until)
        return handled

    def _turn(self, claimed: Sequence[Lease], until: float) -> int:
        handled = 0
        for name, found in _by_handler(claimed).items():
            alone = found
            if name in self.together and len(found) > 1:
                done, alone = self._run_together(name, found)
                handled += done
            for lease in alone:
                handled += self._run_stream(lease, until)
        return handled

    def _run_together(self, name: str, claimed: Sequence[Lease]) -> tuple[int, list[Lease]]:
        """Handle the next fact of each stream in one transaction.

        Return how many were handled, and the streams whose facts must be handled one by one: those left
        alone, those tried before, and all of them if it failed.
        """
        taken = [(lease, lease.first) for lease in claimed if lease.fresh and lease.first]
        alone = [lease for lease in claimed if not (lease.fresh and lease.first)]
        done = [Done(stream=lease.key, seq=row.seq, lease_no=lease.lease_no) for lease, row in taken]
        try:
            facts = [Fact.load(row.payload) for _, row in taken]
            with self.transactions.begin(actor=SYSTEM, done=done) as uow:
                left = set(self.together[name](uow, facts))
                kept = [lease for (lease, _), fact in zip(taken, facts, strict=True) if fact in left]
                streams = {lease.key for lease in kept}
                done[:] = [one for one in done if one.stream not in streams]
        except Exception as error:  # noqa: BLE001 - whatever it was, each of them is tried alone and told then
            logger.warning(
                "facts_failed_together", handler=name, facts=len(taken), error=type(error).__name__
            )
            FACTS_HANDLED.labels(name, "failed_together").inc(len(taken))
            return 0, alone + [replace(lease, counted=False) for lease, _ in taken]
        FACTS_HANDLED.labels(name, "handled").inc(len(done))
        return len(done), alone + kept

    def _run_stream(self, lease: Lease, until: float) -> int:
        engine = self.transactions.engine
        started = leases.start(engine, lease)
        if started is None:
            return 0
        tries, row = started
        handled = 0
        most = LEASE_SECONDS / 2 if lease.urgent else SLICE_SECONDS
        ours_until = min(until, time.monotonic() + most)
        while row is not None:
            done = Done(stream=lease.key, seq=row.seq, lease_no=lease.lease_no, keep=True)
            if tries > TRIES:
                self._park(done, row, error="kept failing")
            elif self._handled(lease, done, row, tries):
                handled += 1
            else:
                return handled
            if not done.more:
                return handled
            tries = 0
            row = leases.following(engine, lease) if time.monotonic() < ours_until else None
        leases.release(engine, lease)
        return handled

    def _handled(self, lease: Lease, done: Done, row: Waiting, tries: int) -> bool:
        """Handle one fact; return whether it is done and the stream still ours."""
        try:
            with self.transactions.begin(actor=SYSTEM, done=[done]) as uow:
                self.handlers[row.handler](uow, Fact.load(row.payload))
        except LeaseLost:
            FACTS_HANDLED.labels(row.handler, "lease_lost").inc()
            return False
        except Exception:
            logger.exception("fact_failed", handler=row.handler, tries=tries)
            FACTS_HANDLED.labels(row.handler, "failed").inc()
            leases.back_off(self.transactions.engine, lease)
            return False
        FACTS_HANDLED.labels(row.handler, "handled").inc()
        return True

    def _park(self, done: Done, row: Waiting, *, error: str) -> None:
        with self.transactions.begin(actor=SYSTEM, done=[done]) as uow:
            uow.session.add(
                Parked(
                    id=uow.new_id(),
                    stream=done.stream,
                    seq=row.seq,
                    handler=row.handler,
                    payload=row.payload,
                    error=error,
                    parked_at=uow.machine_now,
                )
            )
        logger.error("fact_parked", handler=row.handler)
        FACTS_HANDLED.labels(row.handler, "parked").inc()


def _by_handler(claimed: Sequence[Lease]) -> dict[str, list[Lease]]:
    """Sort leases by whom their next facts are for, in the order in which they were claimed."""
    found: dict[str, list[Lease]] = {}
    for lease in claimed:
        found.setdefault(lease.first.handler if lease.first else "", []).append(lease)
    return found
