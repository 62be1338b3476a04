"""What monitoring reads: figures of the whole product, by token from elsewhere."""

from __future__ import annotations

import pytest

from outreach.kernel.outbox import Parked
from outreach.staff import commands as staff
from outreach.web.app import create_app

ELSEWHERE = {"REMOTE_ADDR": "10.1.2.3"}


@pytest.fixture
def client(services):
    return create_app(services).test_client()


def test_what_waits_in_the_database_is_scraped(client, begin) -> None:
    assert 'outreach_backlog{queue="parked"} 0.0' in client.get("/metrics").text
    with begin() as uow:
        row = {"stream": "s", "seq": 1, "handler": "h", "payload": {}, "error": "x"}
        uow.session.add(Parked(id=uow.new_id(), parked_at=uow.machine_now, **row))

    found = client.get("/metrics").text

    assert 'outreach_backlog{queue="parked"} 1.0' in found
    assert "outreach_oldest_work_seconds" in found


def test_from_elsewhere_it_takes_a_token_in_force(client, begin) -> None:
    with begin() as uow:
        token = staff.create_api_token(uow, label="Prometheus", scopes=["metrics"])
        other = staff.create_api_token(uow, label="Why", scopes=["why"])

    def answers(given: str) -> int:
        headers = {"Authorization": f"Bearer {given}"}
        return client.get("/metrics", headers=headers, environ_base=ELSEWHERE).status_code

    assert (answers(token), answers(other), answers("x")) == (200, 403, 403)
