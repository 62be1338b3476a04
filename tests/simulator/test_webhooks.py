"""Status callbacks and inbound webhooks, as the application sees them."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import requests
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from outreach.simulator.records import Message
from outreach.simulator.server import Running, running
from outreach.simulator.signing import signature
from outreach.simulator.webhooks import Overrides
from tests.simulator.kit import (
    ACCOUNT,
    ANNA,
    OURS,
    POOLED,
    SERVICE,
    TOKEN,
    Application,
    Control,
    Hit,
    sdk,
    settings,
    until,
)

INBOUND = f"/twilio/{ACCOUNT}/inbound"
FALLBACK = f"/twilio/{ACCOUNT}/fallback"


def valid(application: Application, hit: Hit) -> bool:
    return RequestValidator(TOKEN).validate(
        application.url + hit.path, dict(hit.params), hit.headers["X-Twilio-Signature"]
    )


def test_signs_like_the_published_examples() -> None:
    for folder in Path(__file__).resolve().parents:
        found = folder / "shared" / "data" / "twilio" / "signature_vectors.json"
        if found.exists():
            break
    else:
        pytest.skip("the shared inputs are not on this machine")

    for vector in json.loads(found.read_text()):
        made = signature(vector["auth_token"], vector["url"], list(vector["params"].items()))
        assert (made == vector["signature"]) is vector["valid"]


@pytest.mark.parametrize(
    ("url", "params"),
    [
        ("http://a.test/x?m=1&a=%2B2%20b", [("Body", "é 👍 +"), ("Empty", ""), ("a", "2"), ("A", "1")]),
        ("https://a.test:8443/x", [("MediaUrl0", "http://b/?c=d")]),
        ("http://a.test/x", []),
    ],
)
def test_signatures_satisfy_the_official_validator(url: str, params: list[tuple[str, str]]) -> None:
    made = signature(TOKEN, f"{url}#rc=3&rp=all", params)

    assert RequestValidator(TOKEN).validate(url, dict(params), made)
    assert not RequestValidator("another").validate(url, dict(params), made)


def test_tells_each_status_to_the_callback_of_the_message(client: Client, application: Application) -> None:
    callback = f"{application.url}/status?m=123&a=%2B4#rc=2"

    created = client.messages.create(to=ANNA, from_=OURS, body="Hi", status_callback=callback)

    until(lambda: len(application.hits) == 3)
    assert {hit["MessageStatus"] for hit in application.hits} == {"sending", "sent", "delivered"}
    for hit in application.hits:
        assert hit.path == "/status?m=123&a=%2B4"
        assert valid(application, hit)
        assert (hit["MessageSid"], hit["SmsSid"], hit["AccountSid"]) == (created.sid, created.sid, ACCOUNT)
        assert (hit["From"], hit["To"], hit["ApiVersion"]) == (OURS, ANNA, "2010-04-01")
        assert hit.headers["I-Twilio-Idempotency-Token"]
        assert "Body" not in dict(hit.params)
    assert {"RawDlrDoneDate"} == {
        name for hit in application.hits if hit["MessageStatus"] == "delivered" for name, _ in hit.params
    } & {"RawDlrDoneDate"}


def test_a_service_tells_queued_too_and_its_own_callback(client: Client, application: Application) -> None:
    client.messaging.v1.services(SERVICE).update(status_callback=f"{application.url}/service")

    client.messages.create(to=ANNA, messaging_service_sid=SERVICE, body="Hi")

    until(lambda: len(application.hits) == 4)
    assert {hit["MessageStatus"] for hit in application.hits} == {"queued", "sending", "sent", "delivered"}
    assert {(hit["MessagingServiceSid"], hit["From"]) for hit in application.hits} == {(SERVICE, POOLED)}


def test_an_undelivered_text_names_its_error(
    client: Client, application: Application, control: Control
) -> None:
    control.post("faults", phone_errors={ANNA: 30005})

    created = client.messages.create(
        to=ANNA, from_=OURS, body="Hi", status_callback=f"{application.url}/status"
    )

    last = until(lambda: next((hit for hit in application.hits if "ErrorCode" in dict(hit.params)), None))
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30005")
    fetched = client.messages(created.sid).fetch()
    assert (fetched.error_code, fetched.error_message) == (30005, "Unknown destination handset")
    assert control.texts(ANNA) == []


def test_a_text_from_a_phone_reaches_the_webhook_and_the_log(
    client: Client, application: Application, control: Control
) -> None:
    sent = control.send(ANNA, "Me duele 👍 + más ")

    hit = application.at(INBOUND)[0]
    assert valid(application, hit)
    assert (sent["webhook_status"], sent["to"]) == (200, OURS)
    assert (hit["MessageSid"], hit["From"], hit["To"], hit["Body"]) == (
        sent["sid"],
        ANNA,
        OURS,
        "Me duele 👍 + más ",
    )
    assert (hit["NumMedia"], hit["NumSegments"], hit["SmsStatus"]) == ("0", "1", "received")
    assert "MessagingServiceSid" not in dict(hit.params)
    logged = client.messages.list(to=OURS)
    assert [(m.sid, m.direction, m.status) for m in logged] == [(sent["sid"], "inbound", "received")]


def test_a_text_is_answered_to_the_number_that_wrote_last(client: Client, control: Control) -> None:
    client.messages.create(to=ANNA, messaging_service_sid=SERVICE, body="Hi")
    until(lambda: control.texts(ANNA))

    assert control.send(ANNA, "Hello")["to"] == POOLED


def test_replies_in_twiml_reach_the_phone(application: Application, client: Client, control: Control) -> None:
    application.answers[INBOUND] = (
        200,
        "text/xml; charset=utf-8",
        "<Response><Message>One &amp; all</Message><Message><Body>Two</Body></Message></Response>",
    )

    control.send(ANNA, "Hi")

    until(lambda: sorted(control.texts(ANNA)) == ["One & all", "Two"])
    assert {m.direction for m in client.messages.list(to=ANNA)} == {"outbound-reply"}


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, "text/html", "broken"), "11200"),
        ((404, "text/html", ""), "11200"),
        ((200, "text/xml", "<Response><Message>"), "12100"),
        ((200, "application/json", "{}"), "12300"),
        ((200, "text/xml", "<Response>" + " " * 65536 + "</Response>"), "11750"),
        ((200, "text/xml", "<Response>" + "<Message>x</Message>" * 11 + "</Response>"), "14109"),
    ],
)
def test_a_failing_webhook_falls_back(
    application: Application, control: Control, answer: tuple[int, str, str], code: str
) -> None:
    application.answers[INBOUND] = answer

    sent = control.send(ANNA, "Hi")

    hit = application.at(FALLBACK)[0]
    assert valid(application, hit)
    assert (hit["ErrorCode"], hit["ErrorUrl"]) == (code, application.url + INBOUND)
    assert (hit["Body"], hit["MessageSid"], sent["webhook_status"]) == ("Hi", sent["sid"], 200)
    assert control.texts(ANNA) == []


def test_an_application_that_is_away_loses_the_webhook_but_not_the_log() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with running(settings(webhook_base=away)) as here:
            sent = Control(here.url).send(ANNA, "Anybody?")

            assert (sent["webhook_status"], sent["error_code"]) == (0, 11205)
            assert [m.body for m in sdk(here.url).messages.list(from_=ANNA)] == ["Anybody?"]


@pytest.mark.parametrize(
    ("fragment", "answer", "tries"),
    [
        ("", (500, "text/xml", ""), 1),
        ("#rc=2", (500, "text/xml", ""), 1),
        ("#rc=2&rp=5xx", (500, "text/xml", ""), 3),
        ("#rc=3&rp=4xx", (500, "text/xml", ""), 1),
        ("#rc=1&rp=all", (404, "text/xml", ""), 2),
        ("#rc=9&rp=all", (404, "text/xml", ""), 2),
    ],
)
def test_connection_overrides_decide_on_retries(
    simulator: Running, application: Application, fragment: str, answer: tuple[int, str, str], tries: int
) -> None:
    application.answers["/hook"] = answer

    simulator.world.postman.post_now(f"{application.url}/hook{fragment}", [("a", "b")])

    assert len(application.hits) == tries
    assert len({hit.headers["I-Twilio-Idempotency-Token"] for hit in application.hits}) == 1


def test_a_slow_webhook_is_given_up_on(simulator: Running, application: Application) -> None:
    application.slow["/hook"] = 1.0

    answer = simulator.world.postman.post_now(f"{application.url}/hook#rt=150", [("a", "b")])

    assert (answer.ok, answer.error_code, answer.failure) == (False, 11205, "rt")
    assert len(application.hits) == 1


def test_overrides_out_of_range_are_ignored() -> None:
    found = Overrides.of("http://a.test/#rc=7&ct=20&rt=99999&tt=x&rp=rt,5xx")

    assert found == Overrides(policies=frozenset({"rt", "5xx"}))


def test_without_a_webhook_of_its_own_a_new_service_is_deaf(
    client: Client, application: Application, control: Control
) -> None:
    service = client.messaging.v1.services.create(friendly_name="New")
    number = client.incoming_phone_numbers.list(phone_number=OURS)[0]
    client.messaging.v1.services(service.sid).phone_numbers.create(phone_number_sid=number.sid)

    control.send(ANNA, "Hi", to=OURS)
    assert application.hits == []

    client.messaging.v1.services(service.sid).update(inbound_request_url=f"{application.url}/in")
    control.send(ANNA, "Hi", to=OURS)
    assert application.at("/in")[0]["MessagingServiceSid"] == service.sid


def test_photos_travel_both_ways(client: Client, application: Application, control: Control) -> None:
    control.send(ANNA, "", media=[{"content_type": "image/png", "base64": "iVBORw=="}])
    hit = application.at(INBOUND)[0]

    assert (hit["NumMedia"], hit["MediaContentType0"]) == ("1", "image/png")
    assert hit["MessageSid"].startswith("MM")
    assert requests.get(hit["MediaUrl0"], timeout=5).status_code == 401
    photo = requests.get(hit["MediaUrl0"], auth=(ACCOUNT, TOKEN), timeout=5)
    assert (photo.content, photo.headers["Content-Type"]) == (b"\x89PNG", "image/png")
    media = client.messages(hit["MessageSid"]).media.list()
    assert [(item.content_type, item.parent_sid) for item in media] == [("image/png", hit["MessageSid"])]
    assert client.messages(hit["MessageSid"]).media(media[0].sid).delete()
    assert requests.get(hit["MediaUrl0"], auth=(ACCOUNT, TOKEN), timeout=5).status_code == 404
    assert client.messages(hit["MessageSid"]).fetch().num_media == "0"

    out = client.messages.create(to=ANNA, from_=OURS, media_url=[f"{application.url}/a.png"])
    text = until(lambda: control.get(f"phones/{ANNA}/texts")["texts"])[0]
    assert out.sid.startswith("MM")
    assert requests.get(f"{control.url}/_sim/media/{text['media'][0]}", timeout=5).ok


def test_a_photo_that_cannot_be_fetched_fails_the_text(client: Client, control: Control) -> None:
    created = client.messages.create(to=ANNA, from_=OURS, body="x", media_url=["http://127.0.0.1:9/a.png"])

    failed: Message = until(lambda: (m := client.messages(created.sid).fetch()).status == "failed" and m)
    assert failed.error_code == 11200
    assert control.texts(ANNA) == []
