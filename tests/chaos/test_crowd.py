"""Contacts of many programs due in one second, several workers at them: no phone gets more than its cap."""

from __future__ import annotations

import threading

from sqlalchemy import text

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from tests.chaos import crowd
from tests.messaging import make
from workers import due

WORKERS = 4


def test_no_phone_exceeds_its_cap_and_each_contact_has_its_receipt(services, clock, monkeypatch) -> None:
    monkeypatch.setattr("outreach.subscriptions.SOURCES", crowd.SOURCES)
    with services.transactions.begin(actor=SYSTEM) as uow:
        clinic = make.clinic(uow)
        people = [make.someone(uow, clinic, last=n) for n in range(2)]
    with services.transactions.engine.begin() as connection:
        connection.execute(text("UPDATE organization SET settings = settings - 'budget'"))
    planned = crowd.plan(services, clinic, people)

    def broadcast() -> None:
        for who in people:
            with services.transactions.begin(actor=SYSTEM) as uow:
                commands.queue(uow, make.request(clinic, who, kind="broadcast"))

    crew = [threading.Thread(target=due.send, args=(services.transactions,)) for _ in range(WORKERS)]
    crew.append(threading.Thread(target=broadcast))
    for one in crew:
        one.start()
    for one in crew:
        one.join()

    found = crowd.count(services, people, planned=planned, workers=WORKERS)
    assert found.clean, found
    assert found.texts == len(people)
