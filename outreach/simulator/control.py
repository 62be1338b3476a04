"""Calls that move the pretend world: phones, faults, and what was seen. From this machine only, JSON only."""

from __future__ import annotations

import base64
import binascii
import threading
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from outreach.simulator.create import E164
from outreach.simulator.errors import BadControl
from outreach.simulator.records import Handset, Text
from outreach.simulator.rest import world
from outreach.simulator.threads import overview, thread
from outreach.simulator.webhooks import Answer

control = Blueprint("control", __name__, url_prefix="/_sim")

LONGEST_TEXT = 10_000
LONGEST_WAIT = 60.0


@control.get("/health")
def health() -> Response:
    """Say that the simulator runs."""
    return jsonify(ok=True, account_sid=world().settings.account_sid, speed=world().clock.anchor.speed)


@control.get("/phones")
def phones() -> Response:
    """List all phones: those with a label and those that were ever texted."""
    with world().store.lock:
        stopped = {e164 for _, e164 in world().store.blocks}
        return jsonify(phones=[overview(phone, stopped) for phone in world().store.handsets.values()])


@control.put("/phones/<e164>")
def name_phone(e164: str) -> Response:
    """Give a phone a label, making the phone if need be."""
    label = _body().get("label", "")
    if not isinstance(label, str) or len(label) > 200:
        raise BadControl("label must be a text of at most 200 characters.")
    return jsonify(overview(world().store.label(_phone(e164), label), set()))


@control.get("/phones/<e164>/texts")
def texts(e164: str) -> Response:
    """Return everything that reached the handset, in the order it arrived."""
    with world().store.lock:
        found = world().store.handsets.get(_phone(e164))
        return jsonify(texts=[_text(text) for text in found.texts if text.inward] if found else [])


@control.get("/phones/<e164>/thread")
def phone_thread(e164: str) -> Response:
    """Return both sides of a phone's texts and what is on its way to it, for the page."""
    with world().store.lock:
        return jsonify(thread=thread(world().store, _phone(e164), world().clock))


@control.get("/texts")
def all_texts() -> Response:
    """Return everything that reached any handset: one call counts a whole test run."""
    with world().store.lock:
        found = {
            phone.e164: [_text(text) for text in phone.texts if text.inward]
            for phone in world().store.handsets.values()
        }
    return jsonify(phones=found)


@control.post("/phones/<e164>/send")
def send(e164: str) -> tuple[Response, int]:
    """Text one of our numbers from a phone; `wait` (seconds) waits for what the application answers."""
    given, here = _body(), world()
    phone = _phone(e164)
    body, media = given.get("body", ""), _files(given.get("media", []))
    if not isinstance(body, str) or len(body) > LONGEST_TEXT or not (body or media):
        raise BadControl(f"body must be a text of at most {LONGEST_TEXT} characters, or media be given.")
    wait = min(_positive(given.get("wait") or 0, "wait"), LONGEST_WAIT)
    done, answers = threading.Event(), list[Answer]()

    def heard(answer: Answer) -> None:
        answers.append(answer)
        done.set()

    here.inbound.base_url = here.inbound.base_url or request.host_url.rstrip("/")
    message = here.inbound.receive(
        phone=phone, to=given.get("to") or _usual_number(phone), body=body, media=media, then=heard
    )
    answered = bool(wait) and done.wait(wait)
    return jsonify(
        sid=message.sid,
        to=message.to,
        webhook_status=answers[0].status if answered else None,
        error_code=answers[0].error_code if answered else None,
    ), 201


@control.get("/requests")
def requests_seen() -> Response:
    """Return every provider URL the simulator was asked for and every URL it called."""
    return jsonify(requests=[_seen(item) for item in tuple(world().store.requests)])


@control.get("/stats")
def stats() -> Response:
    """Return counts of what happened so far."""
    here = world()
    with here.store.lock:
        return jsonify(
            {
                **here.store.stats,
                "messages": len(here.store.messages),
                "phones": len(here.store.handsets),
                "on_the_way": here.timeline.waiting(),
                "blocked": len(here.store.blocks),
            }
        )


@control.get("/blocks")
def blocks() -> Response:
    """Return who has opted out of which sender at the provider."""
    with world().store.lock:
        return jsonify(
            blocks=[{"sender": key, "phone": phone} for key, phone in sorted(world().store.blocks)]
        )


