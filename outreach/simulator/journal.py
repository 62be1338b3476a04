"""What the simulator remembers from one day to the next: one JSON line per change, the last one counts."""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from outreach.kernel.errors import OutreachError


class JournalTaken(OutreachError):
    """Another simulator already uses this data folder. Stop it, or give --data another folder."""


class Journal:
    """An append-only file that only its owner can read. It is the outside world: it holds real words."""

    def __init__(self, path: Path) -> None:
        """Open the file. Raise JournalTaken when another process has it."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two writers would each throw away what the other remembers.
        self._lock = path.with_suffix(".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise JournalTaken from None
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def read(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every change in order. A last line torn by a power cut is left out."""
        with self.path.open("rb") as lines:
            for line in lines:
                try:
                    entry = json.loads(line, object_hook=_revive)
                except ValueError:
                    continue
                yield entry["kind"], entry["value"]

    def write(self, kind: str, value: dict[str, Any]) -> None:
        """Append one change. It survives the process, not the machine: this is a demo's memory."""
        line = json.dumps({"kind": kind, "value": value}, default=_plain, separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()

    def rewrite(self, entries: Iterator[tuple[str, dict[str, Any]]]) -> None:
        """Replace the file by these entries alone, so that it doesn't grow with every start."""
        draft = self.path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for kind, value in entries:
                line = json.dumps({"kind": kind, "value": value}, default=_plain, separators=(",", ":"))
                file.write(line.encode() + b"\n")
        self._file.close()
        draft.replace(self.path)
        self._file = self.path.open("ab")

    def close(self) -> None:
        """Close the file and let others have it."""
        self._file.close()
        self._lock.close()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    raise TypeError


_REVIVE: dict[str, Callable[[str], Any]] = {"$at": datetime.fromisoformat, "$bytes": base64.b64decode}


def _revive(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        ((key, inner),) = value.items()
        if key in _REVIVE:
            return _REVIVE[key](inner)
    return value
