"""What the provider posts to us: inbound texts, their fallback, and status callbacks.

An answer of 2xx means that what was posted is committed. Anything else makes the provider call the fallback
or try again, and the sweep finds what even that missed; a fault of ours is answered with 503, never hidden.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from uuid import UUID

from flask import Blueprint, Flask, Request, Response, request
from flask.sessions import NullSession, SessionInterface
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from outreach.inbound import commands as inbound
from outreach.kernel import log
from outreach.kernel.metrics import TEXTS_RECEIVED, WEBHOOK_SECONDS
from outreach.kernel.unit_of_work import PATIENT, SYSTEM
from outreach.messaging import commands as messaging
from outreach.messaging.rules import pictures
from outreach.services import Services
from outreach.twilio import signature

LARGEST_BODY = 64 * 1024
"""Bytes; the provider's own answers may have as much, its webhooks have a tenth."""
SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
STATUS = re.compile(r"[a-z_]{1,30}")
EMPTY_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

logger = log.get(__name__)


@dataclass(frozen=True, kw_only=True)
class Posted:
    """The parameters of a webhook that is genuine and ours."""

    params: Mapping[str, str]

    def __repr__(self) -> str:
        return "Posted()"


Handle = Callable[[Posted], Response]


class _NoSessions(SessionInterface):
    """The provider has no cookies, and none are looked for."""

    nothing = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        return self.nothing


def application(services: Services) -> Flask:
    """Return an application that takes webhooks and nothing else: no sessions, no CSRF, no page's hooks.

    What surrounds a page costs more than storing a text does, and guards nothing here.
    """
    app = Flask("outreach.webhooks", static_folder=None)
    app.session_interface = _NoSessions()
    app.register_blueprint(blueprint(services))
    app.register_error_handler(HTTPException, lambda error: _plain(error.code or 500))
    return app


def blueprint(services: Services) -> Blueprint:
    """Return the addresses of the provider: three it posts to, one it fetches pictures at.

    They take no cookies: exempt them from CSRF checks.
    """
    made = Blueprint("twilio", __name__, url_prefix="/twilio/<account_sid>")

    def genuine(kind: str) -> Callable[[Handle], Callable[[str], Response]]:
        def wrap(handle: Handle) -> Callable[[str], Response]:
            seconds = WEBHOOK_SECONDS.labels(kind)

            @wraps(handle)
            def view(account_sid: str) -> Response:
                with seconds.time():
                    return _guarded(services, account_sid, kind, handle)

            return view

        return wrap

    @made.post("/inbound")
    @genuine("inbound")
    def receive(posted: Posted) -> Response:
        return _receive(services, posted, how="webhook")

    @made.post("/fallback")
    @genuine("fallback")
    def fall_back(posted: Posted) -> Response:
        logger.warning("fallback_called", code=posted.params.get("ErrorCode", ""))
        return _receive(services, posted, how="fallback")

    @made.post("/status")
    @genuine("status")
    def status(posted: Posted) -> Response:
        return _status(services, posted)

    @made.get("/media/<ticket>")
    def picture(account_sid: str, ticket: str) -> Response:
        return _picture(services, account_sid, ticket)

    return made


def _picture(services: Services, account_sid: str, ticket: str) -> Response:
    """Give a picture to whoever holds a ticket for it: what is forged, over or used up is not there."""
    settings = services.settings
    with services.transactions.begin(actor=SYSTEM) as uow:
        picture_id = pictures.admitted(ticket, now=uow.machine_now, secret=settings.secret_key)
        ours = picture_id is not None and account_sid == settings.twilio_account_sid
        found = messaging.serve_picture(uow, picture_id=picture_id) if ours and picture_id else None
    if found is None:
        return _plain(404)
    made = Response(found.content, content_type=found.content_type)
    made.headers["X-Content-Type-Options"] = "nosniff"
    made.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    made.headers["Cache-Control"] = "no-store"
    return made


def _guarded(services: Services, account_sid: str, kind: str, handle: Handle) -> Response:
    """Answer 403 unless the provider signed it for our account, and 503 when the fault is ours."""
    request.max_content_length = LARGEST_BODY
    try:
        posted = _genuine(services, account_sid)
        if posted is None:
            TEXTS_RECEIVED.labels("refused").inc()
            logger.warning("webhook_refused", kind=kind)
            return _plain(403)
        return handle(posted)
    except HTTPException:
        raise
    except SQLAlchemyError as error:
        logger.error("webhook_put_off", kind=kind, error=type(error).__name__)
    except Exception:
        # The provider calls the fallback and tries again; a text must not be lost to a fault of ours.
        logger.exception("webhook_failed", kind=kind)
    return _plain(503)


def _genuine(services: Services, account_sid: str) -> Posted | None:
    settings = services.settings
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    body = b"" if is_form else request.get_data()
    signed = signature.Signed(
        url=signature.public_url(settings.public_url, _raw_path(), request.query_string.decode("latin-1")),
        pairs=list(request.form.items(multi=True)) if is_form else None,
        body=body,
        signature=request.headers.get("X-Twilio-Signature", ""),
        settings=request.headers.get("X-Twilio-Webhooks-Signature-Settings", ""),
    )
    if not signature.is_genuine(
        signed,
        tokens=settings.twilio_auth_tokens,
        shared_keys=settings.sign_webhooks_with_shared_keys,
    ):
        return None
    params = request.form.to_dict() if is_form else _json(body)
    ours = settings.twilio_account_sid
    return Posted(params=params) if account_sid == ours == params.get("AccountSid") else None


def _raw_path() -> str:
    """Return the path as it was sent, which is what was signed, where the server keeps it."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI") or ""
    path = str(raw).partition("?")[0]
    return path if path.startswith("/") else request.path


def _json(body: bytes) -> dict[str, str]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return {str(key): _word(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _word(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _receive(services: Services, posted: Posted, *, how: str) -> Response:
    params = posted.params
    sid = params.get("MessageSid") or params.get("SmsSid") or ""
    if not SID.fullmatch(sid):
        return _plain(400)
    try:
        with services.transactions.begin(actor=PATIENT) as uow:
            new = inbound.receive(uow, sid=sid, account_sid=params["AccountSid"], params=params, how=how)
    except inbound.NotAText:
        return _plain(400)
    TEXTS_RECEIVED.labels("new" if new else "repeated").inc()
    return Response(EMPTY_ANSWER, content_type="text/xml")


def _status(services: Services, posted: Posted) -> Response:
    params = posted.params
    sid = params.get("MessageSid") or params.get("SmsSid") or ""
    status = params.get("MessageStatus") or params.get("SmsStatus") or ""
    if not SID.fullmatch(sid) or not STATUS.fullmatch(status):
        return _plain(400)
    code = params.get("ErrorCode", "")
    with services.transactions.begin(actor=SYSTEM) as uow:
        messaging.record_status(
            uow,
            sid=sid,
            status=status,
            error_code=int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None,
            message_id=_id(request.args.get("m", "")),
            attempt_id=_id(request.args.get("a", "")),
            sent_from=params.get("From") or None,
            to=params.get("To") or None,
        )
    return Response(status=204)


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def _plain(status: int) -> Response:
    return Response(status=status, content_type="text/plain")
