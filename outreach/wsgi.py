"""What the web server loads: pages, the JSON API, webhooks, health and figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from outreach import bootstrap
from outreach.api import routes as api
from outreach.config import Settings
from outreach.kernel import log, memory
from outreach.twilio import webhooks
from outreach.web.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WEBHOOKS = "/twilio/"


def make() -> WSGIApplication:
    """Build the application from the environment's settings: pages, and beside them the webhooks' own."""
    log.configure()
    settings = Settings.from_env()
    settings.must_check_webhooks()
    services = bootstrap.build(settings)
    pages, posts = create_app(services, [api.blueprint]), webhooks.application(services)

    def either(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = posts if environ["PATH_INFO"].startswith(WEBHOOKS) else pages
        return chosen(environ, start_response)

    return either


app = make()
memory.settle()
