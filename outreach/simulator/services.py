"""The provider's Messaging Services API (v1)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from outreach.simulator.errors import Refused
from outreach.simulator.paging import meta_envelope
from outreach.simulator.records import Number, Service, new_sid
from outreach.simulator.render import pool_number_json, service_json
from outreach.simulator.rest import world

services = Blueprint("services", __name__, url_prefix="/v1/Services")


@services.get("")
def listing() -> Response:
    """List all services."""
    found = [_json(service) for service in world().store.services.values()]
    return jsonify(meta_envelope(request, _base(), "services", found))


@services.post("")
def create() -> tuple[Response, int]:
    """Make a service. Until it has a webhook, texts to its numbers go nowhere."""
    name = request.form.get("FriendlyName", "")
    if not name:
        raise Refused(20001, "FriendlyName is required")
    here = world()
    service = Service(
        sid=new_sid("MG"), friendly_name=name, created=here.store.now(), updated=here.store.now()
    )
    with here.store.lock:
        here.store.services[service.sid] = service
        _change(service)
    return jsonify(_json(service)), 201


@services.get("/<sid>")
def fetch(sid: str) -> Response:
    """Return one service."""
    return jsonify(_json(_found(sid)))


@services.post("/<sid>")
def update(sid: str) -> Response:
    """Set a service's webhooks and switches."""
    service = _found(sid)
    with world().store.lock:
        _change(service)
    return jsonify(_json(service))


@services.get("/<sid>/PhoneNumbers")
def pool(sid: str) -> Response:
    """List the numbers of a service's pool."""
    service, store = _found(sid), world().store
    found = [_pool_json(store.numbers[e164], service) for e164 in service.numbers if e164 in store.numbers]
    return jsonify(meta_envelope(request, _base(), "phone_numbers", found))


@services.post("/<sid>/PhoneNumbers")
def join(sid: str) -> tuple[Response, int]:
    """Put a rented number into the pool. It can be in one pool only (21710, 21712)."""
    service, store = _found(sid), world().store
    wanted = request.form.get("PhoneNumberSid", "")
    number = next((item for item in store.numbers.values() if item.sid == wanted), None)
    if number is None:
        raise Refused(20404)
    with store.lock:
        owner = store.service_of(number.e164)
        if owner is not None:
            raise Refused(21710 if owner is service else 21712)
        service.numbers.append(number.e164)
        store.keep("service", service)
    return jsonify(_pool_json(number, service)), 201


@services.get("/<sid>/PhoneNumbers/<number_sid>")
def member(sid: str, number_sid: str) -> Response:
    """Return one number of the pool."""
    service = _found(sid)
    return jsonify(_pool_json(_member(service, number_sid), service))


@services.delete("/<sid>/PhoneNumbers/<number_sid>")
def leave(sid: str, number_sid: str) -> tuple[str, int]:
    """Take a number out of the pool."""
    service = _found(sid)
    with world().store.lock:
        service.numbers.remove(_member(service, number_sid).e164)
        world().store.keep("service", service)
    return "", 204


def _found(sid: str) -> Service:
    service = world().store.services.get(sid)
    if service is None:
        raise Refused(20404)
    return service


def _member(service: Service, number_sid: str) -> Number:
    numbers = world().store.numbers
    for e164 in service.numbers:
        if e164 in numbers and numbers[e164].sid == number_sid:
            return numbers[e164]
    raise Refused(20404)


def _change(service: Service) -> None:
    form = request.form
    service.friendly_name = form.get("FriendlyName", service.friendly_name)
    service.inbound_request_url = form.get("InboundRequestUrl", service.inbound_request_url)
    service.fallback_url = form.get("FallbackUrl", service.fallback_url)
    service.status_callback = form.get("StatusCallback", service.status_callback)
    service.use_inbound_webhook_on_number = _switch(
        "UseInboundWebhookOnNumber", otherwise=service.use_inbound_webhook_on_number
    )
    service.sticky_sender = _switch("StickySender", otherwise=service.sticky_sender)
    service.smart_encoding = _switch("SmartEncoding", otherwise=service.smart_encoding)
    validity = form.get("ValidityPeriod", "")
    if validity.isdigit() and 1 <= int(validity) <= 36_000:
        service.validity_period = int(validity)
    service.updated = world().store.now()
    world().store.keep("service", service)


def _switch(name: str, *, otherwise: bool) -> bool:
    given = request.form.get(name)
    return otherwise if given is None else given.lower() == "true"


def _base() -> str:
    return request.host_url.rstrip("/")


def _json(service: Service) -> dict[str, object]:
    return service_json(service, world().settings.account_sid, _base())


def _pool_json(number: Number, service: Service) -> dict[str, object]:
    return pool_number_json(number, service, world().settings.account_sid, _base())
