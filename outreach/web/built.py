"""Whether the browser's parts are built: a fresh clone has none."""

from __future__ import annotations

from pathlib import Path

DIST = Path(__file__).resolve().parent / "static" / "dist"
MANIFEST = "manifest.json"
NOT_BUILT = (
    "The browser's parts are not built: pages come without style and scripts. "
    "Run `make setup` (it needs Node.js), then start again."
)


def told(folder: Path | None = None) -> str | None:
    """Return what to do where the build has not run, for whoever starts the pages; None if it has."""
    return None if ((folder or DIST) / MANIFEST).exists() else NOT_BUILT
