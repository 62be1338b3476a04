"""Settings. This module is the only reader of the environment."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from outreach.kernel.errors import OutreachError

KEY_BYTES = 32
MOST_PROXIES = 5
MACHINE_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONHASHSEED", "VIRTUAL_ENV", "CI")


class BadSetting(OutreachError):
    """A setting is missing or can't be used."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything a process is told from outside. Secrets do not show in its text form."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    public_url: str
    secret_key: str = field(repr=False)
    encryption_keys: Mapping[int, bytes] = field(repr=False)
    twilio_account_sid: str = ""
    twilio_auth_tokens: tuple[str, ...] = field(default=(), repr=False)
    twilio_api_key: str = ""
    twilio_api_secret: str = field(default="", repr=False)
    twilio_api_base_url: str = ""
    twilio_messaging_service_sid: str = ""
    twilio_from: str = ""
    sign_webhooks_with_shared_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    trusted_proxies: int = 0
    """How many reverse proxies of ours stand between browsers and us: so many entries of X-Forwarded-For,
    counted from the end, are believed. None by default: anybody can write that header.
    """
    simulator_url: str = ""
    """Where the simulator's phones are, when there is one (for links on the demo's pages)."""
    demo: bool = False
    deployment: str = ""
    """Name of this installation, kept outside the database: a copy of the database elsewhere has another."""

    @property
    def real_provider(self) -> bool:
        """Whether texts leave the house: then the product clock is the machine's and can't be moved."""
        return bool(self.twilio_account_sid) and not self.twilio_api_base_url

    @property
    def secure_cookies(self) -> bool:
        """Whether browsers reach us by TLS."""
        return self.public_url.startswith("https://")

    @property
    def checks_webhooks(self) -> bool:
        """Whether we hold a key that the provider's webhooks can be checked with."""
        return bool(self.twilio_auth_tokens or self.sign_webhooks_with_shared_keys)

    def must_check_webhooks(self) -> None:
        """Raise BadSetting if an account is named whose webhooks can't be checked: each would be refused."""
        if self.twilio_account_sid and not self.checks_webhooks:
            raise BadSetting(
                "TWILIO_AUTH_TOKEN is not set: webhooks can't be checked, and no text from a patient would "
                "be taken. An API key is for sending only. See docs/how-to/settings.md."
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings. Raise BadSetting with one clear line if one is missing or bad."""
        env = os.environ if environ is None else environ
        return cls(
            database_url=_database_url(_required(env, "OUTREACH_DATABASE_URL")),
            redis_url=_url(env, "OUTREACH_REDIS_URL", schemes=("redis", "rediss", "unix")),
            public_url=_url(env, "OUTREACH_PUBLIC_URL", schemes=("http", "https")).rstrip("/"),
            secret_key=_secret(env),
            encryption_keys=parse_keys(_required(env, "OUTREACH_ENCRYPTION_KEYS")),
            twilio_account_sid=env.get("TWILIO_ACCOUNT_SID", ""),
            twilio_auth_tokens=tuple(
                token.strip() for token in env.get("TWILIO_AUTH_TOKEN", "").split(",") if token.strip()
            ),
            twilio_api_key=env.get("TWILIO_API_KEY", ""),
            twilio_api_secret=env.get("TWILIO_API_SECRET", ""),
            twilio_api_base_url=env.get("TWILIO_API_BASE_URL", "").rstrip("/"),
            twilio_messaging_service_sid=env.get("TWILIO_MESSAGING_SERVICE_SID", ""),
            twilio_from=env.get("TWILIO_FROM", ""),
            trusted_proxies=_count(env, "OUTREACH_TRUSTED_PROXIES", most=MOST_PROXIES),
            simulator_url=env.get("OUTREACH_SIMULATOR_URL", ""),
            demo=env.get("OUTREACH_DEMO", "") == "1",
            deployment=env.get("OUTREACH_DEPLOYMENT", "").strip(),
            sign_webhooks_with_shared_keys=_shared_keys(env.get("TWILIO_SHARED_KEYS", "")),
        )


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a process we start: what the machine needs, our settings, then `extra`."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in MACHINE_VARIABLES or key.startswith(("OUTREACH_", "TWILIO_"))
    }
    return kept | dict(extra)


def given(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return those of our settings that the environment sets."""
    env = os.environ if environ is None else environ
    return {key: value for key, value in env.items() if key.startswith(("OUTREACH_", "TWILIO_"))}


def parse_keys(raw: str) -> dict[int, bytes]:
    """Return encryption keys by id from "2:base64,1:base64"; the first one encrypts.

    Raise BadSetting for an id outside 0..65535, a repeated id, or a key that is not 32 bytes.
    """
    keys: dict[int, bytes] = {}
    for part in filter(None, (piece.strip() for piece in raw.split(","))):
        key_id, _, encoded = part.partition(":")
        try:
            value = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            value = b""
        if not key_id.isdigit() or int(key_id) > 0xFFFF or int(key_id) in keys or len(value) != KEY_BYTES:
            raise BadSetting(
                "OUTREACH_ENCRYPTION_KEYS: write each key as NUMBER:BASE64 of 32 bytes, "
                "parted by commas, each number once."
            )
        keys[int(key_id)] = value
    if not keys:
        raise BadSetting("OUTREACH_ENCRYPTION_KEYS is empty. `outreach init --help` shows how to make one.")
    return keys


def _shared_keys(raw: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in raw.split(","))):
        name, separator, secret = part.partition(":")
        if not (separator and name.strip() and secret.strip()):
            raise BadSetting("TWILIO_SHARED_KEYS: write each key as ID:SECRET, parted by commas.")
        keys[name.strip()] = secret.strip()
    return keys


def _required(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "").strip()
    if not value:
        raise BadSetting(f"{name} is not set. See docs/how-to/settings.md.")
    return value


def _count(env: Mapping[str, str], name: str, *, most: int) -> int:
    value = env.get(name, "").strip() or "0"
    if not value.isdecimal() or int(value) > most:
        raise BadSetting(f"{name} must be a number from 0 to {most}.")
    return int(value)


def _url(env: Mapping[str, str], name: str, *, schemes: tuple[str, ...]) -> str:
    value = _required(env, name)
    if urlsplit(value).scheme not in schemes:
        raise BadSetting(f"{name} must start with one of: {', '.join(s + '://' for s in schemes)}")
    return value


def _database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise BadSetting("OUTREACH_DATABASE_URL must start with postgresql://")
    return f"postgresql+psycopg://{rest}"


def _secret(env: Mapping[str, str]) -> str:
    value = _required(env, "OUTREACH_SECRET_KEY")
    if len(value) < KEY_BYTES:
        raise BadSetting("OUTREACH_SECRET_KEY must have at least 32 characters.")
    return value
