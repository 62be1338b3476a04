"""Is this webhook really the provider's? Pure: what arrived in, yes or no out.

The provider signs the address it was told, without fragment, exactly as it sends it, and for forms every
parameter, sorted, name and value; a JSON body is covered by `bodySHA256` in the address. Webhooks signed with
a shared key name key and algorithm in a header of their own. Sources: the provider's pages on webhooks
security and shared keys; checked against its SDK's validator in the tests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

DIGESTS = {"HMAC_SHA1": hashlib.sha1, "HMAC_SHA256": hashlib.sha256}
LEGACY = "HMAC_SHA1"
DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A webhook as it arrived. `pairs` holds every parameter of a form; None means the body is no form."""

    url: str = field(repr=False)
    pairs: Sequence[tuple[str, str]] | None = field(repr=False)
    body: bytes = field(repr=False)
    signature: str = field(repr=False)
    settings: str = ""
    """Value of X-Twilio-Webhooks-Signature-Settings."""


def public_url(base: str, raw_path: str, query: str) -> str:
    """Return the address the provider called: our public one, and path and query as they were sent.

    The Host header has no part in it: anybody can write one. A prefix in our public address counts once,
    whether or not the proxy in front of us takes it off.
    """
    prefix = urlsplit(base).path
    path = raw_path.removeprefix(prefix) if prefix and raw_path.startswith(f"{prefix}/") else raw_path
    return f"{base}{path}?{query}" if query else f"{base}{path}"


def is_genuine(webhook: Signed, *, tokens: Sequence[str], shared_keys: Mapping[str, str]) -> bool:
    """Return whether one of our secrets signed this.

    `tokens` holds the account's primary token and, while rotating, the next one: only the primary ever signs,
    and which one that is changes at the provider at a moment of its own.
    """
    algorithm, secrets = _secrets(webhook.settings, tokens, shared_keys)
    if algorithm is None or not webhook.signature.isascii():
        return False
    if webhook.pairs is None and not _body_matches(webhook):
        return False
    given = webhook.signature.encode()
    urls = _spellings(webhook.url)
    # Every combination is tried, so that time tells nothing about which one was near.
    found = [
        hmac.compare_digest(_sign(secret, url, webhook.pairs or (), algorithm), given)
        for secret in secrets
        for url in urls
    ]
    return any(found)


def _secrets(
    settings: str, tokens: Sequence[str], shared_keys: Mapping[str, str]
) -> tuple[str | None, Sequence[str]]:
    if not settings:
        return LEGACY, tokens
    named = dict(part.strip().split("=", 1) for part in settings.split(",") if "=" in part)
    algorithm = named.get("algorithm", LEGACY).strip().upper()
    secret = shared_keys.get(named.get("key", "").strip())
    # A webhook that says it is signed by a shared key is checked with that key only, never with a token.
    return (algorithm, [secret]) if algorithm in DIGESTS and secret else (None, ())


def _sign(secret: str, url: str, pairs: Iterable[tuple[str, str]], algorithm: str) -> bytes:
    signed = url + "".join(name + value for name, value in sorted(set(pairs)))
    digest = hmac.new(secret.encode(), signed.encode("utf-8", "surrogatepass"), DIGESTS[algorithm]).digest()
    return base64.b64encode(digest)


def _body_matches(webhook: Signed) -> bool:
    wanted = dict(parse_qsl(urlsplit(webhook.url).query)).get("bodySHA256", "")
    return hmac.compare_digest(hashlib.sha256(webhook.body).hexdigest().encode(), wanted.lower().encode())


def _spellings(url: str) -> tuple[str, ...]:
    """Return the address with and without its port: the provider's own validator takes both."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.rpartition(":") if parts.port else (parts.netloc, "", "")
    if port:
        return url, parts._replace(netloc=host).geturl()
    default = DEFAULT_PORTS.get(parts.scheme)
    return url, url.replace(f"://{parts.netloc}", f"://{parts.netloc}:{default}", 1)
