"""Our webhooks, called as the provider calls them."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from outreach.services import Services
from outreach.twilio import webhooks

SID = "SM" + "a" * 32
ACCOUNT = "AC" + "0" * 32
TOKEN = "t" * 32
FORM = {
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": "+12025550143",
    "To": "+12025550100",
    "Body": "I'm fine, thanks",
    "NumMedia": "0",
}


def sign(url: str, pairs=(), token: str = TOKEN, digest=hashlib.sha1) -> str:
    words = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), words.encode(), digest).digest()).decode()


class Caller:
    """The provider, or somebody who pretends to be."""

    def __init__(self, client: FlaskClient, services: Services) -> None:
        self.client, self.services = client, services
        self.base = services.settings.public_url

    def posts(self, kind: str, form: dict, *, account: str = ACCOUNT, query: str = "", **how) -> TestResponse:
        path = f"/twilio/{account}/{kind}" + (f"?{query}" if query else "")
        headers = {"X-Twilio-Signature": sign(self.base + path, form.items(), how.pop("token", TOKEN))}
        return self.client.post(
            path,
            data=urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers=headers | how.pop("headers", {}),
            **how,
        )

    def count(self, table: str) -> int:
        with self.services.transactions.engine.connect() as connection:
            return int(connection.scalar(text(f"SELECT count(*) FROM {table}")))


@pytest.fixture
def caller(services: Services) -> Caller:
    settings = dataclasses.replace(
        services.settings,
        twilio_auth_tokens=(TOKEN, "next" * 8),
        sign_webhooks_with_shared_keys={"key1": "shared-secret"},
    )
    return calling(dataclasses.replace(services, settings=settings))


def calling(services: Services) -> Caller:
    return Caller(webhooks.application(services).test_client(), services)


def test_an_inbound_text_is_stored_and_answered_with_an_empty_twiml(caller: Caller) -> None:
    answer = caller.posts("inbound", FORM)

    assert answer.status_code == 200
    assert answer.content_type.startswith("text/xml")
    assert answer.text.endswith("<Response/>")
    assert caller.count("inbound_receipt") == 1


def test_neither_cookies_nor_pages_are_there(caller: Caller) -> None:
    answers = [caller.posts("inbound", FORM), caller.client.get("/login"), caller.posts("nothing", FORM)]

    assert [one.status_code for one in answers] == [200, 404, 404]
    assert not any("Set-Cookie" in one.headers or "html" in one.content_type for one in answers)


@pytest.mark.parametrize("times", [2, 5])
def test_the_same_text_again_is_answered_and_stored_once(caller: Caller, times: int) -> None:
    answers = [caller.posts(kind, FORM).status_code for kind in (["inbound", "fallback"] * times)[:times]]

    assert answers == [200] * times
    assert caller.count("inbound_receipt") == 1


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("wrong token", {"token": "wrong"}),
        ("no signature", {"headers": {"X-Twilio-Signature": ""}}),
        ("nonsense", {"headers": {"X-Twilio-Signature": "é\x7f"}}),
        (
            "shared key unknown",
            {"headers": {"X-Twilio-Webhooks-Signature-Settings": "key=k2,algorithm=HMAC_SHA1"}},
        ),
        ("another account in the path", {"account": "AC" + "1" * 32}),
    ],
)
@pytest.mark.parametrize("kind", ["inbound", "fallback", "status"])
def test_what_is_not_the_provider_s_is_refused_and_nothing_is_stored(
    caller: Caller, kind: str, name: str, how: dict
) -> None:
    answer = caller.posts(kind, FORM | {"MessageStatus": "delivered"}, **how)

    assert answer.status_code == 403, name
    assert answer.data == b""
    assert caller.count("inbound_receipt") == caller.count("delivery_event") == 0


@pytest.mark.parametrize("kind", ["inbound", "fallback", "status"])
def test_a_webhook_of_another_account_is_refused_even_if_signed(caller: Caller, kind: str) -> None:
    answer = caller.posts(kind, FORM | {"AccountSid": "AC" + "1" * 32, "MessageStatus": "delivered"})

    assert answer.status_code == 403
    assert caller.count("inbound_receipt") == caller.count("delivery_event") == 0


def test_an_altered_body_is_refused(caller: Caller) -> None:
    path = f"/twilio/{ACCOUNT}/inbound"
    headers = {"X-Twilio-Signature": sign(caller.base + path, FORM.items())}

    answer = caller.client.post(path, data=FORM | {"Body": "STOP"}, headers=headers)

    assert answer.status_code == 403


def test_the_host_header_has_no_say(caller: Caller) -> None:
    assert caller.posts("inbound", FORM, headers={"Host": "evil.example"}).status_code == 200
    forged = sign(f"http://evil.example/twilio/{ACCOUNT}/inbound", FORM.items(), "x")
    answer = caller.posts("inbound", FORM, headers={"Host": "evil.example", "X-Twilio-Signature": forged})
    assert answer.status_code == 403


def test_while_rotating_the_next_token_signs_too(caller: Caller) -> None:
    assert caller.posts("inbound", FORM, token="next" * 8).status_code == 200


def test_a_shared_key_signs_with_its_own_algorithm(caller: Caller) -> None:
    url = f"{caller.base}/twilio/{ACCOUNT}/inbound"
    headers = {
        "X-Twilio-Signature": sign(url, FORM.items(), "shared-secret", hashlib.sha256),
        "X-Twilio-Webhooks-Signature-Settings": "key=key1,algorithm=HMAC_SHA256",
    }

    assert caller.posts("inbound", FORM, headers=headers).status_code == 200


def test_a_json_body_covered_by_its_digest_is_taken(caller: Caller) -> None:
    body = json.dumps(FORM).encode()
    path = f"/twilio/{ACCOUNT}/inbound?bodySHA256={hashlib.sha256(body).hexdigest()}"
    headers = {"X-Twilio-Signature": sign(caller.base + path)}

    def post(content: bytes) -> int:
        return caller.client.post(
            path, data=content, content_type="application/json", headers=headers
        ).status_code

    assert post(body + b" ") == 403
    assert post(body) == 200
    assert caller.count("inbound_receipt") == 1


def test_json_that_is_none_is_refused_without_a_trace(caller: Caller) -> None:
    for body in (b"{", b"[1]", b"null", b"\xff\xfe"):
        path = f"/twilio/{ACCOUNT}/inbound?bodySHA256={hashlib.sha256(body).hexdigest()}"
        headers = {"X-Twilio-Signature": sign(caller.base + path)}
        answer = caller.client.post(path, data=body, content_type="application/json", headers=headers)
        assert answer.status_code == 403


HOSTILE = [
    "'; DROP TABLE message; --",
    "<script>alert(1)</script> {{7*7}} ${jndi:ldap://x}",
    "\u202eevil\u202c \u200b\ufeff",
    "nul \x00 inside",
    "😀" * 1600,
    "",
    " ",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_words_are_only_words(caller: Caller, body: str) -> None:
    assert caller.posts("inbound", FORM | {"Body": body}).status_code == 200
    assert caller.count("inbound_receipt") == 1


def test_a_text_of_pictures_only_is_taken(caller: Caller) -> None:
    form = {key: value for key, value in FORM.items() if key != "Body"}
    form |= {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x", "MediaContentType0": "image/jpeg"}

    assert caller.posts("inbound", form).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"MessageSid": ""},
        {"MessageSid": "SM1"},
        {"MessageSid": "x" * 5000},
        {"From": ""},
        {"MessageSid": "SM\x00"},
    ],
)
def test_what_names_no_text_is_a_clear_no(caller: Caller, changes: dict) -> None:
    assert caller.posts("inbound", FORM | changes).status_code == 400
    assert caller.count("inbound_receipt") == 0


def test_a_body_beyond_all_measure_is_cut_off(caller: Caller) -> None:
    assert caller.posts("inbound", FORM | {"Body": "x" * 200_000}).status_code == 413
    huge = caller.client.post(
        f"/twilio/{ACCOUNT}/inbound", data=b"x" * 200_000, content_type="application/json"
    )
    assert huge.status_code == 413


@pytest.mark.parametrize("kind", ["inbound", "status", "fallback"])
def test_only_posts_are_answered(caller: Caller, kind: str) -> None:
    assert caller.client.get(f"/twilio/{ACCOUNT}/{kind}").status_code == 405


STATUS = {
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "MessageStatus": "delivered",
    "From": "+12025550100",
    "To": "+12025550143",
}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "m=&a=",
        "m=1&a=2",
        "m=00000000-0000-0000-0000-000000000001&a=00000000-0000-0000-0000-000000000002",
        "m=%27%3B--&a=%00",
    ],
)
def test_a_callback_for_a_text_we_do_not_know_is_taken_note_of(caller: Caller, query: str) -> None:
    answer = caller.posts("status", STATUS, query=query)

    assert (answer.status_code, answer.data) == (204, b"")
    assert caller.count("delivery_event") == 1


@pytest.mark.parametrize(
    "changes", [{"MessageSid": "nonsense"}, {"MessageStatus": ""}, {"MessageStatus": "DROP TABLE"}]
)
def test_a_callback_that_says_nothing_is_a_clear_no(caller: Caller, changes: dict) -> None:
    assert caller.posts("status", STATUS | changes).status_code == 400


@pytest.mark.parametrize("code", ["", "30003", "abc", "9" * 30, "-1", "٣"])
def test_whatever_the_error_code_says_the_callback_is_heard(caller: Caller, code: str) -> None:
    answer = caller.posts("status", STATUS | {"MessageStatus": "undelivered", "ErrorCode": code})

    assert answer.status_code == 204


@pytest.mark.parametrize(("kind", "form"), [("inbound", FORM), ("fallback", FORM), ("status", STATUS)])
def test_without_a_database_the_provider_is_told_to_come_again(
    services: Services, kind: str, form: dict
) -> None:
    dead = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none?connect_timeout=1")
    transactions = dataclasses.replace(services.transactions, engine=dead)

    answer = calling(dataclasses.replace(services, transactions=transactions)).posts(kind, form)

    assert answer.status_code == 503
