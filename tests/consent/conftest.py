"""A house to ask about, and counting statements."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.consent.make import House, house


@pytest.fixture
def home(uow) -> House:
    return house(uow)


@pytest.fixture
def statements(services):
    """`with statements() as seen:` collects the SQL that is sent meanwhile."""
    engine = services.transactions.engine

    @contextmanager
    def counting():
        seen: list[str] = []

        def note(_connection, _cursor, statement, *_):
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counting
