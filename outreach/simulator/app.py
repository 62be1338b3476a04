"""The Flask application of the pretend provider."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from outreach.kernel.clock import Clock, SystemClock
from outreach.simulator import trouble
from outreach.simulator.auth import check_api, is_local
from outreach.simulator.control import control
from outreach.simulator.directory import directory
from outreach.simulator.errors import BadControl, Refused
from outreach.simulator.numbers import numbers
from outreach.simulator.pages import pages
from outreach.simulator.records import new_sid
from outreach.simulator.rest import api
from outreach.simulator.services import services
from outreach.simulator.settings import SimulatorSettings
from outreach.simulator.world import World

log = structlog.get_logger()

PROVIDER_PATHS = ("/2010-04-01/", "/v1/", "/v2/")
LARGEST_BODY = 12 * 1024 * 1024
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def create_app(settings: SimulatorSettings, clock: Clock | None = None) -> Flask:
    """Build the server: the provider's API, the control calls under /_sim/ and the page with the phones."""
    app = Flask("outreach.simulator", static_folder="static", static_url_path="/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.url_map.strict_slashes = False
    world = World(settings, clock or SystemClock())
    app.extensions["simulator"] = world
    for blueprint in (api, numbers, services, directory, control, pages):
        app.register_blueprint(blueprint)
    app.before_request(_gate(world))
    app.after_request(_finish(world))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(BadControl, _bad_control)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    return app


def _gate(world: World) -> Callable[[], Response | tuple[Response, int] | None]:
    def gate() -> Response | tuple[Response, int] | None:
        if request.path.startswith(PROVIDER_PATHS):
            check_api(request, world.settings)
            return trouble.before(world, request)
        if not is_local(request):
            return jsonify(error="Only calls from this machine are answered here."), 403
        return None

    return gate


def _finish(world: World) -> Callable[[Response], Response]:
    def finish(response: Response) -> Response:
        if request.path.startswith(PROVIDER_PATHS):
            response = trouble.after(world, request, response)
            response.headers["Twilio-Request-Id"] = new_sid("RQ")
            world.store.saw("in", request.method, _raw_url(), response.status_code)
            return response
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response

    return finish


def _raw_url() -> str:
    raw: str = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
    return raw


def _refused(error: Refused) -> tuple[Response, int]:
    answer = jsonify(error.body())
    if error.code == 20003:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return answer, error.status


def _bad_control(error: BadControl) -> tuple[Response, int]:
    return jsonify(error=str(error)), 400


def _http_error(error: HTTPException) -> tuple[Response, int]:
    status = error.code or 500
    if request.path.startswith(PROVIDER_PATHS) and status in (404, 405):
        return _refused(Refused(20404))
    return jsonify(error=error.name, status=status), status


def _broken(error: Exception) -> tuple[Response, int]:
    # Flask's own log line would carry the URL, and its traceback the words.
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    log.error("request_failed", error=type(error).__name__, line=trace.tb_lineno if trace else 0)
    return _refused(Refused(20500))
