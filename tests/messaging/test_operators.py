"""The provider refuses our account: the sender stops, an operator hears of it and resumes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands, events, queries
from outreach.staff import commands as staff
from outreach.staff.models import StaffPhone
from outreach.touchpoints import queries as planned
from tests.messaging import make
from tests.messaging.way import Way
from tests.provider import Provider, provider, until

PAGER = "+12025550177"


@pytest.fixture
def beside(settings, clock, services) -> Iterator[Provider]:
    """A provider with a second number, for pages."""
    with provider(settings, product_clock=clock, numbers=("+12025550100", "+12025550101")) as found:
        yield found


@pytest.fixture
def operator(services, clinic) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        staff_id = staff.add_staff(uow, email="ops@example.org", name="Olga Ops", is_admin=True)
        uow.session.add(
            StaffPhone(
                staff_id=staff_id,
                e164_enc=uow.vault.seal("staff_phone.e164", staff_id, PAGER),
                e164_index=uow.vault.index("phone", PAGER),
            )
        )
        staff.create_sender(
            uow, label="pages", address="+12025550101", short_name="Mercy", callback_number="+12025550199",
            kind="pages",
        )  # fmt: skip


@pytest.mark.usefixtures("operator")
def test_an_account_error_stops_its_sender_and_an_operator_hears_of_it_once(way: Way, clinic, anna) -> None:
    message_id = way.queue(make.request(clinic, anna))
    with way.transactions.begin(actor=SYSTEM) as uow:
        staff.stop_sender(uow, sender_id=clinic.sender_id, reason="error_20003")
        for _ in range(3):
            uow.publish(events.SenderTrouble(sender_id=clinic.sender_id, code=20003, stopped=True))

    way.beside.services.relay.drain()
    way.deliver(1.0)

    until(lambda: way.beside.texts(PAGER))
    (told,) = way.beside.texts(PAGER)
    assert "main" in told and "20003" in told
    assert way.message(message_id).state == "queued"
    assert [tuple(row) for row in way.sql("SELECT kind, state FROM task")] == [("sender_trouble", "open")]
    with way.transactions.begin(actor=SYSTEM) as uow:
        (stopped,) = queries.troubles(uow).stopped
    assert (stopped.label, stopped.waiting) == ("main", 1)

    with way.transactions.begin(actor=SYSTEM) as uow:
        staff.start_sender(uow, sender_id=clinic.sender_id)
        assert queries.troubles(uow).stopped == ()
    way.deliver(1.0)
    way.becomes(message_id, "delivered")


@pytest.mark.usefixtures("operator")
def test_trouble_after_the_task_is_done_is_told_again(way: Way, clinic) -> None:
    for _ in range(2):
        with way.transactions.begin(actor=SYSTEM) as uow:
            uow.publish(events.SenderTrouble(sender_id=clinic.sender_id, code=30007, stopped=False))
        way.beside.services.relay.drain()
        way.sql("UPDATE task SET state = 'done'")

    way.deliver(1.0)

    assert until(lambda: len(way.beside.texts(PAGER)) == 2)


def test_without_another_sender_the_task_remains(way: Way, clinic) -> None:
    with way.transactions.begin(actor=SYSTEM) as uow:
        uow.publish(events.SenderTrouble(sender_id=clinic.sender_id, code=20003, stopped=True))

    way.beside.services.relay.drain()

    assert way.sql("SELECT count(*) FROM task WHERE kind = 'sender_trouble'")[0][0] == 1
    assert way.sql("SELECT count(*) FROM message")[0][0] == 0


def test_a_restored_database_is_among_the_troubles(services, clinic) -> None:
    origin = commands.Origin(services.transactions, services.gateway, place="", witness=None)
    with pytest.raises(AssertionError):  # it asks the provider, and this test has none
        origin.may_send()
    with services.transactions.begin(actor=SYSTEM) as uow:
        commands.hold(uow, why="behind")
        assert queries.troubles(uow).held_why == "behind"


def test_what_waits_is_weighed_against_the_day(services, clinic, anna) -> None:
    with services.transactions.begin(actor=SYSTEM) as uow:
        commands.queue(uow, make.request(clinic, anna, "x" * 200))
        (load,) = planned.loads(uow)

    assert (load.label, load.segments, load.fits_day, load.fits_hour) == ("main", 2, True, True)
