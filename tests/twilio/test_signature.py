"""Signatures, as tables; the provider's own validator is asked beside ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from outreach.config import BadSetting, Settings
from outreach.simulator import signing
from outreach.twilio import signature

VECTORS = Path(__file__).parent / "data" / "signature_vectors.json"
TOKEN = "12345"
URL = "https://clinic.example.org/twilio/AC1/inbound"
FORM = [("AccountSid", "AC1"), ("Body", "I'm fine, thanks"), ("From", "+12025550143"), ("Empty", "")]


def sign(url: str, pairs=(), token: str = TOKEN, digest=hashlib.sha1) -> str:
    words = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), words.encode(), digest).digest()).decode()


def genuine(
    url: str = URL, pairs=FORM, *, signed: str, body: bytes = b"", settings: str = "", **secrets
) -> bool:
    webhook = signature.Signed(url=url, pairs=pairs, body=body, signature=signed, settings=settings)
    return signature.is_genuine(
        webhook,
        tokens=secrets.get("tokens", (TOKEN,)),
        shared_keys=secrets.get("shared_keys", {}),
    )


def test_published_vectors_agree() -> None:
    for vector in json.loads(VECTORS.read_text()):
        webhook = signature.Signed(
            url=vector["url"], pairs=list(vector["params"].items()), body=b"", signature=vector["signature"]
        )

        found = signature.is_genuine(webhook, tokens=[vector["auth_token"]], shared_keys={})

        assert found == vector["valid"], vector["name"]


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=8, unique_by=lambda pair: pair[0]))
def test_any_form_signed_by_the_provider_s_own_code_is_genuine(pairs: list[tuple[str, str]]) -> None:
    signed = RequestValidator(TOKEN).compute_signature(URL, dict(pairs))

    assert genuine(pairs=pairs, signed=signed)
    assert not genuine(pairs=[*pairs, ("Extra", "1")], signed=signed)


@pytest.mark.parametrize(
    ("name", "changes", "accepted"),
    [
        ("as sent", {}, True),
        ("port named", {"url": URL.replace(".org", ".org:443")}, True),
        ("http instead of https", {"url": URL.replace("https", "http")}, False),
        ("another host", {"url": URL.replace("clinic", "cl1nic")}, False),
        ("trailing slash", {"url": URL + "/"}, False),
        ("fragment kept", {"url": URL + "#rc=3"}, False),
        ("an empty parameter dropped", {"pairs": FORM[:-1]}, False),
        ("whitespace added", {"pairs": [*FORM[:1], ("Body", "I'm fine, thanks "), *FORM[2:]]}, False),
        ("a parameter twice", {"pairs": [*FORM, FORM[0]]}, True),
        ("another value for it", {"pairs": [*FORM, ("AccountSid", "AC2")]}, False),
        ("in another order", {"pairs": FORM[::-1]}, True),
    ],
)
def test_edges_of_form_signatures(name: str, changes: dict, accepted: bool) -> None:
    assert genuine(signed=sign(URL, FORM), **changes) == accepted, name


@pytest.mark.parametrize("signed", ["", "WRONG", "é", "x" * 10_000, sign(URL, FORM, token="other")])
def test_a_wrong_signature_is_refused(signed: str) -> None:
    assert not genuine(signed=signed)


@pytest.mark.parametrize("query", ["m=1&a=2", "q=%20%2B", "q=a+b", "q=%C3%A9&empty="])
def test_the_query_counts_as_it_was_sent(query: str) -> None:
    url = f"{URL}?{query}"

    assert genuine(url=url, signed=sign(url, FORM))
    assert not genuine(
        url=url.replace("%", "%25").replace("m=1", "m=2").replace("a+b", "a b"), signed=sign(url, FORM)
    )


def test_while_rotating_either_token_signs_and_an_old_one_does_not() -> None:
    signed = sign(URL, FORM, token="next")

    assert genuine(signed=signed, tokens=("primary", "next"))
    assert not genuine(signed=signed, tokens=("primary",))
    assert not genuine(signed=signed, tokens=())


def test_repeated_values_are_signed_once_each_and_sorted() -> None:
    pairs = [("k", "b"), ("k", "a"), ("k", "b")]

    assert genuine(pairs=pairs, signed=sign(URL, [("k", "a"), ("k", "b")]))


BODY = b'{"MessageSid": "SM1"}'


@pytest.mark.parametrize(
    ("name", "digest", "body", "accepted"),
    [
        ("as sent", hashlib.sha256(BODY).hexdigest(), BODY, True),
        ("digest in capitals", hashlib.sha256(BODY).hexdigest().upper(), BODY, True),
        ("body changed", hashlib.sha256(BODY).hexdigest(), BODY + b" ", False),
        ("no digest", "", BODY, False),
    ],
)
def test_a_json_body_is_covered_by_its_digest(name: str, digest: str, body: bytes, accepted: bool) -> None:
    url = f"{URL}?bodySHA256={digest}" if digest else URL

    assert genuine(url=url, pairs=None, body=body, signed=sign(url)) == accepted, name


KEYS = {"webhooks_sharedkey_1": "shared-secret"}


@pytest.mark.parametrize(
    ("settings", "signed", "accepted"),
    [
        (
            "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
            sign(URL, FORM, "shared-secret", hashlib.sha256),
            True,
        ),
        ("key=webhooks_sharedkey_1, algorithm=hmac_sha1", sign(URL, FORM, "shared-secret"), True),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", sign(URL, FORM), False),
        ("key=webhooks_sharedkey_2,algorithm=HMAC_SHA1", sign(URL, FORM), False),
        ("key=webhooks_sharedkey_1,algorithm=HMAC_MD5", sign(URL, FORM, "shared-secret"), False),
        ("algorithm=HMAC_SHA1", sign(URL, FORM), False),
        ("nonsense", sign(URL, FORM), False),
    ],
)
def test_a_shared_key_signs_by_its_own_algorithm_only(settings: str, signed: str, accepted: bool) -> None:
    assert genuine(signed=signed, settings=settings, shared_keys=KEYS) == accepted


@pytest.mark.parametrize(
    ("base", "raw_path", "query", "url"),
    [
        ("https://c.example", "/twilio/AC1/status", "m=1", "https://c.example/twilio/AC1/status?m=1"),
        ("https://c.example", "/twilio/AC1/status", "", "https://c.example/twilio/AC1/status"),
        ("https://c.example/sms", "/twilio/AC1/status", "", "https://c.example/sms/twilio/AC1/status"),
        ("https://c.example/sms", "/sms/twilio/AC1/status", "", "https://c.example/sms/twilio/AC1/status"),
    ],
)
def test_the_address_is_our_public_one(base: str, raw_path: str, query: str, url: str) -> None:
    assert signature.public_url(base, raw_path, query) == url


@pytest.mark.parametrize("algorithm", ["HMAC_SHA1", "HMAC_SHA256"])
def test_what_the_simulator_signs_with_a_shared_key_is_genuine_with_that_key_only(algorithm: str) -> None:
    url, pairs = "https://a.example/twilio/AC1/inbound?x=%20y#rc=3", [("Body", "Hé"), ("To", "+1")]
    made = signing.headers("token", ("k1", "secret", algorithm), url, pairs)

    def judge(*, keys: dict[str, str], tokens: tuple[str, ...] = ("token",), **changes: str) -> bool:
        webhook = signature.Signed(
            url=url.partition("#")[0],
            pairs=pairs,
            body=b"",
            signature=changes.get("signature", made["X-Twilio-Signature"]),
            settings=changes.get("settings", made["X-Twilio-Webhooks-Signature-Settings"]),
        )
        return signature.is_genuine(webhook, tokens=tokens, shared_keys=keys)

    other = "HMAC_SHA1" if algorithm == "HMAC_SHA256" else "HMAC_SHA256"
    assert judge(keys={"k1": "secret"})
    assert not judge(keys={"k1": "another"})
    assert not judge(keys={}, tokens=("secret",)), "a shared key is no token"
    assert not judge(keys={"k1": "secret"}, settings=f"key=k1,algorithm={other}")
    assert not judge(keys={"k1": "secret"}, settings="key=k1,algorithm=NONE")
    assert not judge(keys={"k1": "secret"}, settings="key=k2,algorithm=" + algorithm)
    assert not judge(keys={"k1": ""}, signature=signing.signature("", url, pairs, algorithm))


def test_shared_keys_come_from_the_environment() -> None:
    keys = {"OUTREACH_ENCRYPTION_KEYS": "1:" + "A" * 43 + "=", "OUTREACH_SECRET_KEY": "s" * 32}
    urls = {
        "OUTREACH_DATABASE_URL": "postgresql://x",
        "OUTREACH_REDIS_URL": "redis://x",
        "OUTREACH_PUBLIC_URL": "https://x",
    }
    given = Settings.from_env(keys | urls | {"TWILIO_SHARED_KEYS": "k1:one, k2:two:2"})
    assert given.sign_webhooks_with_shared_keys == {"k1": "one", "k2": "two:2"}
    with pytest.raises(BadSetting):
        Settings.from_env(keys | urls | {"TWILIO_SHARED_KEYS": "k1"})
