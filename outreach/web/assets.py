"""Names of the bundled browser parts: each carries its hash, so browsers may keep it for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from outreach.kernel import log
from outreach.kernel.errors import OutreachError

logger = log.get(__name__)
DIST = Path(__file__).resolve().parent / "static" / "dist"


class NoSuchAsset(OutreachError):
    """A page names a browser part that the build did not make. Run `make setup`."""


def manifest(folder: Path = DIST) -> Mapping[str, str]:
    """Return file names by what pages call them; empty, and said so in the log, before the build ran."""
    try:
        found: dict[str, str] = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError:
        logger.warning("assets_missing")
        return {}
    return found


def path(names: Mapping[str, str], name: str) -> str:
    """Return the address of a browser part. Raise NoSuchAsset if the build ran without making it."""
    if names and name not in names:
        raise NoSuchAsset
    return f"/static/dist/{names.get(name, name)}"
