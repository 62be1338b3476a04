"""Locks between processes, so that commands can share the servers of one data folder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from outreach.kernel.errors import OutreachError


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until nobody else holds this lock, and hold it."""
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


class TakenByAnother(OutreachError):
    """Another process holds this lock."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold this lock, with our process id in it. Raise TakenByAnother at once if it is held already."""
    handle = _open(path)
    try:
        if not _last(handle):
            raise TakenByAnother(path.read_text().strip())
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


@contextmanager
def in_use(folder: Path, *, start: Callable[[], None], stop: Callable[[], None]) -> Iterator[None]:
    """Start something shared unless it runs, hold it in use, and stop it when the last user leaves.

    `start` must do nothing when it runs already. A user that is killed lets go of it all the same: the
    system drops its lock.
    """
    gate, users = folder / "start.lock", folder / "use.lock"
    with exclusive(gate):
        start()
        mine = _open(users)
        fcntl.flock(mine, fcntl.LOCK_SH)
    try:
        yield
    finally:
        with exclusive(gate):
            if _last(mine):
                stop()
            os.close(mine)


def is_used(folder: Path) -> bool:
    """Tell whether any process holds what lies in this folder in use."""
    handle = _open(folder / "use.lock")
    try:
        return not _last(handle)
    finally:
        os.close(handle)


def _last(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
