"""Commands as an operator types them, in this process, on the test's own database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager

import pytest
from click.testing import CliRunner, Result

from outreach.cli import opening
from outreach.cli.main import main
from tests.staff import make


@pytest.fixture
def clinic(begin) -> None:
    """An organization with one team and one number, as `outreach init` leaves it."""
    with begin() as uow:
        make.organization(uow, settings={"basis": {"care": "registration", "reminders": "registration"}})
        make.team(uow, is_default=True)
        make.person(uow, is_admin=True)


@pytest.fixture
def outreach(services, monkeypatch) -> Callable[..., Result]:
    """Run one command: `outreach("sender", "list")`."""

    @contextmanager
    def ours(data, **_):
        yield services

    monkeypatch.setattr(opening, "services", ours)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
