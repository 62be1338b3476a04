"""One running product per test module and xdist worker, on a database and broker of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases, world
from tests import live as product
from tests.nursery import Nursery
from tests.servers import Servers

FIRST_BROKER = 40
"""Redis databases of the running products: one for each xdist worker, beside those of other tests."""


@pytest.fixture(scope="module")
def live(
    servers: Servers,
    nursery: Nursery,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> Iterator[product.Live]:
    """The product, running, on an empty database."""
    name = f"live_{request.module.__name__.rsplit('.', 1)[-1]}_{worker_id}"
    broker = FIRST_BROKER + int(worker_id.removeprefix("gw") if worker_id != "master" else 0)
    folder: Path = tmp_path_factory.mktemp(name)
    with product.running(
        database_url=databases.migrated(servers, name),
        redis_url=servers.redis_url(broker),
        folder=folder,
        nursery=nursery,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def clinic(live: product.Live) -> world.Clinic:
    """The first start's clinic, on the running product."""
    return world.clinic(live.services)
