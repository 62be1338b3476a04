"""The page with the phones, and the one call that keeps it fresh."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, jsonify, request, send_from_directory

from outreach.simulator.rest import world
from outreach.simulator.threads import overviews, thread

pages = Blueprint("pages", __name__)
STATIC = Path(__file__).parent / "static"
MOST_OPEN = 6


@pages.get("/")
def phones() -> Response:
    """Show the phones."""
    return send_from_directory(STATIC, "phones.html")


@pages.get("/_sim/view")
def view() -> Response:
    """Return what changed since `since`: the list, and the threads of the phones in `open`."""
    here = world()
    since = request.args.get("since", "")
    with here.store.lock:
        version = here.store.version
        clock = {"now": here.clock.now().isoformat(), "speed": here.clock.anchor.speed}
        if since == str(version):
            return jsonify(version=version, clock=clock)
        opened = request.args.getlist("open")[:MOST_OPEN]
        return jsonify(
            version=version,
            clock=clock,
            phones=overviews(here.store),
            threads={e164: thread(here.store, e164, here.clock) for e164 in opened},
            numbers=list(here.store.numbers),
        )
