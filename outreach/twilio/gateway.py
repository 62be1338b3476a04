"""The way to the provider: its official SDK behind messaging's port.

What it must get right is the meaning of an error: did the text certainly never reach the provider (safe to
try again), or may it have (never sent again blindly)? `troubles` holds that table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from outreach.config import Settings
from outreach.kernel import log
from outreach.kernel.clock import Clock, SystemClock
from outreach.messaging.ports import (
    Accepted,
    MediaTooLarge,
    OutboundText,
    ProviderMessage,
    ProviderUnavailable,
    SendResult,
)
from outreach.messaging.rules import pictures
from outreach.twilio import account, troubles

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
"""Far below a send's lease, so that a request is over before anybody calls its outcome unknown."""
CONNECTIONS = 128
PAGE_SIZE = 50
MOST_RECEIVED = 100_000
LIST_PAGE_SIZE = 200
MOST_SENT = 40_000
"""Texts of the last quarter of an hour at 40 a second."""
LARGEST_LIST = 64 * 1024 * 1024
LARGEST_MEDIA = 25 * 1024 * 1024
PROVIDER_HOSTS = (".twilio.com", ".twiliocdn.com")
OVERRIDES = "#rc=3&rp=ct,rt,5xx"
"""Have a callback that met no answer repeated: by default only a connect timeout is, and once (facts A2)."""

logger = log.get(__name__)


