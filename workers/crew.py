"""How many threads of a worker do one kind of work at once, so that none keeps the others waiting.

Every kind is asked for each second, and one turn may last twenty: without a limit a thousand facts at once
would take every thread, and a reply that a nurse has just written would wait for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

CREWS = {
    "relay_facts": 3,
    "deliver": 2,
    "send_due": 1,
    "reconcile": 1,
    "sweep_inbound": 1,
    "climb_ladders": 1,
    "seal_record": 1,
    "housekeeping": 1,
}
"""Name of the task -> threads. A worker needs as many threads as they are together."""


class Crew:
    """The threads that do one kind of work in this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._busy = 0
        self._asked = False
        self._lock = threading.Lock()

    def run(self, work: Callable[[], object]) -> None:
        """Do the work, or leave it to those who are at it: one of them looks once more when it is done."""
        with self._lock:
            if self._busy >= self._most:
                self._asked = True
                return
            self._busy += 1
        try:
            work()
            while not self._leave():
                work()
        except BaseException:
            with self._lock:
                self._busy -= 1
            raise

    def _leave(self) -> bool:
        """Leave the crew, unless somebody has asked meanwhile."""
        with self._lock:
            if self._asked:
                self._asked = False
                return False
            self._busy -= 1
            return True


def crewed(task: Callable[..., None]) -> Callable[..., None]:
    """Let a task be done by no more threads of this process than its crew has."""
    crew = Crew(CREWS[task.__name__])

    @wraps(task)
    def with_crew(**given: Any) -> None:
        crew.run(lambda: task(**given))

    return with_crew
