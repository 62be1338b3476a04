"""One Services per worker process, built on first use (after a fork, if there was one)."""

from __future__ import annotations

from functools import cache

from outreach import bootstrap
from outreach.config import Settings
from outreach.kernel import memory
from outreach.messaging.commands import Origin
from outreach.services import Services
from workers.witness import RedisWitness


@cache
def services() -> Services:
    """Return this process's services."""
    built = bootstrap.build(Settings.from_env())
    memory.settle()
    return built


@cache
def origin() -> Origin:
    """Return what this process asks before texts leave: is this still the database they left from?"""
    found = services()
    return Origin(
        found.transactions,
        found.gateway,
        place=found.settings.deployment,
        witness=RedisWitness(found.settings.redis_url),
    )
