"""Things that happen a little later, in order, on one thread."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Timeline:
    """Run short actions at their time. Anything that waits (a webhook) belongs to the postman's threads."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._open = True
        threading.Thread(target=self._run, name="timeline", daemon=True).start()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Run the action that many seconds from now."""
        due = time.monotonic() + seconds
        with self._changed:
            heapq.heappush(self._heap, (due, next(self._order), action))
            if self._heap[0][0] == due:
                self._changed.notify()

    def clear(self) -> None:
        """Forget everything that has not happened yet."""
        with self._changed:
            self._heap.clear()

    def waiting(self) -> int:
        """Return how many actions are still to come."""
        with self._changed:
            return len(self._heap)

    def close(self) -> None:
        """Stop. What has not happened never will."""
        with self._changed:
            self._open = False
            self._heap.clear()
            self._changed.notify()

    def _run(self) -> None:
        while (action := self._next()) is not None:
            try:
                action()
            except Exception as error:  # noqa: BLE001 - one bad action must not stop the world's clock
                log.error("timeline_action_failed", error=type(error).__name__)

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while self._open:
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._heap)[2]
                self._changed.wait(wait)
        return None
