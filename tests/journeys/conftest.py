"""One running product per test module; modules marked live run in one worker, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import live as product
from tests import world
from tests.servers import Servers


@pytest.fixture(scope="module")
def live(
    servers: Servers, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[product.Live]:
    """The product, running, on an empty database."""
    name = "live_" + request.module.__name__.rsplit(".", 1)[-1]
    folder: Path = tmp_path_factory.mktemp(name)
    with product.running(
        database_url=product.empty_database(servers, name), redis_url=servers.redis_url(40), folder=folder
    ) as running:
        yield running


@pytest.fixture(scope="module")
def clinic(live: product.Live) -> world.Clinic:
    """The first start's clinic, on the running product."""
    return world.clinic(live.services)
