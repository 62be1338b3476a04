"""Faults of the API itself: slow, busy, broken, or gone, before or after it has accepted a text."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from flask import Request, Response

from outreach.simulator.errors import Refused
from outreach.simulator.world import World

ABORT = "outreach.simulator.abort"
"""Where the server leaves the function that drops the connection without an answer."""


def is_create(request: Request) -> bool:
    """Return whether a call asks for a text to be sent."""
    return request.method == "POST" and request.path.rstrip("/").endswith(("/Messages.json", "/Messages"))


def before(world: World, request: Request) -> Response | None:
    """Break a call before anything has happened. Raise Refused for 429 and 500."""
    faults, key = world.faults, _key(request)
    if faults.latency_ms:
        time.sleep(faults.latency_ms / 1000)
    if world.dice.hits(faults.rate_429, "429", key):
        raise Refused(20429)
    if world.dice.hits(faults.error_500_before, "500-before", key):
        raise Refused(20500)
    if world.dice.hits(faults.reset_connection, "reset", key):
        world.store.stats["connections_reset"] += 1
        return _drop(request)
    if is_create(request) and world.dice.hits(faults.accept_after_client_gave_up, "late", key):
        # The client has long hung up when this text is accepted all the same.
        world.store.stats["late_accepts"] += 1
        time.sleep(faults.late_accept_seconds)
    return None


def after(world: World, request: Request, response: Response) -> Response:
    """Lose the answer to a create that was accepted."""
    if response.status_code != 201 or not is_create(request):
        return response
    key = _key(request)
    if world.dice.hits(world.faults.error_500_after_accept, "500-after", key):
        world.store.stats["answers_lost"] += 1
        broken = Refused(20500)
        response.status_code = broken.status
        response.set_data(json.dumps(broken.body()))
    elif world.dice.hits(world.faults.reset_after_accept, "reset-after", key):
        world.store.stats["answers_lost"] += 1
        return _drop(request)
    return response


def _key(request: Request) -> str:
    # A phone's own count of sends makes a fault repeatable whatever other threads do.
    return request.form.get("To", "") if is_create(request) else request.path


def _drop(request: Request) -> Response:
    abort: Callable[[], None] | None = request.environ.get(ABORT)
    if abort:
        abort()
    return Response(status=502)
