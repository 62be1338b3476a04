"""Setting up: the account, its numbers and its Messaging Services."""

from __future__ import annotations

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.kit import ACCOUNT, OURS, POOLED, SERVICE, Application


def test_the_account_is_active_and_keeps_its_token(client: Client) -> None:
    account = client.api.accounts(ACCOUNT).fetch()

    assert (account.sid, account.status, account.auth_token) == (ACCOUNT, "active", None)


def test_numbers_get_their_webhooks(client: Client, application: Application) -> None:
    number = client.incoming_phone_numbers.list(phone_number=OURS)[0]
    assert number.sms_url == f"{application.url}/twilio/{ACCOUNT}/inbound"

    client.incoming_phone_numbers(number.sid).update(
        sms_url="https://a.test/in", sms_fallback_url="https://b.test/in", status_callback="https://a.test/s"
    )

    found = client.incoming_phone_numbers(number.sid).fetch()
    assert (found.sms_url, found.sms_fallback_url) == ("https://a.test/in", "https://b.test/in")
    assert (found.status_callback, found.capabilities["sms"]) == ("https://a.test/s", True)
    assert {number.phone_number for number in client.incoming_phone_numbers.list()} == {OURS, POOLED}


def test_a_number_can_be_rented(client: Client) -> None:
    rented = client.incoming_phone_numbers.create(phone_number="+12025550177", friendly_name="Ward 4")

    assert client.incoming_phone_numbers(rented.sid).fetch().friendly_name == "Ward 4"
    with pytest.raises(TwilioRestException) as caught:
        client.incoming_phone_numbers.create(phone_number="555")
    assert caught.value.code == 21452


def test_services_are_made_listed_and_changed(client: Client) -> None:
    made = client.messaging.v1.services.create(
        friendly_name="Clinic two",
        inbound_request_url="https://a.test/in",
        use_inbound_webhook_on_number=False,
    )

    assert made.sid.startswith("MG")
    assert (made.inbound_request_url, made.use_inbound_webhook_on_number) == ("https://a.test/in", False)
    assert {service.sid for service in client.messaging.v1.services.list()} == {made.sid, SERVICE}
    changed = client.messaging.v1.services(made.sid).update(
        fallback_url="https://b.test/in", status_callback="https://a.test/s", validity_period=600
    )
    assert (changed.fallback_url, changed.status_callback) == ("https://b.test/in", "https://a.test/s")
    fetched = client.messaging.v1.services(made.sid).fetch()
    assert (fetched.friendly_name, fetched.validity_period) == ("Clinic two", 600)


def test_a_number_is_in_one_pool_only(client: Client) -> None:
    pooled = client.messaging.v1.services(SERVICE).phone_numbers.list()
    made = client.messaging.v1.services.create(friendly_name="Clinic two")
    mine = client.messaging.v1.services(made.sid).phone_numbers

    assert [number.phone_number for number in pooled] == [POOLED]
    with pytest.raises(TwilioRestException) as other:
        mine.create(phone_number_sid=pooled[0].sid)
    assert other.value.code == 21712
    with pytest.raises(TwilioRestException) as twice:
        client.messaging.v1.services(SERVICE).phone_numbers.create(phone_number_sid=pooled[0].sid)
    assert twice.value.code == 21710
    assert client.messaging.v1.services(SERVICE).phone_numbers(pooled[0].sid).delete()
    assert mine.create(phone_number_sid=pooled[0].sid).phone_number == POOLED


def test_an_empty_pool_sends_nothing(client: Client) -> None:
    made = client.messaging.v1.services.create(friendly_name="Empty")

    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to="+12025550143", messaging_service_sid=made.sid, body="x")

    assert caught.value.code == 21704


def test_an_unknown_service_or_path_is_not_found(client: Client) -> None:
    with pytest.raises(TwilioRestException) as service:
        client.messaging.v1.services("MG" + "0" * 32).fetch()
    with pytest.raises(TwilioRestException) as path:
        client.api.accounts(ACCOUNT).calls.create(to="+12025550143", from_=OURS, url="https://a.test/")

    assert (service.value.code, path.value.code) == (20404, 20404)
