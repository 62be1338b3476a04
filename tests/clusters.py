"""Data folders with a database in them: made once, then copied: `initdb` takes longer than most tests."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from outreach import schema
from outreach.embedded import runtime

Copy = Callable[[Path], Path]
"""Put a copy at a path that is not there yet, and return the path. Owners and modes are the original's."""


@contextmanager
def used(*, migrated: bool = False) -> Iterator[Copy]:
    """Use a data folder once, with our tables or without, and give out copies of what was left."""
    with tempfile.TemporaryDirectory(prefix="used-") as made:
        original = Path(made).resolve() / "data"
        with runtime.ensure(original, durable=False) as servers:
            if migrated:
                schema.upgrade(servers.postgres.url())

        def copy(path: Path) -> Path:
            subprocess.run(["cp", "-a", "--", str(original), str(path)], check=True)
            return path

        yield copy
