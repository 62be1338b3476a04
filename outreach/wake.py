"""Pokes workers through the broker. A poke may be lost or late: beat sweeps anyway.

Sending a Celery task on a frozen Redis blocks for tens of seconds, so a poke only sets a flag; one thread
of the process sends, with short timeouts, and pauses after a failure. Pokes of the same kind fold into one.
"""

from __future__ import annotations

import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from outreach.kernel import log
from outreach.kernel.metrics import WAKES_DROPPED

SOCKET_SECONDS = 0.2
REST_SECONDS = 0.05
"""Between two rounds of pokes: while texts come in by hundreds a second, each costs more than storing one."""
PAUSE_SECONDS = 1.0
EXPIRES_SECONDS = 30

logger = log.get(__name__)

if TYPE_CHECKING:
    from celery import Celery


class Waker:
    """Callable with the name of a task; returns at once, whatever the broker does."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._wanted: set[str] = set()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None

    @cached_property
    def _app(self) -> Celery:
        # Imported by the thread that pokes: most commands never poke, and a process starts the sooner.
        from celery import Celery

        found = Celery("outreach-wake", broker=self._redis_url, set_as_current=False)
        found.conf.update(
            broker_connection_retry=False,
            broker_connection_timeout=SOCKET_SECONDS,
            broker_transport_options={
                "socket_timeout": SOCKET_SECONDS,
                "socket_connect_timeout": SOCKET_SECONDS,
                "max_retries": 0,
            },
            task_ignore_result=True,
            task_publish_retry=False,
            worker_hijack_root_logger=False,
        )
        return found

    def __call__(self, task: str) -> None:
        """Ask for one task to be run soon."""
        with self._condition:
            self._wanted.add(task)
            if self._thread is None or not self._thread.is_alive():
                # Started on first use, so that a server which forks after import has its own.
                self._thread = threading.Thread(target=self._run, name="wake", daemon=True)
                self._thread.start()
            self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._wanted:
                    self._condition.wait()
                tasks, self._wanted = self._wanted, set()
            well = all(self._send(task) for task in sorted(tasks))
            time.sleep(REST_SECONDS if well else PAUSE_SECONDS)

    def _send(self, task: str) -> bool:
        try:
            self._app.send_task(task, expires=EXPIRES_SECONDS, ignore_result=True, retry=False)
        except Exception as error:  # noqa: BLE001 - any broker trouble means the same: beat will sweep
            WAKES_DROPPED.labels(task).inc()
            logger.warning("wake_dropped", task=task, error=type(error).__name__)
            return False
        return True


def nobody(task: str) -> Any:
    """Wake nobody: for tests and commands that turn the relay themselves."""
    del task
