"""Telling the provider where we are: webhooks of numbers and Messaging Services, set and then checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from outreach.config import Settings
from outreach.kernel.errors import OutreachError
from outreach.twilio.gateway import connected_client

RETRIES = "#rc=3&rp=ct,rt,5xx"
"""Without it the provider tries an inbound webhook once more, on a connect timeout only (facts A2)."""


class SetupRefused(OutreachError):
    """The provider refused to change its settings: check the credentials and that the sender is yours."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One setting at the provider: what it is and what it should be."""

    sender: str
    setting: str
    value: str
    wanted: str

    @property
    def right(self) -> bool:
        """Whether it is as it should be."""
        return self.value == self.wanted


def wanted(settings: Settings) -> Mapping[str, str]:
    """Return the addresses that the provider should call."""
    base = f"{settings.public_url}/twilio/{settings.twilio_account_sid}"
    return {
        "inbound": f"{base}/inbound{RETRIES}",
        "fallback": f"{base}/fallback",
        "status": f"{base}/status{RETRIES}",
    }


def apply(settings: Settings, *, addresses: tuple[str, ...]) -> None:
    """Set the webhooks of each number or Messaging Service. Raise SetupRefused."""
    client, urls = connected_client(settings), wanted(settings)
    try:
        for address in addresses:
            if address.startswith("MG"):
                _set_service(client, address, urls)
            else:
                _set_number(client, address, urls)
    except TwilioException as error:
        raise SetupRefused from error


def look(settings: Settings, *, addresses: tuple[str, ...]) -> tuple[Found, ...]:
    """Return the webhooks as the provider has them, beside what they should be. Raise SetupRefused."""
    client, urls = connected_client(settings), wanted(settings)
    try:
        return tuple(
            Found(sender=address, setting=setting, value=value or "", wanted=wanted)
            for address in addresses
            for setting, value, wanted in _present(client, address, urls)
        )
    except TwilioException as error:
        raise SetupRefused from error


def _set_service(client: Client, sid: str, urls: Mapping[str, str]) -> None:
    client.messaging.v1.services(sid).update(
        inbound_request_url=urls["inbound"],
        inbound_method="POST",
        fallback_url=urls["fallback"],
        fallback_method="POST",
        status_callback=urls["status"],
        use_inbound_webhook_on_number=False,
        sticky_sender=True,
    )


def _set_number(client: Client, address: str, urls: Mapping[str, str]) -> None:
    for number in client.incoming_phone_numbers.list(phone_number=address, limit=1):
        number.update(
            sms_url=urls["inbound"],
            sms_method="POST",
            sms_fallback_url=urls["fallback"],
            sms_fallback_method="POST",
            status_callback=urls["status"],
            # An application's addresses would win over the number's own.
            sms_application_sid="",
        )
        return
    raise SetupRefused


def _present(client: Client, address: str, urls: Mapping[str, str]) -> Iterator[tuple[str, str | None, str]]:
    """Yield each setting, its value and what it should be. A GET would put texts into addresses."""
    if address.startswith("MG"):
        yield from _of_service(client, address, urls)
        return
    for number in client.incoming_phone_numbers.list(phone_number=address, limit=1):
        yield "inbound", number.sms_url, urls["inbound"]
        yield "inbound method", number.sms_method, "POST"
        yield "fallback", number.sms_fallback_url, urls["fallback"]
        yield "fallback method", number.sms_fallback_method, "POST"
        yield "status", number.status_callback, urls["status"]
        yield "application", number.sms_application_sid, ""
        return
    raise SetupRefused


def _of_service(client: Client, sid: str, urls: Mapping[str, str]) -> Iterator[tuple[str, str | None, str]]:
    service = client.messaging.v1.services(sid).fetch()
    yield "inbound", service.inbound_request_url, urls["inbound"]
    yield "inbound method", service.inbound_method, "POST"
    yield "fallback", service.fallback_url, urls["fallback"]
    yield "fallback method", service.fallback_method, "POST"
    yield "status", service.status_callback, urls["status"]
    yield "inbound webhook on number", _switch(service.use_inbound_webhook_on_number), "off"
    yield "sticky sender", _switch(service.sticky_sender), "on"
    yield "sender pool", "has numbers" if _has_numbers(client, sid) else "empty", "has numbers"


def _has_numbers(client: Client, sid: str) -> bool:
    pool = client.messaging.v1.services(sid)
    if pool.phone_numbers.list(limit=1):
        return True
    try:
        return bool(pool.short_codes.list(limit=1))
    except TwilioException:  # servers like the provider's needn't know short codes
        return False


def _switch(value: object) -> str:
    return "on" if value else "off"
