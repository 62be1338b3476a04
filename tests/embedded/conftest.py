"""Servers of one test alone, stopped whatever happens."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.embedded.postgres import EmbeddedPostgres
from outreach.embedded.redis import EmbeddedRedis


@pytest.fixture
def private_home() -> Iterator[Path]:
    """A folder that nobody but us may enter, with a short path."""
    with tempfile.TemporaryDirectory(prefix="home-") as made:
        yield Path(made).resolve()


@pytest.fixture
def postgres_in(private_home: Path) -> Iterator[Callable[[Path], EmbeddedPostgres]]:
    made: list[EmbeddedPostgres] = []

    def make(folder: Path) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(folder, durable=False))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def redis_in(private_home: Path) -> Iterator[Callable[[Path], EmbeddedRedis]]:
    made: list[EmbeddedRedis] = []

    def make(folder: Path) -> EmbeddedRedis:
        made.append(EmbeddedRedis(folder))
        return made[-1]

    yield make
    for server in made:
        server.stop()
