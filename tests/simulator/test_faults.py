"""What goes wrong on purpose, and the same way each time."""

from __future__ import annotations

import time

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from outreach.simulator.faults import Dice, Faults
from outreach.simulator.server import Running
from tests.simulator.kit import ACCOUNT, ANNA, BERT, OURS, TOKEN, Application, Control, until


def status_of(client: Client) -> int:
    with pytest.raises(TwilioRestException) as caught:
        client.messages.create(to=ANNA, from_=OURS, body="x")
    return caught.value.status


def test_429_and_500_before_accepting_leave_nothing_behind(client: Client, control: Control) -> None:
    control.post("faults", rate_429=1)
    assert status_of(client) == 429
    control.post("faults", reset=True, error_500_before=1)
    assert status_of(client) == 500

    control.post("faults", reset=True)
    assert client.messages.list() == []


def test_500_after_accepting_delivers_all_the_same(client: Client, control: Control) -> None:
    control.post("faults", error_500_after_accept=1)

    assert status_of(client) == 500
    until(lambda: control.texts(ANNA) == ["x"])


@pytest.mark.parametrize(("fault", "arrives"), [("reset_connection", False), ("reset_after_accept", True)])
def test_a_dropped_connection_says_nothing_about_the_text(
    client: Client, control: Control, fault: str, arrives: bool
) -> None:
    control.post("faults", **{fault: 1})

    with pytest.raises(requests.exceptions.ConnectionError):
        client.messages.create(to=ANNA, from_=OURS, body="x")

    control.post("faults", reset=True)
    if arrives:
        until(lambda: control.texts(ANNA) == ["x"])
    assert len(client.messages.list()) == arrives


def test_accepts_after_the_client_gave_up(simulator: Running, control: Control) -> None:
    control.post("faults", accept_after_client_gave_up=1, late_accept_seconds=0.6)
    client = Client(ACCOUNT, TOKEN, http_client=TwilioHttpClient(timeout=0.2))
    client.api.base_url = simulator.url

    with pytest.raises(requests.exceptions.ReadTimeout):
        client.messages.create(to=ANNA, from_=OURS, body="x")

    assert client.messages.list() == []
    until(lambda: control.texts(ANNA) == ["x"])
    assert control.get("stats")["late_accepts"] == 1


def test_latency_is_added_to_each_call(client: Client, control: Control) -> None:
    control.post("faults", latency_ms=120)

    began = time.monotonic()
    client.messages.create(to=ANNA, from_=OURS, body="x")

    assert time.monotonic() - began >= 0.12


def callbacks_of_one_text(client: Client, application: Application, expected: int) -> list[str]:
    client.messages.create(to=ANNA, from_=OURS, body="x", status_callback=f"{application.url}/s")
    if expected:
        until(lambda: len(application.hits) == expected)
    return [hit["MessageStatus"] for hit in application.hits]


def test_callbacks_are_lost(client: Client, application: Application, control: Control) -> None:
    control.post("faults", callbacks_lost=1)

    callbacks_of_one_text(client, application, 0)

    until(lambda: control.get("stats").get("callbacks_lost") == 3)
    assert application.hits == []


def test_callbacks_are_doubled(client: Client, application: Application, control: Control) -> None:
    control.post("faults", callbacks_doubled=1)

    found = callbacks_of_one_text(client, application, 6)

    assert sorted(found) == ["delivered", "delivered", "sending", "sending", "sent", "sent"]


def test_callbacks_come_out_of_order(client: Client, application: Application, control: Control) -> None:
    control.post("faults", callbacks_reordered=0.5, seed=4)
    orders = []
    for _ in range(6):
        application.hits.clear()
        orders.append(callbacks_of_one_text(client, application, 3))

    assert any(order != ["sending", "sent", "delivered"] for order in orders)


def test_a_receipt_that_never_comes_leaves_the_text_sent(client: Client, control: Control) -> None:
    control.post("faults", receipts_lost=1)

    created = client.messages.create(to=ANNA, from_=OURS, body="x")

    until(lambda: control.texts(ANNA) == ["x"])
    assert client.messages(created.sid).fetch().status == "sent"


def test_delivery_can_be_delayed(client: Client, control: Control) -> None:
    control.post("faults", delivery_delay=0.3)

    created = client.messages.create(to=ANNA, from_=OURS, body="x")

    until(lambda: client.messages(created.sid).fetch().status == "sent")
    assert control.texts(ANNA) == []
    until(lambda: control.texts(ANNA) == ["x"])


@pytest.mark.parametrize(
    ("code", "status"), [(30003, "undelivered"), (30007, "undelivered"), (30034, "failed"), (30002, "failed")]
)
def test_carriers_refuse(client: Client, control: Control, code: int, status: str) -> None:
    control.post("faults", carrier_errors={str(code): 1})

    created = client.messages.create(to=ANNA, from_=OURS, body="x")

    found = until(lambda: (m := client.messages(created.sid).fetch()).error_code and m)
    assert (found.status, found.error_code) == (status, code)
    assert control.texts(ANNA) == []


def test_an_inbound_webhook_is_lost_but_listed(
    client: Client, application: Application, control: Control
) -> None:
    control.post("faults", inbound_webhook_lost=1)

    control.send(ANNA, "Can you hear me?")

    assert application.hits == []
    assert [message.body for message in client.messages.list(to=OURS)] == ["Can you hear me?"]


def test_the_same_seed_breaks_the_same_sends_in_any_order() -> None:
    def broken(seed: int, phones: list[str]) -> set[tuple[str, int]]:
        dice = Dice(seed)
        asked = [(phone, nth) for nth in range(50) for phone in phones]
        return {(phone, nth) for phone, nth in asked if dice.hits(0.3, "429", phone)}

    assert broken(7, [ANNA, BERT]) == broken(7, [BERT, ANNA])
    assert broken(7, [ANNA]) != broken(8, [ANNA])
    assert 0.2 < len(broken(7, [ANNA, BERT])) / 100 < 0.4


@pytest.mark.parametrize(
    "changes",
    [{"rate_429": 2}, {"rate_429": "x"}, {"nonsense": 1}, {"carrier_errors": {"1": 1}}, {"phone_errors": 3}],
)
def test_bad_switches_change_nothing(control: Control, changes: dict[str, object]) -> None:
    answer = requests.post(f"{control.url}/_sim/faults", json={"latency_ms": 5, **changes}, timeout=5)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert control.get("faults") == {**Faults().as_json(), "carrier_errors": {}, "phone_errors": {}}
