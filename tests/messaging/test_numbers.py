"""What the provider knows of numbers: those switched off and landlines are not texted any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from outreach.kernel.unit_of_work import SYSTEM
from outreach.messaging import commands
from outreach.messaging.ports import ProviderUnavailable
from outreach.patients import commands as patients
from tests.messaging import make
from tests.provider import Provider

YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)


def state(beside: Provider, number_of: make.Someone) -> tuple[str, str]:
    with beside.services.transactions.engine.connect() as connection:
        row = connection.execute(
            text("SELECT state, line_type FROM phone WHERE id = :id"), {"id": number_of.phone_id}
        ).one()
    return row.state, row.line_type


@pytest.fixture
def known(beside: Provider, clinic, anna) -> Provider:
    """The database has been looked at, and Anna has had her number for a week."""
    transactions = beside.services.transactions
    commands.Origin(transactions, beside.services.gateway, place="", witness=None).may_send()
    with transactions.engine.begin() as connection:
        connection.execute(text("UPDATE phone SET created_at = created_at - interval '7 days'"))
        connection.execute(text("UPDATE phone_holder SET since = since - interval '7 days'"))
    return beside


def read(beside: Provider) -> int:
    return commands.read_deactivations(beside.services.transactions, beside.services.gateway)


def test_a_number_on_the_carriers_list_is_not_texted_any_more_and_the_list_is_read_once(
    known: Provider, anna
) -> None:
    known.world.deactivated |= {anna.number: YESTERDAY.isoformat(), "+12125550999": YESTERDAY.isoformat()}

    assert read(known) == 1
    assert state(known, anna)[0] == "deactivated"
    assert known.world.store.stats is not None
    with known.services.transactions.begin(actor=SYSTEM) as uow:
        patients.mark_phone(uow, phone_id=anna.phone_id, state="usable", reason="checked_by_staff")
    assert read(known) == 0, "once a day"
    assert state(known, anna)[0] == "usable"


def test_who_got_the_number_afterwards_is_somebody_else(known: Provider, anna) -> None:
    known.world.deactivated[anna.number] = YESTERDAY.isoformat()
    with known.services.transactions.begin(actor=SYSTEM) as uow:
        patients.new_holder(uow, phone_id=anna.phone_id, how="said_by_staff")

    assert read(known) == 0
    assert state(known, anna)[0] == "usable"


def test_a_list_that_can_not_be_had_is_asked_for_again_an_hour_later(
    known: Provider, anna, monkeypatch: pytest.MonkeyPatch
) -> None:
    known.world.deactivated[anna.number] = YESTERDAY.isoformat()
    gateway = known.services.gateway

    def away(**_: object) -> None:
        raise ProviderUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(gateway, "list_deactivated", away)
        assert read(known) == 0
    assert read(known) == 0, "not every minute"
    with known.services.transactions.engine.begin() as connection:
        connection.execute(
            text("UPDATE deployment SET deactivations_tried_at = now() - interval '61 minutes'")
        )
    assert read(known) == 1


@pytest.mark.parametrize(
    ("line", "after"), [("landline", "invalid"), ("mobile", "usable"), ("nonFixedVoip", "usable")]
)
def test_lines_are_looked_up_only_where_the_deployment_wants_it(
    beside: Provider, clinic, anna, line: str, after: str
) -> None:
    services = beside.services
    beside.world.lines[anna.number] = line
    assert commands.look_up_lines(services.transactions, services.gateway) == 0
    with services.transactions.begin(actor=SYSTEM) as uow:
        uow.session.execute(
            text("UPDATE organization SET settings = settings || '{\"look_up_numbers\": true}'")
        )

    assert commands.look_up_lines(services.transactions, services.gateway) == 1

    assert state(beside, anna) == (after, line)
    assert commands.look_up_lines(services.transactions, services.gateway) == 0
