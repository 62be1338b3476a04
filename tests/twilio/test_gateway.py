"""The gateway against the simulator: what it asks for and what it makes of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from outreach.config import Settings
from outreach.messaging.ports import Accepted, OutboundText, ProviderUnavailable, Refused
from outreach.simulator.server import Running, running
from outreach.simulator.settings import Pace, ServiceSeed, SimulatorSettings
from outreach.twilio.gateway import LIST_PAGE_SIZE, TwilioGateway
from tests.provider import until

OURS, POOLED, ANNA = "+12025550100", "+12025550101", "+12025550143"
SERVICE = "MG" + "a" * 32
KEY = "SK" + "1" * 32


@pytest.fixture
def simulator(settings: Settings) -> Iterator[Running]:
    given = SimulatorSettings(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_tokens[0],
        api_keys={KEY: "secret"},
        numbers=(OURS,),
        services=(ServiceSeed(sid=SERVICE, name="Clinic", numbers=(POOLED,)),),
        list_lag_seconds=0.0,
        pace=Pace(queued=0.005, sending=0.01, sent=0.02, delivered=0.04),
    )
    with running(given) as found:
        yield found


@pytest.fixture
def gateway(settings: Settings, simulator: Running) -> TwilioGateway:
    return TwilioGateway(replace(settings, twilio_api_base_url=simulator.url))


def outbound(body: str = "Hello", **changes) -> OutboundText:
    values = {
        "message_id": uuid4(),
        "attempt_id": uuid4(),
        "to": ANNA,
        "sender_address": OURS,
        "body": body,
        "validity_seconds": 600,
    }
    return OutboundText(**(values | changes))


def test_a_text_from_a_number_is_taken(gateway: TwilioGateway, simulator: Running) -> None:
    found = gateway.send(outbound())

    assert isinstance(found, Accepted)
    assert (found.status, found.sent_from) == ("queued", OURS)
    message = simulator.world.store.messages[found.sid]
    assert (message.body, message.validity) == ("Hello", 600.0)


def test_a_text_from_a_service_gets_its_number_later(gateway: TwilioGateway, simulator: Running) -> None:
    found = gateway.send(outbound(sender_address=SERVICE))

    assert isinstance(found, Accepted)
    assert (found.status, found.sent_from) == ("accepted", None)
    until(lambda: gateway.fetch(found.sid).sent_from == POOLED)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": "+1555"}, 21211),
        ({"to": "+15005550004"}, 21610),
        ({"body": "x" * 1601}, 21617),
        ({"body": ""}, 21602),
        ({"sender_address": "+12025550177"}, 21606),
        ({"sender_address": "MG" + "b" * 32}, 21701),
        ({"media_urls": ("not a url",)}, 21620),
    ],
)
def test_a_refusal_has_the_provider_s_code(gateway: TwilioGateway, changes: dict, code: int) -> None:
    assert gateway.send(outbound(**changes)) == Refused(code=code, http_status=400)


def test_an_api_key_signs_in_and_a_wrong_token_is_told_as_such(
    settings: Settings, simulator: Running
) -> None:
    here = replace(settings, twilio_api_base_url=simulator.url)
    by_key = TwilioGateway(replace(here, twilio_api_key=KEY, twilio_api_secret="secret"))
    wrong = TwilioGateway(replace(here, twilio_auth_tokens=("wrong",)))

    assert isinstance(by_key.send(outbound()), Accepted)
    assert wrong.send(outbound()) == Refused(code=20003, http_status=401)


def test_all_texts_since_a_time_are_listed_newest_first_and_no_address_holds_a_number(
    gateway: TwilioGateway, simulator: Running
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    for n in range(LIST_PAGE_SIZE + 5):
        gateway.send(outbound(f"Text {n}"))
    gateway.send(outbound("Other", to="+12025550144"))

    listed = list(gateway.list_sent(since=before))

    assert [one.body for one in listed] == [
        "Other",
        *(f"Text {n}" for n in reversed(range(LIST_PAGE_SIZE + 5))),
    ]
    assert {one.direction for one in listed} == {"outbound-api"}
    assert list(gateway.list_sent(since=datetime.now(UTC) + timedelta(minutes=1))) == []
    assert not [one.url for one in simulator.world.store.requests if "20255501" in one.url]


def test_a_list_that_is_cut_off_is_no_list(
    gateway: TwilioGateway, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.twilio.gateway.MOST_SENT", 2)
    for n in range(3):
        gateway.send(outbound(f"Text {n}"))

    with pytest.raises(ProviderUnavailable):
        gateway.list_sent(since=datetime.now(UTC) - timedelta(seconds=5))


@pytest.mark.parametrize(("address", "number"), [(OURS, OURS), (SERVICE, POOLED)])
def test_inbound_texts_are_listed_by_number_and_by_service(
    gateway: TwilioGateway, simulator: Running, address: str, number: str
) -> None:
    simulator.world.inbound.receive(phone=ANNA, to=number, body="Hi", media=[("image/png", b"png")])
    gateway.send(outbound(to=number if number != OURS else POOLED))

    listed = list(gateway.list_received(at_address=address, since=datetime.now(UTC) - timedelta(hours=1)))

    assert [(one.body, one.sent_from, one.to) for one in listed] == [("Hi", ANNA, number)]
    ((url, kind),) = listed[0].media
    assert kind == "image/png"
    assert gateway.fetch_media(url) == ("image/png", b"png")


def test_a_text_nobody_knows_is_none(gateway: TwilioGateway) -> None:
    assert gateway.fetch("SM" + "0" * 32) is None
    gateway.redact("SM" + "0" * 32)


def test_what_is_not_final_can_not_be_redacted_yet(gateway: TwilioGateway, simulator: Running) -> None:
    simulator.world.faults.update({"delivery_delay": 5.0})
    found = gateway.send(outbound())

    with pytest.raises(ProviderUnavailable):
        gateway.redact(found.sid)


def test_a_batch_opens_no_more_connections_than_it_has_threads(
    gateway: TwilioGateway, simulator: Running
) -> None:
    with ThreadPoolExecutor(32) as pool:
        results = list(pool.map(lambda n: gateway.send(outbound(f"{n}")), range(300)))

    assert all(isinstance(one, Accepted) for one in results)
    pool = gateway._session.get_adapter(simulator.url).poolmanager.connection_from_url(simulator.url)
    assert pool.num_connections <= 32


def test_nothing_of_a_text_shows_in_its_own_words(gateway: TwilioGateway) -> None:
    text = outbound("secret words", attempt_id=UUID(int=3))

    assert "secret" not in repr(text)
    assert ANNA not in repr(text)
