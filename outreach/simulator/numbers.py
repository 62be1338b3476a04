"""The part of the provider's 2010 API where numbers get their webhooks."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from outreach.simulator.create import E164
from outreach.simulator.errors import Refused
from outreach.simulator.paging import envelope
from outreach.simulator.records import Number
from outreach.simulator.render import number_json
from outreach.simulator.rest import check_account, world

numbers = Blueprint("numbers", __name__, url_prefix="/2010-04-01/Accounts/<account_sid>")


@numbers.get("/IncomingPhoneNumbers.json")
def listing(account_sid: str) -> Response:
    """List the rented numbers, or the one with the given PhoneNumber."""
    check_account(account_sid)
    wanted, name = request.args.get("PhoneNumber"), request.args.get("FriendlyName")
    found = [
        number
        for number in world().store.numbers.values()
        if (not wanted or wanted in number.e164) and (not name or name == number.friendly_name)
    ]
    return jsonify(envelope(request, "incoming_phone_numbers", [_json(number) for number in found], None))


@numbers.post("/IncomingPhoneNumbers.json")
def rent(account_sid: str) -> tuple[Response, int]:
    """Rent a number."""
    check_account(account_sid)
    e164 = request.form.get("PhoneNumber", "")
    if not E164.fullmatch(e164):
        raise Refused(21452)
    number = world().store.add_number(e164)
    _change(number)
    return jsonify(_json(number)), 201


@numbers.get("/IncomingPhoneNumbers/<sid>.json")
def fetch(account_sid: str, sid: str) -> Response:
    """Return one rented number."""
    check_account(account_sid)
    return jsonify(_json(_found(sid)))


@numbers.post("/IncomingPhoneNumbers/<sid>.json")
def update(account_sid: str, sid: str) -> Response:
    """Set a number's webhooks."""
    check_account(account_sid)
    number = _found(sid)
    _change(number)
    return jsonify(_json(number))


def _found(sid: str) -> Number:
    number = next((item for item in world().store.numbers.values() if item.sid == sid), None)
    if number is None:
        raise Refused(20404)
    return number


def _change(number: Number) -> None:
    form = request.form
    number.sms_url = form.get("SmsUrl", number.sms_url)
    number.sms_fallback_url = form.get("SmsFallbackUrl", number.sms_fallback_url)
    number.status_callback = form.get("StatusCallback", number.status_callback)
    number.friendly_name = form.get("FriendlyName", number.friendly_name)
    world().store.keep("number", number)


def _json(number: Number) -> dict[str, object]:
    settings = world().settings
    url, fallback = number.sms_url, number.sms_fallback_url
    return number_json(
        number,
        settings.account_sid,
        sms_url=settings.default_webhook("inbound") if url is None else url,
        fallback_url=settings.default_webhook("fallback") if fallback is None else fallback,
    )