class TwilioGateway:
    """Implements messaging.ports.SmsGateway. Safe to use from many threads."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        connections: int = CONNECTIONS,
    ) -> None:
        self._account = settings.twilio_account_sid
        self._callback = f"{settings.public_url}/twilio/{self._account}/status"
        self._pictures = f"{settings.public_url}/twilio/{self._account}/media"
        self._secret = settings.secret_key
        self._clock = clock or SystemClock()
        self._client = _client(settings)
        self._http: TwilioHttpClient = self._client.http_client
        self._base = settings.twilio_api_base_url
        if self._base:
            self._client.api.base_url = self._base
            self._client.messaging.base_url = self._base
            self._client.lookups.base_url = self._base
        self._prepare(connect_seconds, read_seconds, connections)

    def _prepare(self, connect_seconds: float, read_seconds: float, connections: int) -> None:
        # The constructor's `timeout` wants one number; set afterwards, a pair is kept and used as it is.
        self._http.timeout = (connect_seconds, read_seconds)
        session = self._session
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=connections, max_retries=0))
        # Proxies and certificates are looked up once; per request that is a tenth of what a send costs.
        found = session.merge_environment_settings(
            self._base or "https://api.twilio.com", {}, None, None, None
        )
        session.verify, session.cert = found["verify"], found["cert"]
        session.proxies.update(found["proxies"])
        session.trust_env = False

    @property
    def _session(self) -> requests.Session:
        session: requests.Session = self._http.session
        return session

    # -- sending

    def send(self, text: OutboundText) -> SendResult:
        """Hand one text to the provider. Every outcome is a value; nothing is retried in here."""
        try:
            message = self._client.messages.create(**self._parameters(text))
        except Exception as error:  # noqa: BLE001 - whatever happened, the text's outcome must be told
            result = troubles.of_send(error)
            logger.info(
                "send_trouble",
                attempt_id=str(text.attempt_id),
                outcome=type(result).__name__,
                error=type(error).__name__,
            )
            return result
        return Accepted(sid=str(message.sid), status=str(message.status), sent_from=message.from_ or None)

    def callback_url(self, text: OutboundText) -> str:
        """Return where the provider reports on a text: our ids in it settle a lost response."""
        return f"{self._callback}?m={text.message_id}&a={text.attempt_id}{OVERRIDES}"

    def _picture_url(self, name: str) -> str:
        """Return where the provider may fetch a picture of ours, for two hours from now."""
        if not name.startswith(pictures.PREFIX):
            return name
        until = self._clock.now() + pictures.LIFE
        ticket = pictures.ticket(UUID(name.removeprefix(pictures.PREFIX)), until=until, secret=self._secret)
        return f"{self._pictures}/{ticket}"

    def _parameters(self, text: OutboundText) -> dict[str, Any]:
        is_service = text.sender_address.startswith("MG")
        parameters: dict[str, Any] = {
            "to": text.to,
            "messaging_service_sid" if is_service else "from_": text.sender_address,
            "status_callback": self.callback_url(text),
            "validity_period": text.validity_seconds,
            # Words are ours to approve: the provider must not exchange characters in them.
            "smart_encoded": False,
        }
        if text.body:
            parameters["body"] = text.body
        if text.media_urls:
            parameters["media_url"] = [self._picture_url(name) for name in text.media_urls]
        return parameters

    # -- asking

    def fetch(self, sid: str) -> ProviderMessage | None:
        """Return one text by sid, or None if the provider knows no such text."""
        with _asking():
            try:
                return _view(self._client.messages(sid).fetch())
            except TwilioException as error:
                if getattr(error, "status", None) == requests.codes.not_found:
                    return None
                raise

    def list_sent(self, *, since: datetime, most: int | None = None) -> Iterable[ProviderMessage]:
        """Return the account's texts created since, newest first.

        Not by phone, which would put a number into an address that proxies and the SDK may log. Not by date
        or sender either: a text not sent yet has no date, and through a Messaging Service no number. Raise
        ProviderUnavailable when there are more than can be read, because a part would prove nothing.
        """
        found: list[ProviderMessage] = []
        with _asking():
            for message in self._client.messages.stream(page_size=LIST_PAGE_SIZE):
                view = _view(message)
                if view.created_at < since:
                    break
                if len(found) >= (most or MOST_SENT):
                    raise ProviderUnavailable("more texts than can be listed")
                found.append(view)
        return found

    def list_received(self, *, at_address: str, since: datetime) -> Iterable[ProviderMessage]:
        """Return inbound texts to an address of ours (or to every number of a Messaging Service) since.

        All of them: a list cut short would lose the oldest, a STOP among them. Raise ProviderUnavailable when
        there are more than can be read.
        """
        midnight = datetime.combine(since.astimezone(UTC).date(), time.min, tzinfo=UTC)
        with _asking():
            return [
                replace(found, media=self._media(found.sid)) if found.media_count else found
                for number in self._numbers(at_address)
                for found in self._newest(
                    self._client.messages.stream(
                        to=number, date_sent_after=midnight, page_size=LIST_PAGE_SIZE
                    ),
                    since,
                )
                if found.direction == "inbound"
            ]

    def _media(self, sid: str) -> tuple[tuple[str, str], ...]:
        base = self._base or "https://api.twilio.com"
        return tuple(
            (f"{base}{str(found.uri).removesuffix('.json')}", str(found.content_type))
            for found in self._client.messages(sid).media.list()
        )

    def _numbers(self, address: str) -> list[str]:
        if not address.startswith("MG"):
            return [address]
        pool = self._client.messaging.v1.services(address).phone_numbers.list()
        return [str(found.phone_number) for found in pool]

    def _newest(self, listed: Iterable[MessageInstance], since: datetime) -> list[ProviderMessage]:
        found: list[ProviderMessage] = []
        for message in listed:
            view = _view(message)
            # Newest first: what follows is older still.
            if view.created_at < since:
                break
            if len(found) >= MOST_RECEIVED:
                raise ProviderUnavailable("more texts than can be listed")
            found.append(view)
        return found

    # -- taking away

    def redact(self, sid: str) -> None:
        """Empty the body of a text at the provider; a text it no longer knows needs nothing."""
        with _asking():
            try:
                self._client.messages(sid).update(body="")
            except TwilioException as error:
                if getattr(error, "status", None) != requests.codes.not_found:
                    raise

    def fetch_media(self, url: str) -> tuple[str, bytes]:
        """Return content type and bytes of a media address of the provider's; credentials go nowhere else."""
        with (
            _asking(),
            self._session.get(
                self._ours(url), auth=self._client.auth, timeout=self._http.timeout, stream=True
            ) as response,
        ):
            response.raise_for_status()
            content = response.raw.read(LARGEST_MEDIA + 1, decode_content=True)
            if len(content) > LARGEST_MEDIA:
                raise MediaTooLarge
            return response.headers.get("Content-Type", "application/octet-stream"), content

    def delete_media(self, url: str) -> None:
        """Delete a media file at the provider; one that is gone already needs nothing."""
        with _asking():
            response = self._session.delete(
                self._ours(url), auth=self._client.auth, timeout=self._http.timeout
            )
            if response.status_code != requests.codes.not_found:
                response.raise_for_status()

    # -- asking about numbers

    def list_deactivated(self, *, day: date) -> Iterable[str]:
        """Return the US numbers that were switched off on a day.

        The provider points to a file that needs no credentials and is sent none.
        """
        with _asking():
            there = str(self._client.messaging.v1.deactivations().fetch(date=day).redirect_to or "")
            if not there.startswith("https://") and not (self._base and there.startswith(self._base)):
                raise ProviderUnavailable("the list is not where it should be")
            with requests.get(there, timeout=self._http.timeout, stream=True) as answer:
                answer.raise_for_status()
                content = answer.raw.read(LARGEST_LIST + 1, decode_content=True)
        if len(content) > LARGEST_LIST:
            raise ProviderUnavailable("the list is too long")
        lines = content.decode("ascii", "replace").split()
        return [f"+{line.lstrip('+')}" for line in lines if line.lstrip("+").isdigit()]

    def line_type(self, number: str) -> str:
        """Return what kind of line a number is. The provider wants it in the address it is asked at."""
        with _asking():
            found = self._client.lookups.v2.phone_numbers(number).fetch(fields="line_type_intelligence")
            return str((found.line_type_intelligence or {}).get("type") or "unknown")

    def _ours(self, url: str) -> str:
        """Return the address if it is the provider's. Raise ProviderUnavailable: we sign in nowhere else."""
        parts, base = urlsplit(url), urlsplit(self._base)
        if self._base and (parts.scheme, parts.netloc) == (base.scheme, base.netloc):
            return url
        if parts.scheme == "https" and (parts.hostname or "").endswith(PROVIDER_HOSTS):
            return url
        raise ProviderUnavailable("not an address of the provider's")


