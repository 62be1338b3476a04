"""A house to ask about."""

from __future__ import annotations

import pytest

from tests.consent.make import House, house


@pytest.fixture
def home(uow) -> House:
    return house(uow)
