"""What every page and JSON route shares: who is asking, what they may do, how errors look, security headers.

Every view says who may use it (`public`, `signed_in`, `needs`); one that says nothing is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, TypeVar
from urllib.parse import quote, urlsplit
from uuid import UUID

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from outreach.audit import commands as audit
from outreach.config import Settings
from outreach.kernel import log
from outreach.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, OutreachError
from outreach.kernel.metrics import REQUEST_SECONDS
from outreach.kernel.phone import NotAPhone
from outreach.kernel.said import Said
from outreach.kernel.unit_of_work import Actor, UnitOfWork
from outreach.services import Services
from outreach.staff import commands as staff_commands
from outreach.staff import queries as staff
from outreach.staff.rules import SignedIn

logger = log.get(__name__)
csrf = CSRFProtect()

STATUS: dict[type[OutreachError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Invalid: 422,
    Conflict: 409,
    NotAPhone: 422,
}
LARGEST_FORM = 2 * 1024 * 1024
LARGEST_UPLOAD = 6 * 1024 * 1024
SECONDS_OF_A_YEAR = 365 * 24 * 3600

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

View = TypeVar("View", bound=Callable[..., Any])


class UnguardedRoute(OutreachError):
    """A route says nothing about who may use it: mark it public, signed_in or needs(right)."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may use a view. `counts` says whether using it keeps somebody signed in."""

    kind: str
    """public | signed_in | needs | own (it checks for itself: a signature, a bearer token)"""
    right: str = ""
    counts: bool = True


def public(view: View) -> View:
    """Let anybody use a view."""
    return _mark(view, Access(kind="public"))


def signed_in(view: View) -> View:
    """Let everybody who is signed in use a view."""
    return _mark(view, Access(kind="signed_in"))


def signed_in_quietly(view: View) -> View:
    """Let everybody who is signed in use a view, which does not keep them signed in (live streams)."""
    return _mark(view, Access(kind="signed_in", counts=False))


def needs(right: str) -> Callable[[View], View]:
    """Let those use a view who have a right in some team; the view itself asks for the team at hand."""
    return lambda view: _mark(view, Access(kind="needs", right=right))


def takes_files(view: View) -> View:
    """Let a view take an uploaded file, of 6 MB with its form."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


class InMemory(Request):
    """A request whose files never touch a disk: what is uploaded is somebody's health information."""

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return BytesIO()


def _mark(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def access_of(app: Flask, endpoint: str) -> Access | None:
    """Return who may use an endpoint; None if nobody said."""
    if endpoint == "static":
        return Access(kind="public", counts=False)
    blueprint = endpoint.rpartition(".")[0]
    if blueprint in app.config["OWN_RULES"]:
        return Access(kind="own", counts=False)
    found: Access | None = getattr(app.view_functions[endpoint], "access", None)
    return found


def services() -> Services:
    """Return the services this app was built with."""
    found: Services = current_app.extensions["outreach"]
    return found


def me() -> SignedIn:
    """Return who is signed in. Only for views that are not public."""
    found: SignedIn = g.me
    return found


def begin() -> AbstractContextManager[UnitOfWork]:
    """Open a transaction in the name of whoever is asking."""
    who = g.get("me")
    actor = Actor(kind="staff", id=who.staff_id) if who else Actor(kind="browser")
    return services().transactions.begin(actor=actor)


def require_in(right: str, team_id: UUID) -> None:
    """Raise NotAllowed unless the person asking has a right in one team."""
    if not me().may_in(right, team_id):
        raise NotAllowed


def is_htmx() -> bool:
    """Say whether a fragment is asked for, not a page."""
    return request.headers.get("HX-Request") == "true"


def _takes_html() -> bool:
    return "Accept" not in request.headers or request.accept_mimetypes.accept_html


def safe_next(target: str | None, *, otherwise: str) -> str:
    """Return a path of ours to go on to; anything that could lead elsewhere becomes `otherwise`."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\"):
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc or "\\" in target else target


def install(app: Flask, services: Services) -> None:
    """Give an app its cookies, CSRF check, sign-in check, headers and error pages."""
    settings = services.settings
    app.extensions["outreach"] = services
    app.extensions.setdefault("translate", str)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=cookie_name(settings),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
        OWN_RULES=set(),
    )
    if settings.trusted_proxies:
        # Only where a request comes from: our own address is the public one that is set, never a header.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
    app.request_class = InMemory
    app.before_request(_allow_files)
    csrf.init_app(app)
    app.before_request(_start_timer)
    app.before_request(_check_access)
    app.after_request(_add_headers)
    app.after_request(_measure)
    _install_errors(app)


def register(app: Flask, blueprint: Blueprint) -> None:
    """Add a blueprint that checks for itself who is asking: webhooks, the JSON API."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)
    app.config["OWN_RULES"].add(blueprint.name)


def cookie_name(settings: Settings) -> str:
    """Return the session cookie's name: bound to this host by TLS, and to this port on a shared host."""
    if settings.secure_cookies:
        return "__Host-outreach"
    return f"outreach_{urlsplit(settings.public_url).port or 80}"


def _allow_files() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False):
        request.max_content_length = LARGEST_UPLOAD


