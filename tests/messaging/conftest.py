"""A provider beside the database, and a clinic with one patient."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from outreach.config import Settings
from outreach.kernel.clock import FrozenClock
from outreach.kernel.unit_of_work import SYSTEM
from outreach.services import Services
from tests.messaging import make
from tests.messaging.way import Way
from tests.provider import Provider, provider


@pytest.fixture
def beside(settings: Settings, clock: FrozenClock, services: Services, engine: Engine) -> Iterator[Provider]:
    """Services whose gateway is the real one, speaking to a simulator that calls our webhooks back."""
    with provider(settings, product_clock=clock, engine=engine) as found:
        yield found


@pytest.fixture
def way(beside: Provider) -> Way:
    return Way(beside)


@pytest.fixture
def clinic(services: Services) -> make.Clinic:
    with services.transactions.begin(actor=SYSTEM) as uow:
        return make.clinic(uow)


@pytest.fixture
def anna(services: Services, clinic: make.Clinic) -> make.Someone:
    with services.transactions.begin(actor=SYSTEM) as uow:
        return make.someone(uow, clinic)
