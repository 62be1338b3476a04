"""The one command that spans transactions: claim (tx), hand to the provider (none open), record (tx).

A claimed text has a thread waiting for it or soon free, and is given back unposted if that takes two seconds:
no more than that can lie between a STOP and the last text. Results are recorded in groups as they come in, so
that one slow answer holds up nobody else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from outreach.kernel import log
from outreach.kernel.transactions import Transactions
from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging.commands import claiming, recording
from outreach.messaging.ports import OutboundText, SendResult, SmsGateway, Unknown

THREADS = 128
START_SECONDS = 2.0
"""A text is posted this soon after its claim began, or not at all: a process that slept longer may have been
given up on, and its text sent by another."""
GATHER_SECONDS = 0.02
"""How long results are gathered before they are written together."""
SKIPPED_SECONDS = 0.02
WAIT_SECONDS = 0.05
UNRECORDED = 4
"""Answers that may wait to be written down, as a multiple of the threads."""
RECORD_TRIES = 3
RETRY_SECONDS = 0.5

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
    """One call of `deliver`: this thread claims, a pool posts, one thread more records."""

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
        self._posted: SimpleQueue[recording.Posted | None] = SimpleQueue()
        self._changed = threading.Condition()
        self._waiting = 0
        """Claimed, and not yet answered."""
        self._in_flight = 0
        """Claimed, and not yet written down."""
        self._handed_over = 0
        self._failure: Exception | None = None

    def until(self, end: float) -> int:
        """Work until nothing is due or the time is up; what is in flight then is still written down."""
        recorder = threading.Thread(target=self._record_all, name="deliver-record")
        recorder.start()
        try:
            with ThreadPoolExecutor(self._threads, thread_name_prefix="deliver") as pool:
                self._work(pool, end)
        finally:
            self._posted.put(None)
            recorder.join()
        if self._failure is not None:
            raise self._failure
        return self._handed_over

    def _work(self, pool: ThreadPoolExecutor, end: float) -> None:
        full: list[claiming.DueSender] = []
        while time.monotonic() < end and self._failure is None:
            self._wait_for_room()
            # A sender that filled the last batch has more: it is asked again before all of them are.
            senders, full = full or self._due(), []
            pauses: list[float] = []
            for sender in senders:
                pause, was_full = self._claim(pool, sender)
                full += [sender] if was_full else []
                pauses += [] if pause is None else [pause]
            if not full and not self._pause(pauses, end):
                return
        # The time was up before the work was.
        self._transactions.wake("deliver")

    def _pause(self, pauses: list[float], end: float) -> bool:
        """Wait as long as the senders ask for; return whether there is anything left to do here."""
        with self._changed:
            if self._in_flight:
                self._changed.wait(min([*pauses, WAIT_SECONDS]))
                return True
        if not pauses or time.monotonic() + min(pauses) > end:
            return False
        time.sleep(min(pauses))
        return True

    def _wait_for_room(self) -> None:
        with self._changed:
            while self._room() < max(self._threads // 4, 1) and not self._failure:
                self._changed.wait(WAIT_SECONDS)

    def _room(self) -> int:
        # A few more than there are threads, so that none idles while the next are claimed; far fewer than
        # would wait for their thread until they are too late to be posted.
        ahead = self._threads + self._threads // 2
        return min(ahead - self._waiting, UNRECORDED * self._threads - self._in_flight)

    def _due(self) -> list[claiming.DueSender]:
        with self._transactions.begin(actor=SYSTEM) as uow:
            return list(claiming.due_senders(uow))

    def _claim(self, pool: ThreadPoolExecutor, sender: claiming.DueSender) -> tuple[float | None, bool]:
        """Claim what there is room for and start it; return when to look again, and if it has more."""
        room = self._room()
        if sender.held_seconds or room <= 0:
            return max(sender.held_seconds, SKIPPED_SECONDS), False
        start_by = time.monotonic() + START_SECONDS
        with self._transactions.begin(actor=SYSTEM) as uow:
            claimed = claiming.claim(uow, sender_id=sender.id, room=room, lease_seconds=self._lease_seconds)
            self._checkpoint("claiming")
        self._checkpoint("claimed")
        with self._changed:
            self._in_flight += len(claimed.texts)
            self._waiting += len(claimed.texts)
        for one in claimed.texts:
            pool.submit(self._post, sender.id, one, start_by)
        if claimed.wait_seconds is not None:
            return claimed.wait_seconds, False
        again = SKIPPED_SECONDS if claimed.skipped or claimed.texts else None
        return again, len(claimed.texts) == room

    def _post(self, sender_id: UUID, one: OutboundText, start_by: float) -> None:
        self._checkpoint("posting")
        result: SendResult
        try:
            late = time.monotonic() > start_by
            result = recording.NOT_POSTED if late else self._gateway.send(one)
        except Exception:
            # A fault of the gateway's own leaves the outcome unknown; the text is never lost to it.
            logger.exception("gateway_failed", attempt_id=str(one.attempt_id))
            result = Unknown(reason="gateway")
        self._checkpoint("posted")
        with self._changed:
            self._waiting -= 1
            if self._room() >= self._threads // 4:
                self._changed.notify()
        self._posted.put(recording.Posted(sender_id=sender_id, text=one, result=result))

    def _record_all(self) -> None:
        last = False
        while not last:
            batch = [self._posted.get()]
            if batch != [None]:
                time.sleep(GATHER_SECONDS)
            while not self._posted.empty():
                batch.append(self._posted.get())
            posted = [one for one in batch if one is not None]
            last = len(posted) < len(batch)
            if posted:
                self._record(posted)

    def _record(self, posted: list[recording.Posted]) -> None:
        try:
            self._write(posted)
            self._handed_over += len(posted)
        except Exception as error:
            # Not lost: the leases run out, and the provider is asked what became of them.
            logger.exception("recording_failed", count=len(posted))
            self._failure = error
        with self._changed:
            self._in_flight -= len(posted)
            self._changed.notify_all()
        self._checkpoint("recorded")

    def _write(self, posted: list[recording.Posted]) -> None:
        for tries_left in range(RECORD_TRIES - 1, -1, -1):
            try:
                with self._transactions.begin(actor=SYSTEM) as uow:
                    recording.record(uow, posted)
                    self._checkpoint("recording")
                return
            except SQLAlchemyError:
                # A lock that was waited for in vain, or a database that has just come back: once more.
                if not tries_left:
                    raise
                time.sleep(RETRY_SECONDS)
