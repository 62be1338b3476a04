"""The one command that spans transactions: claim (tx), hand to the provider (none open), record (tx).

A claimed text always has a thread waiting for it, so it is posted at once: a STOP can come in between by no
more than the moment a request takes. Results are recorded in groups as they come in, so that one slow answer
holds up nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging.commands import claiming, recording
from outreach.messaging.ports import OutboundText, SendResult, SmsGateway, Unknown

THREADS = 64
START_SECONDS = 2.0
"""A text is posted this soon after its claim began, or not at all: a process that slept longer may have been
given up on, and its text sent by another."""
GATHER_SECONDS = 0.02
"""How long results are gathered before they are written together."""
SKIPPED_SECONDS = 0.02

Checkpoint = Callable[[str], None]
"""Told the name of each point of the way as it is passed; a test stops or kills the process there."""

logger = log.get(__name__)


def nothing(point: str) -> None:
    """Pass a checkpoint."""
    del point


def deliver(
    transactions: Transactions,
    gateway: SmsGateway,
    *,
    worker_seconds: float = 20.0,
    threads: int = THREADS,
    lease_seconds: float = claiming.LEASE_SECONDS,
    checkpoint: Checkpoint = nothing,
) -> int:
    """Send what is due until nothing is or the time is up. Return how many texts were handed over.

    Any number of workers may do this at once, on any number of machines. `lease_seconds` is how long a send
    may stay unrecorded before it counts as in doubt: more than the gateway's timeouts together.
    """
    run = _Run(transactions, gateway, threads=threads, lease_seconds=lease_seconds, checkpoint=checkpoint)
    return run.until(time.monotonic() + worker_seconds)


class _Run:
    def __init__(
        self,
        transactions: Transactions,
        gateway: SmsGateway,
        *,
        threads: int,
        lease_seconds: float,
        checkpoint: Checkpoint,
    ) -> None:
        self._transactions = transactions
        self._gateway = gateway
        self._threads = threads
        self._lease_seconds = lease_seconds
        self._checkpoint = checkpoint
        self._in_flight: set[Future[recording.Posted]] = set()
        self._handed_over = 0

    def until(self, end: float) -> int:
        with ThreadPoolExecutor(self._threads, thread_name_prefix="deliver") as pool:
            try:
                self._work(pool, end)
            finally:
                # Whatever ends the loop, what is in flight is still written down.
                while self._in_flight:
                    self._record(gather=1.0)
        return self._handed_over

    def _work(self, pool: ThreadPoolExecutor, end: float) -> None:
        while time.monotonic() < end:
            pause = self._claim(pool) if self._has_room() else 0.0
            if self._in_flight:
                self._record(gather=GATHER_SECONDS)
            elif pause is None or time.monotonic() + pause > end:
                return
            else:
                time.sleep(pause)
        # The time was up before the work was.
        self._transactions.wake("deliver")

    def _has_room(self) -> bool:
        return self._threads - len(self._in_flight) >= max(self._threads // 4, 1)

    def _claim(self, pool: ThreadPoolExecutor) -> float | None:
        """Claim and start what there is room for; return when to look again if nothing is in flight.

        None means that nothing is due.
        """
        pauses: list[float] = []
        with self._transactions.begin(actor=SYSTEM) as uow:
            senders = claiming.due_senders(uow)
        for sender in senders:
            room = self._threads - len(self._in_flight)
            if sender.held_seconds or room <= 0:
                pauses.append(max(sender.held_seconds, SKIPPED_SECONDS))
                continue
            pauses.extend(self._claim_for(pool, sender, room))
        return min(pauses, default=None)

    def _claim_for(self, pool: ThreadPoolExecutor, sender: claiming.DueSender, room: int) -> Iterator[float]:
        start_by = time.monotonic() + START_SECONDS
        with self._transactions.begin(actor=SYSTEM) as uow:
            claimed = claiming.claim(uow, sender_id=sender.id, room=room, lease_seconds=self._lease_seconds)
            self._checkpoint("claiming")
        self._checkpoint("claimed")
        for one in claimed.texts:
            self._in_flight.add(pool.submit(self._post, sender, one, start_by))
        if claimed.wait_seconds is not None:
            yield claimed.wait_seconds
        if claimed.skipped or claimed.texts:
            yield SKIPPED_SECONDS

    def _post(self, sender: claiming.DueSender, one: OutboundText, start_by: float) -> recording.Posted:
        self._checkpoint("posting")
        result: SendResult
        try:
            late = time.monotonic() > start_by
            result = recording.NOT_POSTED if late else self._gateway.send(one)
        except Exception:
            logger.exception("gateway_failed", attempt_id=str(one.attempt_id))
            result = Unknown(reason="gateway")
        self._checkpoint("posted")
        return recording.Posted(sender_id=sender.id, text=one, result=result)

    def _record(self, *, gather: float) -> None:
        done, _ = wait(self._in_flight, timeout=gather, return_when=FIRST_COMPLETED)
        if not done:
            return
        time.sleep(min(gather, GATHER_SECONDS) / 2)
        done = {future for future in self._in_flight if future.done()}
        self._in_flight -= done
        posted = [future.result() for future in done]
        with self._transactions.begin(actor=SYSTEM) as uow:
            recording.record(uow, posted)
            self._checkpoint("recording")
        self._handed_over += len(posted)
        self._checkpoint("recorded")
