"""Ctrl-C, SIGTERM and a closed terminal: the first asks to stop, the second does not wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopNow(BaseException):
    """Somebody asked twice: kill, don't wait."""


class StopAsked(BaseException):
    """Somebody asked to stop while things were still being started."""


class Stopping:
    """Counts the requests to stop. Raises StopNow at the second, wherever the main thread is."""

    def __init__(self) -> None:
        self.asked = 0
        self.deaf = False

    def handle(self, _number: int, _frame: FrameType | None) -> None:
        """Take one request to stop."""
        if self.deaf:
            return
        self.asked += 1
        if self.asked > 1:
            self.deaf = True
            raise StopNow

    def check(self) -> None:
        """Raise StopAsked if somebody asked to stop."""
        if self.asked:
            raise StopAsked


@contextmanager
def watched() -> Iterator[Stopping]:
    """Take the signals for the duration of the block."""
    stopping = Stopping()
    before = {number: signal.signal(number, stopping.handle) for number in WATCHED}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
