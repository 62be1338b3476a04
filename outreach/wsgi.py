"""What the web server loads: pages, webhooks, health and figures."""

from __future__ import annotations

from flask import Flask

from outreach import bootstrap
from outreach.config import Settings
from outreach.kernel import log
from outreach.twilio import webhooks
from outreach.web.app import create_app


def make() -> Flask:
    """Build the application from the environment's settings."""
    log.configure()
    services = bootstrap.build(Settings.from_env())
    return create_app(services, blueprints=[webhooks.blueprint(services)])


app = make()
