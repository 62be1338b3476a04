"""An import into a small clinic."""

from __future__ import annotations

import json

import pytest

from outreach.interop import intake, run
from tests.interop.fhir import make as fhir
from tests.staff import make as staff


@pytest.fixture
def team_id(begin):
    with begin() as uow:
        staff.organization(uow, settings={"basis": {"care": "registration", "reminders": "registration"}})
        return staff.team(uow, is_default=True)


@pytest.fixture
def take_in(services, team_id, tmp_path):
    """Import resources as one bundle, and return the summary."""

    def one(*resources, source="fhir", rebase=False, demo_phones=False, path=None, warned=None):
        if path is None:
            path = tmp_path / "bundle.json"
            path.write_text(json.dumps(fhir.bundle(*resources)))
        terms = intake.Terms(source=source, team_id=team_id, demo_phones=demo_phones, warned=warned)
        return run.Importer(transactions=services.transactions, terms=terms, rebase=rebase).run([path])

    return one