@control.post("/reset")
def reset() -> Response:
    """Forget all texts, phones, opt-outs and faults."""
    world().reset()
    return jsonify(ok=True)


@control.get("/faults")
def faults() -> Response:
    """Return all fault switches."""
    return jsonify(world().faults.as_json())


@control.post("/faults")
def set_faults() -> Response:
    """Set the named switches; `{"reset": true}` first puts all of them back; `seed` starts the dice over."""
    changes, here = _body(), world()
    if changes.pop("reset", False):
        here.faults.update(type(here.faults)().as_json())
    if "seed" in changes:
        here.dice.reseed(_integer(changes.pop("seed"), "seed"))
    here.faults.update(changes)
    return jsonify(here.faults.as_json())


@control.get("/clock")
def clock() -> Response:
    """Return what the phones show as the time."""
    here = world().clock
    return jsonify(now=here.now().isoformat(), speed=here.anchor.speed)


@control.put("/clock")
def set_clock() -> Response:
    """Tell the phones the product's time (`now`, ISO 8601) and how fast it runs (`speed`)."""
    given, here = _body(), world().clock
    try:
        at = datetime.fromisoformat(str(given["now"]).replace("Z", "+00:00"))
    except (KeyError, ValueError):
        raise BadControl("now must be a time in ISO 8601 form.") from None
    speed = _positive(given.get("speed", here.anchor.speed), "speed")
    here.tell(product_at=at if at.tzinfo else at.replace(tzinfo=UTC), speed=speed)
    return clock()


@control.put("/numbers/<e164>")
def set_number(e164: str) -> Response:
    """Rent a number, or set the segments per second it may send."""
    number, rate = world().store.add_number(_phone(e164)), _body().get("segments_per_second")
    if rate is not None:
        if not isinstance(rate, int | float) or rate <= 0:
            raise BadControl("segments_per_second must be a number above 0.")
        number.segments_per_second = float(rate)
        world().store.keep("number", number)
    return jsonify(e164=number.e164, sid=number.sid, segments_per_second=number.segments_per_second)


@control.get("/media/<sid>")
def media(sid: str) -> Response:
    """Return a photo for the page. Only images are shown; anything else is offered as a file."""
    found = world().store.media.get(sid)
    if found is None:
        return Response(status=404)
    safe = found.content_type if found.content_type in ("image/jpeg", "image/png", "image/gif") else None
    return Response(found.content, content_type=safe or "application/octet-stream")


def _body() -> dict[str, Any]:
    given = request.get_json()
    if not isinstance(given, dict):
        raise BadControl("The body must be a JSON object.")
    return given


def _phone(raw: str) -> str:
    e164 = raw if raw.startswith("+") else f"+{raw.strip()}"
    if not E164.fullmatch(e164):
        raise BadControl("The phone must be in E.164 form, like +12025550143.")
    return e164


def _integer(value: Any, name: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise BadControl(f"{name} must be a whole number.") from None


def _positive(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or value < 0:
        raise BadControl(f"{name} must be a number, 0 or more.")
    return float(value)


def _usual_number(phone: str) -> str:
    """Return the number that texted this phone last, else the first of ours."""
    store = world().store
    with store.lock:
        handset: Handset | None = store.handsets.get(phone)
        texts = handset.texts if handset else []
        last = next((text.other for text in reversed(texts) if text.other in store.numbers), None)
        return last or next(iter(store.numbers), "")


def _files(given: Any) -> list[tuple[str, bytes]]:
    try:
        return [
            (str(item["content_type"]), base64.b64decode(item["base64"], validate=True)) for item in given
        ]
    except (TypeError, KeyError, binascii.Error, ValueError):
        raise BadControl("media must be a list of {content_type, base64}.") from None


def _seen(item: Any) -> dict[str, Any]:
    return {
        "direction": item.direction,
        "method": item.method,
        "url": item.url,
        "status": item.status,
        "seconds": item.seconds,
    }


def _text(text: Text) -> dict[str, Any]:
    return {
        "sid": text.sid,
        "body": text.body,
        "at": text.at.isoformat(),
        "from": text.other,
        "kind": text.kind,
        "media": text.media,
    }
