"""Records as the provider's API writes them (its OpenAPI description names every field)."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from outreach.simulator.errors import DELIVERY
from outreach.simulator.records import Media, Message, Number, Service

API = "/2010-04-01/Accounts/"


def rfc2822(at: datetime | None) -> str | None:
    """Return a time as the 2010 API writes it."""
    return format_datetime(at) if at else None


def iso8601(at: datetime) -> str:
    """Return a time as the v1 APIs write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def message_json(message: Message, account_sid: str) -> dict[str, Any]:
    """Return a Message resource."""
    uri = f"{API}{account_sid}/Messages/{message.sid}"
    return {
        "account_sid": account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created),
        "date_sent": rfc2822(message.sent),
        "date_updated": rfc2822(message.updated),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": DELIVERY.get(message.error_code or 0),
        "from": message.from_,
        "messaging_service_sid": message.service_sid,
        "num_media": str(len(message.media) or len(message.media_urls)),
        "num_segments": str(message.segments),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def media_json(media: Media, account_sid: str) -> dict[str, Any]:
    """Return a Media resource."""
    return {
        "account_sid": account_sid,
        "content_type": media.content_type,
        "date_created": rfc2822(media.created),
        "date_updated": rfc2822(media.created),
        "parent_sid": media.parent_sid,
        "sid": media.sid,
        "uri": f"{API}{account_sid}/Messages/{media.parent_sid}/Media/{media.sid}.json",
    }


def account_json(account_sid: str, created: datetime) -> dict[str, Any]:
    """Return the Account resource. Its token is never given out: nobody needs it from here."""
    uri = f"{API}{account_sid}"
    return {
        "auth_token": None,
        "date_created": rfc2822(created),
        "date_updated": rfc2822(created),
        "friendly_name": "Simulated account",
        "owner_account_sid": account_sid,
        "sid": account_sid,
        "status": "active",
        "subresource_uris": {
            "messages": f"{uri}/Messages.json",
            "incoming_phone_numbers": f"{uri}/IncomingPhoneNumbers.json",
        },
        "type": "Full",
        "uri": f"{uri}.json",
    }


def number_json(number: Number, account_sid: str, *, sms_url: str, fallback_url: str) -> dict[str, Any]:
    """Return an IncomingPhoneNumber resource, with the addresses that are in force."""
    return {
        "account_sid": account_sid,
        "address_requirements": "none",
        "address_sid": None,
        "api_version": "2010-04-01",
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"mms": True, "sms": True, "voice": True, "fax": False},
        "date_created": rfc2822(number.created),
        "date_updated": rfc2822(number.created),
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number.friendly_name,
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": number.e164,
        "sid": number.sid,
        "sms_application_sid": None,
        "sms_fallback_method": "POST",
        "sms_fallback_url": fallback_url,
        "sms_method": "POST",
        "sms_url": sms_url,
        "status": "in-use",
        "status_callback": number.status_callback,
        "status_callback_method": "POST",
        "trunk_sid": None,
        "type": "local",
        "uri": f"{API}{account_sid}/IncomingPhoneNumbers/{number.sid}.json",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": None,
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": None,
    }


def service_json(service: Service, account_sid: str, base_url: str) -> dict[str, Any]:
    """Return a Messaging Service resource."""
    url = f"{base_url}/v1/Services/{service.sid}"
    return {
        "account_sid": account_sid,
        "area_code_geomatch": True,
        "date_created": iso8601(service.created),
        "date_updated": iso8601(service.updated),
        "fallback_method": "POST",
        "fallback_to_long_code": True,
        "fallback_url": service.fallback_url,
        "friendly_name": service.friendly_name,
        "inbound_method": "POST",
        "inbound_request_url": service.inbound_request_url,
        "links": {"phone_numbers": f"{url}/PhoneNumbers"},
        "mms_converter": True,
        "scan_message_content": "inherit",
        "sid": service.sid,
        "smart_encoding": service.smart_encoding,
        "status_callback": service.status_callback or None,
        "sticky_sender": service.sticky_sender,
        "synchronous_validation": False,
        "url": url,
        "us_app_to_person_registered": True,
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
        "usecase": "notifications",
        "validity_period": service.validity_period,
    }


def pool_number_json(number: Number, service: Service, account_sid: str, base_url: str) -> dict[str, Any]:
    """Return a number as a member of a service's pool."""
    return {
        "account_sid": account_sid,
        "capabilities": ["SMS", "MMS", "Voice"],
        "country_code": "US",
        "date_created": iso8601(number.created),
        "date_updated": iso8601(number.created),
        "phone_number": number.e164,
        "service_sid": service.sid,
        "sid": number.sid,
        "url": f"{base_url}/v1/Services/{service.sid}/PhoneNumbers/{number.sid}",
    }
