"""One Services per worker process, built on first use (after a fork, if there was one)."""

from __future__ import annotations

from functools import cache

from outreach import bootstrap
from outreach.config import Settings
from outreach.services import Services


@cache
def services() -> Services:
    """Return this process's services."""
    return bootstrap.build(Settings.from_env())
