"""Fixtures: a real database per xdist worker, made from one migrated template, emptied after each test."""

from __future__ import annotations

from tests import memory

# isort: split
import base64
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import argon2
import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from outreach import bootstrap, wake
from outreach.config import Settings
from outreach.kernel import db
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import SYSTEM, Actor, UnitOfWork
from outreach.services import Services
from outreach.staff.commands import passwords
from outreach.tables import metadata
from tests import clusters, databases, examples, kept, order
from tests import nursery as nurseries
from tests.nursery import Nursery
from tests.servers import Servers, shared_servers
from tests.statements import counted
from tests.web import browse

examples.register()

KEY = base64.b64encode(bytes(range(32))).decode()
TUESDAY_10_NEW_YORK = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)


class NoProvider:
    """Stands where the gateway would be in tests that send nothing: any use of it fails the test."""

    def __getattr__(self, name: str):
        raise AssertionError(f"a test without a provider called gateway.{name}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", action="store_true", help="picture each page looked at in .screenshots")


def pytest_configure(config: pytest.Config) -> None:
    browse.PICTURES.wanted = config.getoption("--pictures")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order.longest_first(items)


def pytest_collection_finish() -> None:
    memory.settle()


@pytest.fixture(scope="session", autouse=True)
def _light_passwords() -> None:
    """Argon2 as ever, at its least cost: at the product's, most of a test's time would be its passwords'."""
    passwords.HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords.NOBODY = passwords.HASHER.hash("nobody")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with shared_servers() as running:
        yield running


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where processes of ours start sooner."""
    with nurseries.nursery(*nurseries.PRODUCT) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process; each opens a context of its own."""
    with browse.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def copy_used() -> Iterator[clusters.Copy]:
    """Puts a data folder that was used before at a path."""
    with clusters.used() as copy:
        yield copy


@pytest.fixture(scope="session")
def database_url(servers: Servers, worker_id: str) -> str:
    """A database of this xdist worker's own."""
    return databases.migrated(servers, f"test_{worker_id}")


@pytest.fixture(scope="session")
def admin_engine(servers: Servers, database_url: str) -> Iterator[Engine]:
    """The superuser's way into this worker's database."""
    engine = create_engine(servers.admin_url(database_url.rsplit("/", 1)[-1].split("?")[0]))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def settings(servers: Servers, database_url: str, worker_id: str) -> Settings:
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 63
    return Settings(
        database_url=database_url,
        redis_url=servers.redis_url(number),
        public_url="http://127.0.0.1:8080",
        secret_key="s" * 48,
        encryption_keys={1: base64.b64decode(KEY)},
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_tokens=("t" * 32,),
        twilio_api_base_url="http://127.0.0.1:9",  # nobody listens there; tests that send start the simulator
        twilio_from="+12025550100",
    )


@pytest.fixture
def clock() -> FrozenClock:
    """The product clock of in-process tests: a Tuesday, 10:00 in New York."""
    return FrozenClock(TUESDAY_10_NEW_YORK)


@pytest.fixture(scope="session")
def engine(settings: Settings) -> Iterator[Engine]:
    """The product's engine, shared by all tests: one of its own each would compile every statement anew."""
    shared = db.connect(settings.database_url, pool_size=8)
    yield shared
    shared.dispose()


@pytest.fixture
def services(
    settings: Settings, clock: FrozenClock, admin_engine: Engine, engine: Engine
) -> Iterator[Services]:
    """Everything built for real; nobody is woken, so a test turns the relay itself."""
    kept.SHELVES.setdefault(settings.database_url, kept.Shelf(admin_engine, TUESDAY_10_NEW_YORK))
    yield bootstrap.build(
        settings, product_clock=clock, wake=wake.nobody, gateway=NoProvider(), engine=engine
    )
    _empty(admin_engine)


@pytest.fixture
def statements(engine: Engine) -> Callable[[], AbstractContextManager[list[str]]]:
    """Collect the SQL that is sent: `with statements() as seen:`."""
    return lambda: counted(engine)


@pytest.fixture
def begin(services: Services) -> Callable[[], AbstractContextManager[UnitOfWork]]:
    """Open a transaction: `with begin() as uow:`; it commits."""

    def open_one(actor: Actor = SYSTEM) -> AbstractContextManager[UnitOfWork]:
        return services.transactions.begin(actor=actor)

    return open_one


@pytest.fixture
def uow(begin: Callable[[], AbstractContextManager[UnitOfWork]]) -> Iterator[UnitOfWork]:
    """One open unit of work for a test that needs no second one."""
    with begin() as found:
        yield found


def _empty(engine: Engine) -> None:
    # One trip for all tables. In a few rows, DELETE is much faster than TRUNCATE.
    emptied = "".join(
        f'DELETE FROM "{name}";' for name in metadata.tables if name not in databases.NEVER_EMPTIED
    )
    for tries_left in reversed(range(5)):
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"SET LOCAL session_replication_role = replica; {emptied}")
        except OperationalError:  # a deadlock with a late status callback: the database ended one of the two
            if not tries_left:
                raise
        else:
            return