def _start_timer() -> None:
    g.started = time.monotonic()


def _check_access() -> ResponseReturnValue | None:
    if request.endpoint is None:
        g.me = _who(counts=False)  # who follows a dead link reads about it in their own language
        return None
    access = access_of(current_app, request.endpoint)
    if access is None:
        raise UnguardedRoute
    if access.kind == "own" or request.endpoint == "static":
        return None
    g.me = _who(counts=access.counts)
    return None if access.kind == "public" else _gate(access, g.me)


def _gate(access: Access, who: SignedIn | None) -> ResponseReturnValue | None:
    if who is None:
        return _ask_to_sign_in()
    if access.kind == "needs" and not who.may(access.right):
        raise NotAllowed
    if who.must_change_password and not str(request.endpoint).startswith("account."):
        return redirect("/account/password")
    return None


def _who(*, counts: bool) -> SignedIn | None:
    token = session.get("token")
    if not token:
        return None
    with services().transactions.begin(actor=Actor(kind="browser")) as uow:
        found = staff.session(uow, token=token)
        if found and counts and staff_commands.wants_touch(found.ends_at, now=uow.machine_now):
            staff_commands.touch_session(uow, token=token)
    return found


def _ask_to_sign_in() -> ResponseReturnValue:
    session.pop("token", None)
    if is_htmx():
        return Response(status=401, headers={"HX-Redirect": "/login?ended=1"})
    if request.method != "GET" or not _takes_html():
        return Response(status=401)
    return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}")


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
    if services().settings.secure_cookies:
        headers["Strict-Transport-Security"] = f"max-age={SECONDS_OF_A_YEAR}; includeSubDomains"
    if request.endpoint == "static":
        if "/dist/" in request.path and response.status_code < 400:
            headers["Cache-Control"] = f"public, max-age={SECONDS_OF_A_YEAR}, immutable"
    else:
        headers["Cache-Control"] = "no-store"
    return response


def _measure(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "none"
    if not route.startswith("/static"):
        seconds = time.monotonic() - g.get("started", time.monotonic())
        REQUEST_SECONDS.labels(route=route, status=str(response.status_code)).observe(seconds)
    return response


def _install_errors(app: Flask) -> None:
    app.register_error_handler(OutreachError, _our_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(Exception, _bug)


def _our_error(error: OutreachError) -> ResponseReturnValue:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status == 500:
        logger.error("page_failed", endpoint=request.endpoint, error=type(error).__name__)
    if status in (403, 404):
        _put_on_record(status)
    return answer(status, error.said)


def _put_on_record(status: int) -> None:
    """Who asked for what is not theirs to see is on the record, whether or not it exists."""
    if g.get("me") is None:
        return
    asked = [value for value in (request.view_args or {}).values() if isinstance(value, UUID)]
    with begin() as uow:
        audit.refuse(
            uow,
            subject_kind=str(request.endpoint),
            subject_id=asked[0] if asked else None,
            detail={"status": status, "method": request.method},
        )


def _csrf_error(_: CSRFError) -> ResponseReturnValue:
    return answer(
        400, Said("This page was open for too long, or in another sign-in. Load it again, then repeat.")
    )


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    if error.code is not None and error.code < 400:  # a redirect to the address with its slash
        return error.get_response()
    words = {
        404: Said("There is no such page."),
        405: Said("This address can't be used that way."),
        413: Said("That is too large to take in."),
    }
    return answer(error.code or 500, words.get(error.code or 500, error.name + "."))


def _no_database(error: OperationalError) -> ResponseReturnValue:
    logger.error("database_unreachable", error=type(error.orig).__name__)
    return answer(
        503, Said("The database can't be reached. Nothing you sent was kept; texts wait. Try again soon.")
    )


def _bug(error: Exception) -> ResponseReturnValue:
    logger.error("page_broke", endpoint=request.endpoint, exc_info=error)
    return answer(500, Said("Something broke on our side. What you did last was not kept. Try again."))


def answer(status: int, words: str) -> ResponseReturnValue:
    """Return an error as what was asked for: JSON, a fragment for the corner of the page, or a page.

    Machines read English; people read the language of their pages.
    """
    if request.path.startswith("/api/"):
        return jsonify(error=words), status
    words = current_app.extensions["translate"](words)
    if not _takes_html():
        return jsonify(error=words), status
    if is_htmx():
        body = render_template("_notice.html", said=words, status=status)
        return Response(body, status, headers={"HX-Retarget": "#notices", "HX-Reswap": "beforeend"})
    # Where our side is broken, nothing is looked up for the head of the page.
    page = "error_within.html" if status < 500 and g.get("me") else "error.html"
    return render_template(page, said=words, status=status), status
