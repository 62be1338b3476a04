"""A clinic that is always open, with Ana as its patient."""

from __future__ import annotations

from uuid import UUID

import pytest

from outreach.services import Services
from tests.inbound.desk import Desk


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def ana(desk: Desk) -> UUID:
    return desk.patient()
