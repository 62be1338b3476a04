"""Servers of one test alone, stopped whatever happens."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis
from tests import clusters


@pytest.fixture
def private_home() -> Iterator[Path]:
    """A folder that nobody but us may enter, with a short path."""
    with tempfile.TemporaryDirectory(prefix="home-") as made:
        yield Path(made).resolve()


@pytest.fixture
def new_postgres_in(private_home: Path) -> Iterator[Callable[[Path], EmbeddedPostgres]]:
    """A server that begins with nothing."""
    made: list[EmbeddedPostgres] = []

    def make(folder: Path) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(folder, durable=False))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def postgres_in(
    new_postgres_in: Callable[[Path], EmbeddedPostgres], copy_used: clusters.Copy
) -> Callable[[Path], EmbeddedPostgres]:
    """A server whose data folder was used before."""

    def make(folder: Path) -> EmbeddedPostgres:
        if not folder.exists():
            copy_used(folder)
        return new_postgres_in(folder)

    return make


@pytest.fixture
def redis_in(private_home: Path) -> Iterator[Callable[[Path], EmbeddedRedis]]:
    made: list[EmbeddedRedis] = []

    def make(folder: Path) -> EmbeddedRedis:
        made.append(EmbeddedRedis(folder))
        return made[-1]

    yield make
    for server in made:
        server.stop()
