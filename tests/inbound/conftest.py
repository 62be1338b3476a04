"""A desk for the tests of what comes in."""

from __future__ import annotations

import pytest

from outreach.services import Services
from tests.inbound.desk import Desk


@pytest.fixture
def desk(services: Services) -> Desk:
    """A clinic that is always open."""
    return Desk(services)