def connected_client(settings: Settings) -> Client:
    """Return the SDK's client for a deployment's account, pointed at its base address. Raise NoAccount."""
    client = _client(settings)
    client.http_client.timeout = (CONNECT_SECONDS, READ_SECONDS)
    if settings.twilio_api_base_url:
        client.api.base_url = settings.twilio_api_base_url
        client.messaging.base_url = settings.twilio_api_base_url
    return client


def _client(settings: Settings) -> Client:
    user, password = account.sign_in(settings)
    # An environment of its own: the SDK would otherwise read region and edge from the process's.
    return Client(
        user,
        password,
        settings.twilio_account_sid,
        http_client=TwilioHttpClient(),
        environment={"-": "-"},
    )


@contextmanager
def _asking() -> Iterator[None]:
    """Turn every failure of a question into ProviderUnavailable, whose text quotes no address."""
    try:
        yield
    except ProviderUnavailable:
        raise
    except (TwilioException, requests.RequestException, ValueError, OSError) as error:
        raise ProviderUnavailable(type(error).__name__) from None


def _view(message: MessageInstance) -> ProviderMessage:
    created = message.date_created or message.date_sent
    return ProviderMessage(
        sid=str(message.sid),
        direction=str(message.direction),
        to=str(message.to),
        sent_from=message.from_ or None,
        status=str(message.status),
        error_code=int(message.error_code) if message.error_code else None,
        body=message.body or "",
        segments=int(message.num_segments or 0),
        created_at=created if created is not None else datetime.max.replace(tzinfo=UTC),
        service_sid=message.messaging_service_sid or None,
        media_count=int(message.num_media or 0),
    )
